import { describe, expect, test } from 'vitest';
import { ok, refuse, seqs, startSink } from './sink.ts';
import { endpointAt, settle, startWorld, tenant } from './world.ts';

describe('administration', () => {
  test('an endpoint that is paused while its items are read is sent none of them before it is resumed', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'b');
    engine.pause('wh_one');
    await settle();
    expect(sink.received).toHaveLength(0);
    engine.resume('wh_one');
    await attempted(2);
    expect(seqs(sink).toSorted()).toEqual([1, 2]);
  });

  test('an endpoint that is removed is sent nothing more, and begins anew if it comes back', async () => {
    const sink = await startSink();
    const { engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await attempted(1);
    expect(engine.remove('wh_one')).toBe(true);
    tape.add('b');
    expect(engine.remove('wh_one')).toBe(false);
    engine.put(endpointAt(sink.url), tape);
    tape.add('c');
    await attempted(2);
    expect(seqs(sink)).toEqual([1, 3]);
  });

  test('a new address holds for what waits', async () => {
    const old = await startSink(refuse(500));
    const sink = await startSink();
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(old.url), tape);
    tape.add('a');
    await attempted(1);
    engine.put(endpointAt(sink.url), tape);
    clock.advance(1);
    await attempted(2);
    expect(seqs(sink)).toEqual([1]);
  });

  test('a test is sent at once, also while the endpoint is paused, and is kept among the attempts', async () => {
    const sink = await startSink();
    const { engine, tape } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    engine.pause('wh_one');
    const attempt = await engine.send(endpointAt(sink.url), { id: 'test-1', request: () => ({ body: 'hello' }) });
    expect(attempt).toMatchObject({ outcome: 'delivered', status: 204, seq: 0 });
    expect(sink.received[0]?.body).toBe('hello');
    expect(engine.attempts({ tenant, limit: 1 })).toMatchObject([{ id: 'test-1' }]);
  });

  test('the answer to what is sent by itself is told whole', async () => {
    const sink = await startSink((_received, response) => void response.writeHead(200, { 'X-Token': 'abc' }).end('hello'));
    const { engine } = startWorld();
    const sent = await engine.send(endpointAt(sink.url), { id: 'test', request: () => ({}) });
    expect(sent).toMatchObject({ status: 200, reply: 'hello', headers: { 'x-token': 'abc' } });
    expect(sent.bytes).toBeGreaterThan('x-token: abc\r\nhello'.length);
    expect(Object.keys(engine.attempts({ tenant, limit: 1 })[0] ?? {})).not.toContain('headers');
  });

  test('an endpoint may have less time than others', async () => {
    const sink = await startSink(() => undefined);
    const { engine, tape, attempted, tickWheel } = startWorld();
    engine.put(endpointAt(sink.url, { timeoutMs: 3_000 }), tape);
    tape.add('a');
    await sink.count(1);
    tickWheel(3_200);
    const [attempt] = await attempted(1);
    expect(attempt?.failure).toEqual({ kind: 'timeout', detail: 'The answer was not whole after 3 s' });
  });

  test('whoever asked for it hears of an endpoint that is paused', async () => {
    const sink = await startSink(refuse(410));
    const { engine, tape, attempted } = startWorld();
    const heard: string[] = [];
    engine.onPaused((endpoint) => heard.push(`${endpoint}: ${engine.view(endpoint)?.reason}`));
    engine.put(endpointAt(sink.url), tape);
    tape.add('a');
    await attempted(1);
    expect(heard).toEqual(['wh_one: gone']);
  });

  test('a GET carries everything in its address, byte for byte', async () => {
    const sink = await startSink();
    const { engine } = startWorld();
    const url = `${sink.url}?a=*61&b=x@y&c=%2a`;
    await engine.send(endpointAt(sink.url, { method: 'GET' }), { id: 'one', request: () => ({ url }) });
    expect(sink.received[0]).toMatchObject({ method: 'GET', path: '/hook?a=*61&b=x@y&c=%2a', body: '' });
  });

  test('the attempts can be asked for by event and by outcome', async () => {
    const sink = await startSink(refuse(500));
    const { clock, engine, tape, attempted } = startWorld();
    engine.put(endpointAt(sink.url), tape);
    tape.add('a', 'b');
    await attempted(2);
    sink.answer = ok;
    clock.advance(1);
    await attempted(4);
    const all = engine.attempts({ tenant, limit: 10 });
    expect(all.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
    expect(engine.attempts({ tenant, seq: 1, limit: 10 }).map(({ outcome }) => outcome)).toEqual(['delivered', 'retried']);
    expect(engine.attempts({ tenant, outcome: 'retried', limit: 10 })).toHaveLength(2);
    expect(engine.attempts({ tenant, before: 2, limit: 10 })).toHaveLength(1);
  });
});
