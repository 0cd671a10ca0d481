import type { Hub } from '../../delivery/hub.ts';
import { mailtoUrl } from '../../delivery/mail/mail-sender.ts';
import type { DeliveryItem, DeliveryPolicy, DeliverySource, WebhookEngine } from '../../delivery/webhooks/webhook-engine.ts';
import { isGap, type LoggedEvent } from '../../log/event-log.ts';
import type { Call, Party } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { EventOf } from '../../model/event.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import { microsOf, type IsoTime } from '../../model/time.ts';
import { emailKinds, renderEmail, type EmailKind, type EmailTemplates, type EmailValues } from './email-templates.ts';

/** Who is to be written to, of which ends of calls. */
export interface EmailNotice {
  readonly to: readonly string[];
  readonly events: readonly EmailKind[];
  /** Of calls in which one of these took part or was rung; of all when absent. */
  readonly extensions?: readonly string[] | undefined;
}

export interface EmailOptions {
  readonly tenant: TenantId;
  readonly engine: WebhookEngine;
  readonly hub: Hub;
  readonly notices: readonly EmailNotice[];
  readonly templates: EmailTemplates;
  /** In which times are written, as in the tz database; empty is the server's own. */
  readonly timeZone: string;
}

/** What of the options an e-mail is made of. */
interface Writing {
  readonly templates: EmailTemplates;
  readonly timeText: (time: IsoTime) => string;
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** A mail server that is down for the night is waited for; what is older than a day is news to nobody. */
const emailPolicy: DeliveryPolicy = {
  lane: 'none',
  attempts: 20,
  schedule: [30 * secondMs, 2 * minuteMs, 10 * minuteMs, 30 * minuteMs, hourMs],
  maxAge: 24 * hourMs,
  pauseAfter: 10 * minuteMs,
  probe: minuteMs,
};
const connections = 2;

/**
 * CallAPI Email: an e-mail for each end of a call that somebody wants to hear of. The vendor names the service and documents
 * nothing of it, so that this is our reading. Each address is an endpoint of the webhook engine: at least once, with the same
 * `Message-ID` every time, through any outage of the mail server that its policy outlives. Throws `config-invalid` for a time
 * zone that there is not.
 */
export const sendEmails = (options: EmailOptions): void => {
  const byAddress = new Map<string, EmailNotice[]>();
  for (const notice of options.notices) {
    for (const address of notice.to.map((each) => each.toLowerCase())) byAddress.set(address, [...(byAddress.get(address) ?? []), notice]);
  }
  const { tenant, engine, hub, templates, timeZone } = options;
  const writing = { templates, timeText: createTimeText(timeZone) };
  for (const [address, notices] of byAddress) {
    const id = `voipnow-email:${tenant}:${address}`;
    engine.put({ id, tenant, url: mailtoUrl(address), policy: emailPolicy, connections }, sourceOf(hub, writing, address, notices));
  }
};

const sourceOf = (hub: Hub, writing: Writing, address: string, notices: readonly EmailNotice[]): DeliverySource => {
  return {
    read: async (after, limit, signal) => {
      const page = await hub.read(after, limit, signal);
      if (isGap(page)) return page;
      return { items: page.events.flatMap((event) => itemsOf(writing, address, notices, event)), next: page.next };
    },
    head: () => hub.position,
    onMore: (listener) => hub.onMoved(listener),
  };
};

/** None, or the one e-mail to this address about the event. */
const itemsOf = (
  writing: Writing,
  address: string,
  notices: readonly EmailNotice[],
  { type, event, cursor, at }: LoggedEvent,
): readonly DeliveryItem[] => {
  if (type !== 'call.ended' || event.type !== 'call.ended' || event.call === undefined) return [];
  const { call } = event;
  const wanted = notices.filter((notice) => extensionOf(call, notice) !== undefined);
  const kind = kindsOf(event, call).find((each) => wanted.some(({ events }) => events.includes(each)));
  const notice = wanted.find(({ events }) => kind !== undefined && events.includes(kind));
  if (kind === undefined || notice === undefined) return [];
  const id = `${event.id}.${address}`;
  const request = (): ReturnType<DeliveryItem['request']> => {
    const { subject, text } = renderEmail(writing.templates[kind], valuesOf(event, call, extensionOf(call, notice) ?? '', writing));
    // Of the cursor, which no other event ever has, and of whom it is for.
    return { headers: { subject, 'message-id': `<${event.tenant}.${event.id}.${address.replace('@', '.at.')}@switchhook>` }, body: text };
  };
  return [{ cursor, id, lane: call.id, at, request }];
};

/** What the call's end is, the most telling first. A call that went into another has not ended yet. */
const kindsOf = ({ data }: EventOf<'call.ended'>, call: Call): readonly EmailKind[] => {
  if (data.mergedInto !== undefined) return [];
  const isMissed = call.direction !== 'outbound' && data.disposition !== 'answered';
  return emailKinds.filter((kind) => {
    switch (kind) {
      case 'voicemail':
        return call.reachedVoicemail;
      case 'missed':
        return isMissed;
      case 'hangup':
        return true;
      default:
        return kind satisfies never;
    }
  });
};

/** The extension for whose sake the notice holds; empty where it is of all. */
const extensionOf = ({ legs }: Call, { extensions }: EmailNotice): ExtensionNumber | '' | undefined =>
  extensions === undefined ? '' : legs.find(({ extension }) => extension !== undefined && extensions.includes(extension))?.extension;

const valuesOf = ({ data, time }: EventOf<'call.ended'>, call: Call, concerned: string, { timeText }: Writing): EmailValues => ({
  caller: partyText(call.from),
  callerNumber: call.from.number,
  callerName: call.from.name,
  called: partyText(call.to),
  calledNumber: call.to.number,
  calledName: call.to.name,
  extension: concerned === '' ? (call.to.extension ?? '') : concerned,
  did: call.did ?? '',
  direction: call.direction,
  result: call.reachedVoicemail ? 'voicemail' : data.disposition,
  started: timeText(call.startedAt),
  ended: timeText(time),
  rang: durationText(data.ringMs),
  talked: durationText(data.talkMs),
  lasted: durationText(data.totalMs),
  call: call.id,
});

const partyText = ({ number, name }: Party): string => {
  if (number === '') return name === '' ? 'an unknown number' : name;
  return name === '' || name === number ? number : `${name} (${number})`;
};

/** Writes `2026-11-21 10:00:00 CET`. */
const createTimeText = (timeZone: string): Writing['timeText'] => {
  try {
    const zone = timeZone === '' ? undefined : { timeZone };
    const format = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'long', ...zone });
    return (time) => format.format(microsOf(time) / 1_000);
  } catch (cause) {
    throw new GatewayError('config-invalid', { timeZone }, { note: `${timeZone} is no time zone.`, cause });
  }
};

/** `0:25` or `1:02:05`. */
const durationText = (ms: number): string => {
  const seconds = Math.round(ms / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
};
