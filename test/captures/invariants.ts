import type { NewEvent } from '../../src/model/event.ts';
import type { CallId, LegId } from '../../src/model/ids.ts';

/**
 * What holds of every stream of events, whatever happened. Gives what is broken, in words. `isOver`: nothing lives in the PBX any
 * more, so that every call that was announced must have ended.
 */
export const brokenInvariants = (events: readonly NewEvent[], isOver: boolean): readonly string[] => {
  const broken: string[] = [];
  const calls = new Map<CallId, 'live' | 'ended'>();
  const legs = new Map<LegId, { readonly call: CallId; readonly isEnded: boolean }>();
  const links = new Set<string>();

  for (const [index, event] of events.entries()) {
    const blame = (what: string): void => void broken.push(`${index} ${event.type} ${event.legId ?? event.callId ?? ''}: ${what}`);
    const { callId, legId, call, leg } = event;

    if (event.type === 'call.started' && callId !== undefined) {
      if (calls.has(callId)) blame('a call started twice');
      calls.set(callId, 'live');
    } else if (callId !== undefined && calls.get(callId) !== 'live') {
      blame(`about a call that is ${calls.get(callId) ?? 'not announced'}`);
    }
    if (event.type === 'call.ended' && callId !== undefined) {
      calls.set(callId, 'ended');
      if (call?.state !== 'ended') blame('its snapshot has not ended');
      for (const [id, { call: of, isEnded }] of legs) if (of === callId && !isEnded) blame(`leg ${id} still lives`);
    }

    if (event.type === 'leg.started' && legId !== undefined && callId !== undefined) {
      if (legs.has(legId)) blame('a leg started twice');
      legs.set(legId, { call: callId, isEnded: false });
    } else if (legId !== undefined) {
      const known = legs.get(legId);
      if (known === undefined) blame('about a leg that never started');
      if (known?.isEnded === true && !isOfPlace(event)) blame('about a leg that has ended');
    }
    if (event.type === 'leg.moved' && legId !== undefined) legs.set(legId, { call: event.data.to, isEnded: false });
    if (event.type === 'leg.ended' && legId !== undefined && callId !== undefined) legs.set(legId, { call: callId, isEnded: true });

    if (event.type === 'legs.linked' || event.type === 'legs.unlinked') {
      const link = `${legId ?? ''} ${event.data.peer}`;
      if ((event.type === 'legs.linked') === links.has(link)) blame('linked twice, or unlinked without a link');
      if (event.type === 'legs.linked') links.add(link);
      else links.delete(link);
      if (legs.get(event.data.peer)?.isEnded !== false) blame('a link to a leg that does not live');
      const other = call?.legs.find((one) => one.id === event.data.peer);
      if (other === undefined) blame('a link to a leg of another call');
      const isMutual = leg?.peer.number === other?.party.number && other?.peer.number === leg?.party.number;
      if (event.type === 'legs.linked' && !isMutual) blame('two who hear each other are not shown as peers');
    }

    if (leg !== undefined && (leg.id !== legId || leg.callId !== callId)) blame('the snapshot is of another leg or call');
    if (call !== undefined && call.id !== callId && !call.aliases.includes(callId ?? call.id)) blame('the snapshot is of another call');
    if (leg !== undefined && call !== undefined && event.type !== 'leg.moved') {
      const shown = call.legs.find((one) => one.id === leg.id);
      if (JSON.stringify(shown) !== JSON.stringify(leg)) blame('the leg differs from the same leg in its call');
    }
    if (call !== undefined && call.legs.some((one, at) => at > 0 && one.ordinal <= (call.legs[at - 1]?.ordinal ?? 0))) {
      blame('legs are not in the order of their ordinals');
    }
  }

  if (isOver) {
    for (const [id, state] of calls) if (state === 'live') broken.push(`call ${id} never ended`);
    for (const [id, { isEnded }] of legs) if (!isEnded) broken.push(`leg ${id} never ended`);
    for (const link of links) broken.push(`link ${link} never ended`);
  }
  return broken;
};

/** A slot, queue or conference may be told to be free of a leg when the leg is gone. */
const isOfPlace = (event: NewEvent): boolean => event.type === 'slot.released';
