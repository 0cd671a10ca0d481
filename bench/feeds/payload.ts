import type { LoggedEvent } from '../../src/log/event-log.ts';
import type { Event } from '../../src/model/event.ts';
import { callIdFrom, extensionNumber, legIdFrom } from '../../src/model/ids.ts';

export const epoch = 'bench';

/** An event of some 600 bytes; its length is the same for every `seq`. */
export const eventAt = (seq: number, extension = '101'): LoggedEvent => {
  const event = {
    epoch,
    seq: 1_000_000 + seq,
    id: `${epoch}-${1_000_000 + seq}`,
    time: '2026-11-21T10:00:00.000Z',
    tenant: 'bench',
    pbx: 'office',
    type: 'leg.ringing',
    reconciled: false,
    callId: 'call_0123456789abcdefghjk',
    legId: 'leg_0123456789abcdefghjk',
    extension,
    data: {},
    leg: {
      device: `PJSIP/${extension}`,
      party: { number: extension, name: 'x'.repeat(180) },
      state: 'ringing',
      startedAt: '2026-11-21T10:00:00.000Z',
      channel: 'y'.repeat(60),
    },
  };
  return {
    cursor: { epoch, seq: 1_000_000 + seq },
    at: 0,
    type: 'leg.ringing',
    callId: callIdFrom(event.callId),
    legId: legIdFrom(event.legId),
    extension: extensionNumber(extension),
    json: JSON.stringify(event),
    event: event as unknown as Event,
  };
};
