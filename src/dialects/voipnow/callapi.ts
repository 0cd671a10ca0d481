import { requireScope } from '../../http/bearer.ts';
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import { actingLeg, callOf, hangUp, perform, place, slotOf, type Asked, type TenantSource } from './calls.ts';
import { parseCallerId, parseExtension, parseRequestChange, type Parameters } from './parse.ts';
import { uniqueIdOf } from './project.ts';
import type { PublishedRequest } from './schema.ts';
import type { Tree } from './xml.ts';

/** A CallAPI request by one who is known. */
export interface CallApiAsked extends Asked {
  readonly parameters: Parameters;
}

type Operation = (asked: CallApiAsked) => Tree | Promise<Tree>;

/** The operation of a resource and method, whose spelling differs by version; undefined if there is none such. */
export const operationOf = (resource: string, method: string): Operation | undefined => {
  const name = `${resource.toLowerCase().replace(/^calls$/, 'call')}/${method.toLowerCase()}`;
  return Object.hasOwn(operations, name) ? operations[name] : undefined;
};

const operations: Readonly<Record<string, Operation>> = {
  'event/add': async ({ identity, source, parameters }) => {
    requireScope(identity, ['control']);
    const extension = extensionOf(source.numbers, parameters);
    const { type, ...change } = parseRequestChange(parameters);
    if (type === undefined) throw new GatewayError('missing-parameter', { field: 'type' }, { note: 'EventType is missing.' });
    const id = parameters.get('RequestID');
    const url = parameters.required('URL');
    const request = await source.requests.add({
      ...change,
      type,
      url,
      extension,
      profile: 'callapi2',
      ...(id === undefined ? undefined : { id }),
    });
    return eventAnswer(request);
  },
  'event/edit': async ({ identity, source, parameters }) => {
    requireScope(identity, ['control']);
    const extension = extensionOf(source.numbers, parameters);
    return eventAnswer(await source.requests.edit(extension, parameters.required('RequestID'), parseRequestChange(parameters)));
  },
  'event/remove': ({ identity, source, parameters }) => {
    requireScope(identity, ['control']);
    return eventAnswer(source.requests.remove(extensionOf(source.numbers, parameters), parameters.required('RequestID')));
  },
  'event/listall': ({ identity, source, parameters }) => {
    requireScope(identity, ['observe', 'control']);
    const requests = source.requests.list(extensionOf(source.numbers, parameters));
    return [['Events', requests.map((request) => ['Event', eventTree(request)])]];
  },
  'test/callpermission': ({ identity, source, parameters }) => {
    requireScope(identity, ['control']);
    extensionOf(source.numbers, parameters);
    return [];
  },
  'call/makecall': async (asked) => {
    const { parameters, source } = asked;
    const [from, ...others] = parameters.all('FromNumber').map((number) => parseExtension(number, source.numbers));
    if (from === undefined) throw new GatewayError('missing-parameter', { field: 'FromNumber' }, { note: 'FromNumber is missing.' });
    const number = source.numbers.dialled(parameters.required('PhoneNumberToCall'));
    const charged = parameters.get('ExtensionAccount');
    if (charged !== undefined) parseExtension(charged, source.numbers);
    const callerId = parameters.get('CallerID');
    const limitSeconds = parameters.whole('CallDuration', 0, 86_400) ?? 0;
    const apiId = await place(asked, {
      extensions: [from, ...others],
      number,
      timeoutSeconds: parameters.whole('WaitForPickup', 1, 600) ?? 25,
      ...(limitSeconds === 0 ? undefined : { limitSeconds }),
      ...(callerId === undefined ? undefined : { callerId: parseCallerId(callerId) }),
    });
    return [['APIID', apiId]];
  },
  'call/status': ({ identity, source, parameters }) => {
    requireScope(identity, ['observe', 'control']);
    return [['Call', callTree(source, callOf(source, parameters.required('APIID')))]];
  },
  // Of several phones that ring for one call all stop.
  'call/hangup': async (asked) => {
    const { source, parameters } = asked;
    const extension = parameters.get('ExtensionNumber');
    const whose = extension === undefined ? undefined : parseExtension(extension, source.numbers);
    const calls = source.placed.find(source.engine.snapshot().calls, parameters.required('APIID'));
    if (calls.length === 0) throw new GatewayError('no-such-call');
    for (const call of calls) await hangUp(asked, actingLeg(call, whose));
    return [];
  },
  'call/transfer': async (asked) => {
    const to = asked.source.numbers.dialled(asked.parameters.required('SendCallTo'));
    await perform(asked, { name: 'transfer', leg: legOf(asked).id, to });
    return [];
  },
  'call/onhold': async (asked) => {
    await perform(asked, { name: 'hold', leg: legOf(asked).id });
    return [];
  },
  'call/offhold': async (asked) => {
    await perform(asked, { name: 'resume', leg: legOf(asked).id });
    return [];
  },
  'call/park': async (asked) => {
    const timeoutSeconds = asked.parameters.whole('MaxInParking', 10, 3600) ?? 180;
    const call = callOf(asked.source, asked.parameters.required('APIID'));
    await perform(asked, { name: 'park', leg: legOf(asked).id, timeoutSeconds });
    return [['ParkedPos', slotOf(asked.source.engine.call(call.id) ?? call).slot]];
  },
  'call/unpark': async (asked) => {
    const { parameters, source } = asked;
    const extension = parseExtension(parameters.required('SendCallTo'), source.numbers);
    await perform(asked, { name: 'retrieve', slot: slotOf(callOf(source, parameters.required('APIID'))), extension });
    return [];
  },
  'callhistory/listall': ({ identity, source, parameters }) => {
    requireScope(identity, ['observe']);
    const { store, numbers } = source;
    const start = parameters.whole('Start', 0, 4_999) ?? 0;
    const count = parameters.whole('Count', 1, 500) ?? 20;
    const from = parameters.time('From');
    const to = parameters.time('To');
    const extension = parameters.get('ExtensionNumber');
    const found = store.history.list(identity.tenant, {
      limit: start + count,
      ...(from === undefined ? undefined : { from }),
      ...(to === undefined ? undefined : { to }),
      ...(extension === undefined ? undefined : { extension: parseExtension(extension, numbers) }),
    });
    return [['Calls', found.slice(start).map((call) => ['Call', callTree(source, call)])]];
  },
};

const extensionOf = (numbers: CallApiAsked['source']['numbers'], parameters: Parameters): ExtensionNumber =>
  parseExtension(parameters.required('ExtensionNumber'), numbers);

/** `ExtensionNumber` tells whose leg it is; without one it is the first extension's. */
const legOf = ({ source, parameters }: CallApiAsked): ReturnType<typeof actingLeg> => {
  const extension = parameters.get('ExtensionNumber');
  const call = callOf(source, parameters.required('APIID'));
  return actingLeg(call, extension === undefined ? undefined : parseExtension(extension, source.numbers));
};

const eventAnswer = (request: PublishedRequest): Tree => [['Event', eventTree(request)]];

const eventTree = ({ id, type, method, url, enabled, notes, lowerCaseFlow }: PublishedRequest): Tree => [
  ['RequestID', id],
  ['EventType', String(type)],
  ['Method', method],
  ['URL', url],
  ['Status', enabled ? '1' : '0'],
  ['Notes', notes],
  ...(lowerCaseFlow === undefined ? [] : [['CallFlow', lowerCaseFlow ? 'in' : 'IN'] as const]),
];

/** A call, live or past; its answer is `Answered` once somebody talked. */
const callTree = ({ numbers, placed }: TenantSource, call: Call): Tree => {
  const called = numbers.extensionOf(call.to);
  const talkMs = call.answeredAt === undefined || call.endedAt === undefined ? 0 : Date.parse(call.endedAt) - Date.parse(call.answeredAt);
  return [
    ['CallID', uniqueIdOf(call)],
    ['APIID', placed.idOf(call.id)],
    ['CallerIDNum', numbers.numberOf(call.from, 'callapi2')],
    ['CallerIDName', call.from.name],
    ['CalledDID', call.did ?? ''],
    ['CalledExtension', called === undefined ? '' : numbers.extended(called, 'callapi2')],
    ['CalledNumber', numbers.numberOf({ number: call.dialled ?? call.to.number }, 'callapi2')],
    ['CallFlow', call.direction === 'inbound' ? 'IN' : 'OUT'],
    ['CallStatus', statusOf(call)],
    ['StartTime', call.startedAt],
    ['AnswerTime', call.answeredAt ?? ''],
    ['Duration', String(Math.round(talkMs / 1_000))],
  ];
};

const statusOf = ({ state, disposition }: Call): string => {
  if (state === 'ringing') return 'CALLING';
  if (state === 'active' || disposition === 'answered') return 'ANSWER';
  return 'UNKNOWN';
};
