import { expect, test } from 'vitest';
import { parseBasic } from '../../src/http/basic.ts';

const encoded = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

test('a name and a password are read; the password may hold colons, either may be empty', () => {
  expect(parseBasic(encoded('demo:demo'))).toEqual({ name: 'demo', password: 'demo' });
  expect(parseBasic(encoded('Анна:a:b\nc'))).toEqual({ name: 'Анна', password: 'a:b\nc' });
  expect(parseBasic(`basic  ${btoa(':')} `)).toEqual({ name: '', password: '' });
});

test('anything else is nobody', () => {
  for (const header of [undefined, '', 'Bearer x', 'Basic', 'Basic ???', encoded('no colon'), `Basic ${'A'.repeat(2_000)}`]) {
    expect(parseBasic(header)).toBeUndefined();
  }
});
