import type { SlotRef } from '../../model/call.ts';
import type { ExtensionNumber, TenantId } from '../../model/ids.ts';
import { deviceIdOf, partyIdOf, sessionIdOf, telephonySessionIdOf, type Ids } from './ids.ts';
import type { RingCentralOptions } from './options.ts';
import { callStatusOf, presenceStatusOf, telephonyStatusOf } from './presence.ts';
import { dndStatusOf, type PresenceSettings } from './presence-settings.ts';
import type { ActiveCall, Notice, Party, PresenceNotice, PresenceState, SessionHead, SessionNotice, Side } from './schema.ts';

/** Which of its members a notification has: the filter says so. */
export interface Form {
  /** Of presence: with the calls. */
  readonly detailed: boolean;
  /** With the SIP dialog. */
  readonly sip: boolean;
}

/** A party as events show it; REST leaves some of it out and adds some. */
export interface PartyBody {
  readonly status: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface RendererOptions {
  readonly tenant: TenantId;
  readonly ids: Ids;
  readonly options: Pick<RingCentralOptions, 'directNumbers'>;
  readonly settings: (extension: ExtensionNumber) => PresenceSettings;
  /** What is so now of an extension of which no event has told yet. */
  readonly isDnd: (extension: ExtensionNumber) => boolean;
}

const mostActiveCalls = 7;
/** The vendor's older numbers of a party's service level; mobile apps look whether they are there. */
const serviceLevel = { srvLvl: '-149699523', srvLvlExt: '406' };

/**
 * The bodies of notifications as JSON, each made once for everybody who reads it. What they say is as of the notice, but for
 * what users have set of their presence, which is as of the first who reads it.
 */
export class Renderer {
  readonly #options: RendererOptions;
  readonly #publicNumbers: ReadonlyMap<string, string>;
  readonly #rendered = new WeakMap<Notice, string[]>();

  constructor(options: RendererOptions) {
    this.#options = options;
    this.#publicNumbers = new Map(Object.entries(options.options.directNumbers).map(([number, extension]) => [extension, number]));
  }

  /** The `body` of a notification. */
  body(notice: Notice, form: Form): string {
    const variant = (form.detailed ? 1 : 0) + (form.sip ? 2 : 0);
    const known = this.#rendered.get(notice);
    const rendered = known?.[variant];
    if (rendered !== undefined) return rendered;
    const text = JSON.stringify(notice.kind === 'session' ? this.#session(notice, form.sip) : this.#presence(notice, form));
    if (known === undefined) {
      const texts: string[] = [];
      texts[variant] = text;
      this.#rendered.set(notice, texts);
    } else {
      known[variant] = text;
    }
    return text;
  }

  #session({ session, party, time }: SessionNotice, sip: boolean): object {
    const { ids, tenant } = this.#options;
    return {
      sequence: session.sequence,
      sessionId: sessionIdOf(session.call),
      telephonySessionId: telephonySessionIdOf(session.call),
      serverId: `${tenant}.TAM`,
      eventTime: time,
      accountId: String(ids.account),
      parties: [this.party(session, party, sip)],
      origin: { type: session.origin === 'CallOut' ? 'Call' : session.origin },
      ...(party.extension === undefined ? undefined : { extensionId: this.#extensionId(party.extension) }),
    };
  }

  /** A party as an event shows it. */
  party(session: Pick<SessionHead, 'call'>, party: Party, sip = false): PartyBody {
    const { ids } = this.#options;
    const { status, recordings, sip: dialog } = party;
    const isOffered = party.direction === 'Inbound' && (status.code === 'Proceeding' || (status.code === 'Answered' && !party.wasHeld));
    return {
      accountId: String(ids.account),
      ...(party.extension === undefined ? undefined : { extensionId: this.#extensionId(party.extension) }),
      id: partyIdOf(session.call, party.number),
      direction: party.direction,
      to: this.#side(party.to, this.#numberOf(party.to)),
      from: this.#side(party.from, this.#callerNumberOf(party)),
      status: {
        code: status.code,
        ...(status.reason === undefined ? undefined : { reason: status.reason }),
        ...(status.peer === undefined ? undefined : { peerId: this.#peer(status.peer.call, status.peer.number) }),
        ...(status.parked === undefined ? undefined : { parkData: parkIdOf(status.parked) }),
        ...(isOffered && party.extension !== undefined ? { mobilePickupData: this.#mobilePickup(session, party.extension) } : undefined),
        rcc: false,
      },
      park: status.parked === undefined ? {} : { id: parkIdOf(status.parked) },
      missedCall: party.missedCall,
      standAlone: false,
      muted: party.muted,
      ...(party.queueCall ? { queueCall: true } : undefined),
      ...(party.isConferring ? { conferenceRole: 'Participant' } : undefined),
      ...(recordings.length === 0 ? undefined : { recordings }),
      ...(sip && dialog !== undefined ? { sipData: { callId: dialog.callId, ...tagsOf(party, session) } } : undefined),
    };
  }

  #presence({ extension, state }: PresenceNotice, form: Form): object {
    return {
      extensionId: this.#options.ids.extension(extension),
      ...this.presence(extension, state, form, { sequence: state.sequence }),
    };
  }

  /** An extension's presence; `also`: members that stand among the others. */
  presence(extension: ExtensionNumber, state: PresenceState, form: Form, also: object = {}): object {
    const settings = this.#options.settings(extension);
    const { userStatus, allowSeeMyPresence, ringOnMonitoredCall, pickUpCallsOnHold } = settings;
    const isDnd = state.dnd ?? this.#options.isDnd(extension);
    const live = state.calls.filter(({ party }) => callStatusOf(party) !== 'NoCall');
    const calls = state.calls.slice(-mostActiveCalls);
    return {
      telephonyStatus: telephonyStatusOf(state.calls),
      ...(form.detailed && calls.length > 0 ? { activeCalls: calls.map((call) => this.#activeCall(call, form.sip)) } : undefined),
      ...also,
      presenceStatus: presenceStatusOf(state, { userStatus, isDnd }),
      userStatus,
      dndStatus: dndStatusOf(settings, isDnd),
      meetingStatus: 'Disconnected',
      allowSeeMyPresence,
      ringOnMonitoredCall,
      pickUpCallsOnHold,
      ...(form.detailed ? { totalActiveCalls: live.length } : undefined),
    };
  }

  #activeCall({ call, party }: ActiveCall, sip: boolean): object {
    const telephonyStatus = callStatusOf(party);
    return {
      id: party.leg.slice('leg_'.length),
      direction: party.direction,
      queueCall: party.queueCall,
      ...(party.from.name === '' ? undefined : { fromName: party.from.name }),
      from: this.#callerNumberOf(party),
      ...(party.to.name === '' ? undefined : { toName: party.to.name }),
      to: this.#numberOf(party.to),
      telephonyStatus,
      ...(telephonyStatus === 'NoCall' ? { terminationType: 'final' } : undefined),
      ...(sip ? { sipData: this.#sipData(call, party) } : undefined),
      partyId: partyIdOf(call, party.number),
      telephonySessionId: telephonySessionIdOf(call),
      sessionId: sessionIdOf(call),
      startTime: party.startedAt,
    };
  }

  #sipData(call: SessionHead['call'], party: Party): object {
    const [local, remote] = party.direction === 'Inbound' ? [party.to, party.from] : [party.from, party.to];
    return {
      ...tagsOf(party, { call }),
      remoteUri: party.sip?.remoteUri ?? this.#sipUri(remote),
      localUri: party.sip?.localUri ?? this.#sipUri(local),
    };
  }

  /** `-` for who is not known, as the vendor has it: a withheld number, or what a phone is going to fetch. */
  #sipUri({ number, extension }: Side): string {
    const user = extension ?? number;
    return user === '' ? '-' : `sip:${user}@${this.#options.tenant}.invalid`;
  }

  #side(side: Side, phoneNumber: string): object {
    const { name, extension, device } = side;
    return {
      ...(phoneNumber === '' ? undefined : { phoneNumber }),
      ...(name === '' ? undefined : { name }),
      ...(extension === undefined ? undefined : { extensionId: this.#extensionId(extension) }),
      ...(device === undefined || extension === undefined ? undefined : { deviceId: deviceIdOf(device) }),
    };
  }

  #numberOf({ number, extension }: Side): string {
    return number === '' ? (extension ?? '') : number;
  }

  /** Of a call that it places an extension is shown by its public number, where it has one; inside, by the short one. */
  #callerNumberOf({ from, direction, extension }: Party): string {
    const isShown = direction === 'Outbound' || extension === undefined;
    const number = isShown && from.extension !== undefined ? this.#publicNumbers.get(from.extension) : undefined;
    return number ?? this.#numberOf(from);
  }

  #extensionId(extension: ExtensionNumber): string {
    return String(this.#options.ids.extension(extension));
  }

  #peer(call: SessionHead['call'], number: number): object {
    return { sessionId: sessionIdOf(call), telephonySessionId: telephonySessionIdOf(call), partyId: partyIdOf(call, number) };
  }

  /** With which the vendor's mobile app fetches a call that rings elsewhere. */
  #mobilePickup({ call }: Pick<SessionHead, 'call'>, extension: ExtensionNumber): object {
    const sid = sessionIdOf(call);
    return { ccMailboxes: [this.#extensionId(extension)], to: `#${sid}@${this.#options.tenant}.invalid:5060`, sid, ...serviceLevel };
  }
}

/** A place where a call is parked, as the vendor dials it: slot 6 is `*806`. */
export const parkIdOf = ({ slot }: SlotRef): string => `*8${slot.padStart(2, '0')}`;

/** Without a dialog that is known the party stands for it, as the vendor has it while a phone rings. */
const tagsOf = (party: Party, { call }: Pick<SessionHead, 'call'>): { readonly toTag: string; readonly fromTag: string } => {
  const fallback = { toTag: 'blf', fromTag: partyIdOf(call, party.number) };
  if (party.sip === undefined || callStatusOf(party) === 'Ringing') return fallback;
  const { localTag = fallback.toTag, remoteTag = fallback.fromTag } = party.sip;
  return party.direction === 'Inbound' ? { toTag: localTag, fromTag: remoteTag } : { toTag: remoteTag, fromTag: localTag };
};
