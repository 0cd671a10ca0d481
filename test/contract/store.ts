import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Call, Leg, Party } from '../../src/model/call.ts';
import { callIdFrom, channelId, commandIdFrom, extensionNumber, keyIdFrom, legIdFrom, tenantId, userIdFrom } from '../../src/model/ids.ts';
import type { CallId, LoginId, TenantId } from '../../src/model/ids.ts';
import { isoTime } from '../../src/model/time.ts';
import type { AttemptRow, AuditRow, AuditSearch, CallQuery, CommandRow, KeyRow, Store, UserRow } from '../../src/store/store.ts';

const tenant = tenantId('demo');
const other = tenantId('other');
const minute = 60_000_000;
const start = 1_763_719_200_000_000;

const key: KeyRow = {
  id: keyIdFrom('key_a'),
  tenant,
  name: 'reception',
  scopes: ['observe', 'control-own'],
  extension: extensionNumber('101'),
  hash: 'aa11',
  sealed: 'sealed text',
  createdAt: start,
};

const user: UserRow = {
  id: userIdFrom('user_a'),
  tenant,
  name: 'tom',
  displayName: 'Tom Sawyer',
  extension: extensionNumber('102'),
  email: 'tom@example.com',
  scopes: ['observe'],
  password: 'scrypt:text',
  createdAt: start,
};

const attemptAt = (at: number): AttemptRow => ({
  endpoint: 'wh_one',
  tenant,
  id: `e1-${at}`,
  seq: at,
  attempt: 1,
  at,
  outcome: 'delivered',
  record: '{}',
});

const command = (id: string, at: number, more: Partial<CommandRow> = {}): CommandRow => ({
  id: commandIdFrom(id),
  tenant,
  at,
  open: false,
  record: `{"id":"${id}"}`,
  ...more,
});

const entry = (id: string, at: number, by = 'key_a'): AuditRow => ({
  id: commandIdFrom(id),
  tenant,
  at,
  key: keyIdFrom(by),
  entry: `{"id":"${id}"}`,
});

const party = (number: string, extension?: string): Party => ({
  number,
  name: '',
  ...(extension === undefined ? undefined : { extension: extensionNumber(extension) }),
});

/** A call from outside to an extension, begun `minutes` after the start. */
const call = (id: string, minutes: number, from: string, to: string, more: Partial<Call> = {}): Call => {
  const leg = (ordinal: number, own: Party, peer: Party): Leg => ({
    id: legIdFrom(`leg_${id}_${ordinal}`),
    callId: callIdFrom(id),
    ordinal,
    ...(own.extension === undefined ? undefined : { extension: own.extension }),
    device: `PJSIP/${own.number}`,
    direction: ordinal === 1 ? 'outbound' : 'inbound',
    party: own,
    peer,
    state: 'ended',
    held: false,
    muted: false,
    startedAt: isoTime(start + minutes * minute),
    channel: channelId(`${id}.${ordinal}`),
  });
  const [caller, callee] = [party(from), party(to, to)];
  return {
    id: callIdFrom(id),
    aliases: [],
    state: 'ended',
    direction: 'inbound',
    from: caller,
    to: callee,
    clickToDial: false,
    reachedVoicemail: false,
    startedAt: isoTime(start + minutes * minute),
    disposition: 'answered',
    legs: [leg(1, caller, callee), leg(2, callee, caller)],
    ...more,
  };
};

/** What every store promises. `open` gives an empty one; `reopen` closes it and opens it again. */
export const describeStore = (name: string, open: () => Store, reopen: (store: Store) => Promise<Store>): void => {
  describe(`${name} as a store`, () => {
    test('everything is there again when it is opened anew', async () => {
      const store = open();
      store.keys.put(key);
      store.users.put(user);
      store.commands.put(command('cmd_a', start));
      store.audit.put(entry('cmd_a', start));
      store.history.record(tenant, [call('call_a', 0, '+15550100001', '101')], { epoch: 'e', seq: 9 });
      store.traces.put(tenant, [{ call: callIdFrom('call_a'), at: start, text: 'said' }]);
      store.state.put(tenant, 'checkpoint', 'seven');
      const again = await reopen(store);
      expect(again.keys.list(tenant)).toEqual([key]);
      expect(again.users.list(tenant)).toEqual([user]);
      expect(again.commands.list(tenant, 10)).toEqual([command('cmd_a', start)]);
      expect(again.audit.list(tenant, { limit: 10 })).toEqual([entry('cmd_a', start)]);
      expect(again.history.get(tenant, callIdFrom('call_a'))).toEqual(call('call_a', 0, '+15550100001', '101'));
      expect(again.history.position(tenant)).toEqual({ epoch: 'e', seq: 9 });
      expect(again.traces.get(tenant, callIdFrom('call_a'))).toBe('said');
      expect(again.state.get(tenant, 'checkpoint')).toBe('seven');
    });

    test('a user is found by id and name in its tenant, changed by putting it again, and deleted once', () => {
      const { users } = open();
      users.put(user);
      const { displayName: _displayName, extension: _extension, email: _email, ...bare } = user;
      const elsewhere = { ...bare, id: userIdFrom('user_b'), tenant: other };
      users.put(elsewhere);
      expect([users.get(tenant, user.id), users.named(other, 'tom')]).toEqual([user, elsewhere]);
      expect(users.get(other, user.id)).toBeUndefined();
      users.put({ ...bare, name: 'becky' });
      expect(users.list(tenant)).toEqual([{ ...bare, name: 'becky' }]);
      expect([users.delete(other, user.id), users.delete(tenant, user.id), users.delete(tenant, user.id)]).toEqual([false, true, false]);
    });

    test('a session is kept until it is deleted, once', () => {
      const { sessions } = open();
      const session = { id: 'login_a' as LoginId, hash: 'cc33', tenant, user: user.id, beganAt: start, expiresAt: start + minute };
      const { user: _user, ...rest } = session;
      const ofKey = { ...rest, id: 'login_b' as LoginId, hash: 'dd44', key: key.id, beganAt: start + 1 };
      sessions.put(ofKey);
      sessions.put(session);
      expect(sessions.all()).toEqual([session, ofKey]);
      expect([sessions.delete(session.id), sessions.delete(session.id)]).toEqual([true, false]);
      expect(sessions.all()).toEqual([ofKey]);
    });

    test('a key is found by its hash, changed by putting it again, and touched', () => {
      const { keys } = open();
      keys.put(key);
      expect(keys.byHash('aa11')).toEqual(key);
      expect(keys.byHash('aa12')).toBeUndefined();
      keys.touch(key.id, start + 5);
      expect(keys.byHash('aa11')).toEqual({ ...key, lastUsedAt: start + 5 });
      keys.put({ ...key, revokedAt: start + 9 });
      expect(keys.list(tenant)).toEqual([{ ...key, revokedAt: start + 9 }]);
      expect(keys.list(other)).toEqual([]);
    });

    test('two keys never share a hash', () => {
      const { keys } = open();
      keys.put(key);
      expect(() => keys.put({ ...key, id: keyIdFrom('key_b'), tenant: other })).toThrow(expect.objectContaining({ code: 'internal' }));
      expect(keys.byHash('aa11')).toEqual(key);
    });

    test('readable keys are those that are sealed and not revoked', () => {
      const { keys } = open();
      const { sealed: _, ...plain } = key;
      keys.put(key);
      keys.put({ ...plain, id: keyIdFrom('key_b'), hash: 'bb' });
      keys.put({ ...key, id: keyIdFrom('key_c'), hash: 'cc', revokedAt: start });
      expect(keys.readable()).toEqual([key]);
    });

    test('commands are listed newest first, of one tenant, and open ones oldest first', () => {
      const { commands } = open();
      commands.put(command('cmd_a', start, { open: true }));
      commands.put(command('cmd_b', start + 2, { open: true }));
      commands.put(command('cmd_c', start + 1));
      commands.put(command('cmd_d', start + 3, { tenant: other, open: true }));
      expect(commands.list(tenant, 2).map(({ id }) => id)).toEqual(['cmd_b', 'cmd_c']);
      expect(commands.open(tenant).map(({ id }) => id)).toEqual(['cmd_a', 'cmd_b']);
      commands.put(command('cmd_a', start, { record: 'done' }));
      expect(commands.open(tenant).map(({ id }) => id)).toEqual(['cmd_b']);
      expect(commands.get(tenant, commandIdFrom('cmd_a'))?.record).toBe('done');
      expect(commands.get(other, commandIdFrom('cmd_a'))).toBeUndefined();
    });

    test('all that was written is on the disk at last, however many wait for that, and also when it is closed meanwhile', async () => {
      const store = open();
      await store.synced();
      store.commands.put(command('cmd_a', start, { open: true }));
      const waiting = [store.synced(), store.synced()];
      store.commands.put(command('cmd_b', start, { open: true }));
      expect(await Promise.all([...waiting, store.synced()])).toHaveLength(3);
      store.commands.put(command('cmd_c', start));
      const last = store.synced();
      await store.close();
      await expect(last).resolves.toBeUndefined();
    });

    test('a command is found by its idempotency key for as long as is asked, the latest first', () => {
      const { commands } = open();
      const idempotency = { key: 'once', digest: 'd1' };
      commands.put(command('cmd_a', start, { idempotency }));
      commands.put(command('cmd_b', start + 10, { idempotency: { key: 'once', digest: 'd2' } }));
      expect(commands.byIdempotencyKey(tenant, 'once', start)).toEqual(
        command('cmd_b', start + 10, { idempotency: { key: 'once', digest: 'd2' } }),
      );
      expect(commands.byIdempotencyKey(tenant, 'once', start + 11)).toBeUndefined();
      expect(commands.byIdempotencyKey(tenant, 'twice', start)).toBeUndefined();
      expect(commands.byIdempotencyKey(other, 'once', start)).toBeUndefined();
    });

    test('old commands are deleted, but not those under way', () => {
      const { commands } = open();
      commands.put(command('cmd_a', start));
      commands.put(command('cmd_b', start, { open: true }));
      commands.put(command('cmd_c', start + 5));
      expect(commands.prune(start + 5)).toBe(false);
      expect(commands.list(tenant, 10).map(({ id }) => id)).toEqual(['cmd_c', 'cmd_b']);
    });

    test('the audit is listed newest first, of one tenant, by key and call, page by page', () => {
      const { audit } = open();
      const about = { call: callIdFrom('call_a') };
      const all = [
        entry('cmd_a', start),
        { ...entry('cmd_b', start, 'key_b'), ...about },
        entry('cmd_c', start + 1),
        entry('cmd_d', start - 1),
      ];
      for (const each of all) audit.put(each);
      audit.put({ ...entry('cmd_e', start), tenant: other });
      const ids = (search: Omit<AuditSearch, 'limit'>, limit = 10): readonly string[] =>
        audit.list(tenant, { ...search, limit }).map(({ id }) => id);
      expect(ids({})).toEqual(['cmd_c', 'cmd_b', 'cmd_a', 'cmd_d']);
      expect(ids({}, 2)).toEqual(['cmd_c', 'cmd_b']);
      expect(ids({ before: commandIdFrom('cmd_b') }, 2)).toEqual(['cmd_a', 'cmd_d']);
      expect(ids({ key: keyIdFrom('key_b') })).toEqual(['cmd_b']);
      expect(ids(about)).toEqual(['cmd_b']);
      expect(ids({ ...about, key: keyIdFrom('key_a') })).toEqual([]);
    });

    test('an entry of the audit is found by its id, changed by putting it again, and deleted by age', () => {
      const { audit } = open();
      audit.put(entry('cmd_a', start));
      audit.put({ ...entry('cmd_a', start), entry: '{"result":"done"}' });
      audit.put(entry('cmd_b', start + 1));
      expect(audit.get(tenant, commandIdFrom('cmd_a'))?.entry).toBe('{"result":"done"}');
      expect(audit.get(other, commandIdFrom('cmd_a'))).toBeUndefined();
      expect(audit.prune(tenant, start + 1)).toBe(false);
      expect(audit.list(tenant, { limit: 10 }).map(({ id }) => id)).toEqual(['cmd_b']);
    });

    test('the same call written twice is one, and is found by its aliases', () => {
      const { history } = open();
      const merged = call('call_a', 0, '+15550100001', '101', { aliases: [callIdFrom('call_b')] });
      history.record(tenant, [merged], { epoch: 'e', seq: 1 });
      history.record(tenant, [merged, call('call_c', 1, '+15550100002', '102')], { epoch: 'e', seq: 2 });
      expect(history.get(tenant, callIdFrom('call_b'))).toEqual(merged);
      expect(history.get(other, callIdFrom('call_a'))).toBeUndefined();
      expect(history.list(tenant, { limit: 10 }).map(({ id }) => id)).toEqual(['call_c', 'call_a']);
      expect(history.position(tenant)).toEqual({ epoch: 'e', seq: 2 });
      expect(history.position(other)).toBeUndefined();
    });

    test('the history is listed newest first, by what is asked for', () => {
      const { history } = open();
      const calls = [
        call('call_a', 0, '+15550100001', '101'),
        call('call_b', 1, '+15550100002', '102', { disposition: 'missed' }),
        call('call_c', 2, '+15550100001', '102'),
        call('call_d', 2, '103', '101', { did: '+15550200103' }),
        call('call_e', 3, '+15550100003', '104', { disposition: 'missed', aliases: [callIdFrom('call_z')] }),
      ];
      history.record(tenant, calls, { epoch: 'e', seq: 1 });
      history.record(other, [call('call_x', 1, '+15550100001', '101')], { epoch: 'e', seq: 1 });
      const found = (query: Partial<CallQuery>, of: TenantId = tenant): CallId[] =>
        history.list(of, { limit: 10, ...query }).map(({ id }) => id);
      expect(found({})).toEqual(['call_e', 'call_d', 'call_c', 'call_b', 'call_a']);
      expect(found({ limit: 2 })).toEqual(['call_e', 'call_d']);
      expect(found({ before: callIdFrom('call_d') })).toEqual(['call_c', 'call_b', 'call_a']);
      expect(found({ before: callIdFrom('call_z'), limit: 1 })).toEqual(['call_d']);
      expect(found({ before: callIdFrom('call_gone') })).toEqual([]);
      expect(found({ extension: extensionNumber('102') })).toEqual(['call_c', 'call_b']);
      expect(found({ extension: extensionNumber('102'), before: callIdFrom('call_c') })).toEqual(['call_b']);
      expect(found({ extension: extensionNumber('102'), disposition: 'missed' })).toEqual(['call_b']);
      expect(found({ number: '100001' })).toEqual(['call_c', 'call_a']);
      expect(found({ number: '0200103' })).toEqual(['call_d']);
      expect(found({ disposition: 'missed' })).toEqual(['call_e', 'call_b']);
      expect(found({ from: start + minute, to: start + 3 * minute })).toEqual(['call_d', 'call_c', 'call_b']);
      expect(found({}, other)).toEqual(['call_x']);
    });

    test('old calls are deleted with all that was known of them', () => {
      const { history } = open();
      const calls = Array.from({ length: 1_200 }, (_, index) =>
        call(`call_${index}`, index, '100', '101', { aliases: [callIdFrom(`alias_${index}`)] }),
      );
      history.record(tenant, calls, { epoch: 'e', seq: 1 });
      let steps = 1;
      while (history.prune(tenant, start + 1_100 * minute)) steps += 1;
      expect(steps).toBeGreaterThan(1);
      expect(history.list(tenant, { limit: 2_000 }).length).toBe(100);
      expect(history.list(tenant, { limit: 2_000, extension: extensionNumber('101') }).length).toBe(100);
      expect(history.get(tenant, callIdFrom('alias_3'))).toBeUndefined();
      expect(history.get(tenant, callIdFrom('alias_1100'))?.id).toBe('call_1100');
    });

    test('traces are deleted by age and by size, the oldest first', () => {
      const { traces } = open();
      const id = (index: number): CallId => callIdFrom(`call_${index}`);
      // Some 100 bytes each that cannot be packed more tightly.
      const said = (index: number): string => createHash('sha512').update(String(index)).digest('latin1');
      for (let index = 1; index <= 5; index += 1) traces.put(tenant, [{ call: id(index), at: start + index, text: said(index) }]);
      traces.put(other, [{ call: id(1), at: start, text: 'theirs' }]);
      const kept = (): number[] => [1, 2, 3, 4, 5].filter((index) => traces.get(tenant, id(index)) !== undefined);
      expect(traces.prune(tenant, start + 2, 1_000)).toBe(false);
      expect(kept()).toEqual([2, 3, 4, 5]);
      expect(traces.prune(tenant, start, 250)).toBe(false);
      expect(kept()).toEqual([4, 5]);
      expect(traces.get(other, id(1))).toBe('theirs');
    });

    test('texts are kept by tenant and name until they are deleted', () => {
      const { state } = open();
      state.put(tenant, 'a', '1');
      state.put(tenant, 'a', '2');
      state.put(other, 'a', '3');
      expect([state.get(tenant, 'a'), state.get(other, 'a'), state.get(tenant, 'b')]).toEqual(['2', '3', undefined]);
      state.delete(tenant, 'a');
      expect([state.get(tenant, 'a'), state.get(other, 'a')]).toEqual([undefined, '3']);
    });

    test('progress of deliveries is there after a restart, and gone when it is forgotten', async () => {
      const first = open();
      first.deliveries.record([{ endpoint: 'wh_one', progress: 'here' }], []);
      const { deliveries } = await reopen(first);
      expect(deliveries.progress('wh_one')).toBe('here');
      deliveries.forget('wh_one');
      expect(deliveries.progress('wh_one')).toBeUndefined();
    });

    test('attempts that are older, or beyond the newest so many, are deleted', () => {
      const { deliveries } = open();
      deliveries.record([], [1, 2, 3, 4, 5, 6].map(attemptAt));
      const kept = (): number[] => deliveries.attempts({ tenant, limit: 10 }).map(({ number }) => number);
      expect(deliveries.prune(3, 100)).toBe(false);
      expect(kept()).toEqual([6, 5, 4, 3]);
      deliveries.prune(0, 2);
      expect(kept()).toEqual([6, 5]);
      expect(deliveries.attempts({ tenant: other, limit: 10 })).toEqual([]);
    });

    test('attempts can be asked for by the events they are of', () => {
      const { deliveries } = open();
      deliveries.record(
        [],
        [1, 2, 3].map((at) => ({ ...attemptAt(at), seq: at })),
      );
      const of = (seq: number | readonly number[]): number[] => deliveries.attempts({ tenant, seq, limit: 10 }).map((each) => each.seq);
      expect(of(2)).toEqual([2]);
      expect(of([1, 3, 5])).toEqual([3, 1]);
      expect(of([])).toEqual([]);
    });

    test('attempts are deleted in steps, and a number is never given twice', () => {
      const { deliveries } = open();
      const many = Array.from({ length: 5_001 }, (_, index) => attemptAt(index + 1));
      deliveries.record([], many);
      expect(deliveries.prune(10_000, 1)).toBe(true);
      expect(deliveries.prune(10_000, 1)).toBe(false);
      deliveries.record([], [attemptAt(20_000)]);
      expect(deliveries.attempts({ tenant, limit: 10 }).map(({ number }) => number)).toEqual([5_002]);
    });

    test('closing twice does nothing', async () => {
      const store = open();
      await store.close();
      await expect(store.close()).resolves.toBeUndefined();
    });
  });
};
