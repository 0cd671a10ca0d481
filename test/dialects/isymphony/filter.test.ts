import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FilterIndex } from '../../../src/dialects/isymphony/filter-index.ts';
import { compileFilter, matchesFilter } from '../../../src/dialects/isymphony/filter.ts';
import type { EventType, PropertyFilter, Value, WireEvent } from '../../../src/dialects/isymphony/schema.ts';

const defaults = { matchNumbered: false, legacyEventTypes: true };

const event = (type: EventType, properties: Readonly<Record<string, Value>>): WireEvent => ({
  type,
  time: 1_700_000_000_000,
  coreServerId: 'a0000000-0000-4000-8000-000000000000',
  ...properties,
});

/** `username=mikey`, as the specification writes filters. */
const filters = (...texts: readonly string[]): readonly PropertyFilter[] =>
  texts.map((text) => {
    const [property = '', value = ''] = text.split('=');
    return { property, value };
  });

const mikeyIn = event('login', { username: 'mikey', port: 57042, ip: '127.0.0.1' });
const mikeyOut = event('logout', { username: 'mikey', port: 57042, ip: '127.0.0.1' });
const bobIn = event('login', { username: 'bob', port: 57043, ip: '127.0.0.1' });
const hungUp = event('hangup', { callerIdNumber: '5551234', username: null });
const dialled = event('dial', { username1: 'mikey', username2: null });
const all = [mikeyIn, mikeyOut, bobIn, hungUp, dialled];

/** Which of the five pass, as a row of y and n. */
const rowOf = (asked: readonly PropertyFilter[], options = defaults): string =>
  all.map((each) => (matchesFilter(compileFilter(asked, options), each) ? 'y' : 'n')).join('');

describe('which events a filter lets in: login and logout of mikey, login of bob, a hangup of nobody, a dial by mikey', () => {
  test.each([
    [filters(), 'yyyyy'],
    [filters('type=dial'), 'nnnny'],
    [filters('type=login', 'type=logout'), 'yyynn'],
    [filters('type=login', 'type=logout', 'username=mikey'), 'yynnn'],
    [filters('username=*'), 'yyynn'],
    [filters('type=*', 'username=mikey'), 'yynnn'],
    [filters('foo=*'), 'nnnnn'],
    // Beyond the table: `*` among several values, whole values alone, names of later pages, numbers, what every object has.
    [filters('username=bob', 'username=*'), 'yyynn'],
    [filters('username=mik*'), 'nnnnn'],
    [filters('type=userLogin', 'type=userLogout'), 'yyynn'],
    [filters('type=userLogin', 'username=mikey'), 'ynnnn'],
    [filters('type=LOGIN'), 'nnnnn'],
    [filters('port=57042'), 'yynnn'],
    [[{ property: 'port', value: 57042 }], 'yynnn'],
    [filters('username=null'), 'nnnnn'],
    [filters('type=dial', 'username=mikey'), 'nnnnn'],
    [filters('type=dial', 'username1=mikey'), 'nnnny'],
    [filters('toString=*'), 'nnnnn'],
    [filters('constructor=*'), 'nnnnn'],
  ])('%j: %s', (asked, row) => {
    expect(rowOf(asked)).toBe(row);
  });

  test('with matchNumbered a property stands for its two sides too', () => {
    const numbered = { ...defaults, matchNumbered: true };
    expect(rowOf(filters('username=mikey'), numbered)).toBe('yynny');
    expect(rowOf(filters('username=*'), numbered)).toBe('yyyny');
    expect(rowOf(filters('type=dial', 'username=mikey'), numbered)).toBe('nnnny');
  });

  test('booleans are compared as they are written', () => {
    const paused = event('agentPause', { paused: true });
    const matches = (value: string | boolean): boolean => matchesFilter(compileFilter([{ property: 'paused', value }], defaults), paused);
    expect([matches('true'), matches(true), matches('false'), matches('TRUE')]).toEqual([true, true, false, false]);
  });
});

describe('by which name a login goes', () => {
  const longNamed = (asked: readonly PropertyFilter[], legacyEventTypes: boolean): readonly string[] => [
    ...compileFilter(asked, { ...defaults, legacyEventTypes }).longNamed,
  ];

  test('by the short one, unless the connection filters on the long one', () => {
    expect(longNamed(filters(), true)).toEqual([]);
    expect(longNamed(filters('type=login'), true)).toEqual([]);
    expect(longNamed(filters('type=userLogin'), true)).toEqual(['login']);
    expect(longNamed(filters('type=userLogin', 'type=userLogout'), true)).toEqual(['login', 'logout']);
  });

  test('by the long one where that is the default, unless the connection filters on the short one', () => {
    expect(longNamed(filters(), false)).toEqual(['login', 'logout']);
    expect(longNamed(filters('type=login'), false)).toEqual(['logout']);
  });
});

/** The rules once more, as plainly as they can be said. */
const naive = (asked: readonly PropertyFilter[], numbered: boolean, subject: WireEvent): boolean => {
  const canonical = (property: string, value: string): string =>
    property === 'type' ? ({ userLogin: 'login', userLogout: 'logout' }[value] ?? value) : value;
  return asked.every(({ property }) => {
    const names = numbered ? [property, `${property}1`, `${property}2`] : [property];
    const values = names.map((name) => subject[name]).filter((value) => value !== undefined && value !== null);
    const wanted = asked.filter((other) => other.property === property).map(({ value }) => String(value));
    return values.some((value) => wanted.some((want) => want === '*' || canonical(property, want) === String(value)));
  });
};

const properties = ['type', 'username', 'username1', 'username2', 'port', 'paused', 'coreServerId', 'nothing'] as const;
const someValue = fc.constantFrom<Value>('mikey', 'bob', '*', '1', 1, true, null);
const someEvent = fc
  .record({
    type: fc.constantFrom<EventType>('login', 'logout', 'dial', 'hangup'),
    rest: fc.dictionary(fc.constantFrom(...properties.slice(1, 6)), someValue),
  })
  .map(({ type, rest }) => event(type, rest));
const someFilters = fc.array(
  fc.record({
    property: fc.constantFrom(...properties),
    value: fc.constantFrom<string | number | boolean>('mikey', 'bob', '*', '1', 1, true, 'login', 'userLogin', 'dial'),
  }),
  { maxLength: 5 },
);

test('any filter lets in what the rules, plainly read, let in; and so does the index of many', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ asked: someFilters, matchNumbered: fc.boolean() }), { minLength: 1, maxLength: 6 }),
      fc.array(someEvent, { minLength: 1, maxLength: 4 }),
      fc.nat(5),
      (wishes, events, leaving) => {
        const members = wishes.map(({ asked, matchNumbered }) => ({
          asked,
          matchNumbered,
          filter: compileFilter(asked, { matchNumbered, legacyEventTypes: true }),
        }));
        const index = new FilterIndex<(typeof members)[number]>();
        for (const member of members) index.add(member);
        const gone = members[leaving];
        if (gone !== undefined) index.remove(gone);
        for (const subject of events) {
          const expected = members.filter((member) => member !== gone && naive(member.asked, member.matchNumbered, subject));
          expect(new Set(index.match(subject))).toEqual(new Set(expected));
          for (const { asked, matchNumbered, filter } of members) {
            expect(matchesFilter(filter, subject)).toBe(naive(asked, matchNumbered, subject));
          }
        }
      },
    ),
    { numRuns: 400 },
  );
});
