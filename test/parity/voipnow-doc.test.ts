import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { createNumbers } from '../../src/dialects/voipnow/numbers.ts';
import { defaultVoipNowOptions } from '../../src/dialects/voipnow/options.ts';
import { renderParameters } from '../../src/dialects/voipnow/render.ts';
import { dialStatuses } from '../../src/delivery/dial-status.ts';
import { eventNames, profiles, type Part } from '../../src/dialects/voipnow/schema.ts';
import { callIdFrom, extensionNumber } from '../../src/model/ids.ts';

const page = readFileSync(new URL('../../docs/voipnow.md', import.meta.url), 'utf8');
const section = (heading: string): string => page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
const firstCells = (text: string): readonly string[] => [...text.matchAll(/^\| `([^`]+)`/gm)].flatMap((match) => match[1] ?? []);

test('the page of the VoipNow APIs has every event, parameter and status', () => {
  const side = { number: '101', name: '' };
  const part: Part = {
    extension: extensionNumber('101'),
    call: callIdFrom('call_1'),
    callId: '1.1',
    apiId: 'a',
    flow: 'IN',
    caller: side,
    called: side,
    did: '',
    dialled: '101',
  };
  const numbers = createNumbers({ extension: () => undefined }, '1');
  const names = profiles.flatMap((profile) => renderParameters({ part, status: 'CALLING' }, profile, numbers).map(([name]) => name));
  expect(firstCells(section('Call events')).toSorted()).toEqual([...new Set([...eventNames, ...names])].toSorted());
  for (const status of dialStatuses) expect(section('Call events')).toContain(`\`${status}\``);
});

test('the page of the VoipNow APIs has every option with its default, and the configuration and the dialect agree on it', () => {
  const rows = [...section('Options').matchAll(/^\| `(\w+)` +\| `([^`]+)` +\|/gm)].map((match): [string, unknown] => [
    match[1] ?? '',
    JSON.parse(match[2] ?? ''),
  ]);
  const configured = configSchema.parse({ tenants: { demo: { pbxs: { sandbox: { kind: 'sandbox' } } } } }).tenants['demo']?.dialects
    .voipnow;
  expect(Object.fromEntries(rows)).toEqual(configured);
  expect(configured).toEqual({ enabled: true, ...defaultVoipNowOptions });
});
