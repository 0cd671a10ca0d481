import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { dialStatuses } from '../../src/delivery/dial-status.ts';
import { createNumbers } from '../../src/dialects/telphin/numbers.ts';
import { defaultTelphinOptions } from '../../src/dialects/telphin/options.ts';
import { renderParameters } from '../../src/dialects/telphin/render.ts';
import { operations } from '../../src/dialects/telphin/routes.ts';
import { callActions, toldEventTypes, valetActions, type Happening } from '../../src/dialects/telphin/schema.ts';
import { callIdFrom, extensionNumber, type CallId, type ExtensionNumber } from '../../src/model/ids.ts';

const page = readFileSync('docs/telphin.md', 'utf8');
const section = (title: string): string => page.split('\n## ').find((part) => part.startsWith(`${title}\n`)) ?? '';
const codesOf = (text: string): ReadonlySet<string> => new Set([...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code));

test('the page of the Telphin API has every parameter of call events, and no other', () => {
  const side = { number: '101', name: '', extension: extensionNumber('101') };
  const part = {
    extension: extensionNumber('101'),
    call: callIdFrom('call_1'),
    callId: 'c',
    subCallId: 's',
    apiUuid: 'a',
    flow: 'in',
    caller: side,
    called: side,
    did: '1',
    dialled: '101',
    remote: '1',
  } as const;
  const happening: Happening = {
    seq: 1,
    event: 'e',
    at: 1,
    type: 'dial-in',
    status: 'CALLING',
    part: { ...part, isTransfer: true },
    hangup: { talked: 1, recording: 'r', bridged: true },
  };
  const engine = { extension: () => undefined, snapshot: () => ({ extensions: [] }) as never };
  const queues = { named: () => undefined, numberOf: () => undefined, all: () => [] };
  const numbers = createNumbers(engine, queues, defaultTelphinOptions);
  const behalfOf = (): ExtensionNumber => extensionNumber('9');
  const writing = { numbers, options: defaultTelphinOptions, knownAs: (call: CallId): CallId => call, behalfOf };
  const names = renderParameters(happening, writing).map(([name]) => name);
  const rows = [...section('Call events').matchAll(/^\| (`[^|]*`) +\|/gm)].flatMap(([, cell = '']) => [...codesOf(cell)]);
  expect(rows.toSorted()).toEqual(names.toSorted());
  for (const word of [...dialStatuses, ...toldEventTypes]) expect(codesOf(section('Call events'))).toContain(word);
});

test('the page has every action and every path', () => {
  const told = codesOf(section('Requests'));
  for (const action of callActions) expect(told).toContain(action);
  for (const action of valetActions) expect(codesOf(section('Parking'))).toContain(action);
  for (const [, path] of operations) {
    const written = path.replaceAll(/:(\w+)/g, '{$1}').replace('/{call}', '');
    expect(section('Requests')).toContain(written);
  }
});

test('the page has every option with its default, and the configuration and the dialect agree on it', () => {
  const rows = [...section('Options').matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map((match): [string, unknown] => [
    match[1] ?? '',
    JSON.parse(match[2] ?? ''),
  ]);
  const configured = configSchema.parse({ tenants: { demo: { pbxs: { sandbox: { kind: 'sandbox' } } } } }).tenants['demo']?.dialects
    .telphin;
  expect(Object.fromEntries(rows)).toEqual(configured);
  expect(configured).toEqual({ enabled: true, ...defaultTelphinOptions });
});
