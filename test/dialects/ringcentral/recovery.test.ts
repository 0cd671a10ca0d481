import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serveRingCentral } from './serve-ringcentral.ts';
import { openSocket, wsToken, type Envelope, type SocketClient } from './socket-client.ts';

const filters = ['/restapi/v1.0/account/~/telephony/sessions', '/restapi/v1.0/account/~/presence'];

/** What a step does to the office, and to the line of the client that is looked at. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('103 calls 102', '101 calls +15550109999', '102 answers', '103 hangs up', '101 hangs up') },
  { weight: 3, arbitrary: fc.constantFrom('the line is cut', 'it comes again', 'it comes again by an older token') },
);

test('however often a line is cut, its client is told in the end what one is told that was never cut', async () => {
  const world = await serveRingCentral();
  const { phones } = world.sandbox;
  const query = `?access_token=${await wsToken(world)}`;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
      const [whole, first] = [await openSocket(world, query), await openSocket(world, query)];
      // By its uuid: whoever recovers by an older token gets some again, and drops them by that.
      const told = new Map<string, Envelope>();
      const tokens: string[] = [];
      let client: SocketClient | undefined = first;
      const comeAgain = async (token: string): Promise<void> => {
        client = await openSocket(world, `${query}&wsc=${token}`);
        const [, details] = await client.frame(([{ type }]) => type === 'ConnectionDetails');
        expect(details).toMatchObject({ recoveryState: 'Successful' });
        world.clock.advance(1);
      };
      const leave = (): void => {
        if (client === undefined) return;
        for (const envelope of client.told) told.set(envelope.uuid, envelope);
        tokens.push(client.wsc);
        client.cut();
        client = undefined;
      };
      const attempt = (play: () => void): void => {
        try {
          play();
        } catch {
          // The phone cannot do that now; nothing happens, and nothing is told.
        }
      };
      await whole.subscribe(filters);
      await first.subscribe(filters);
      for (const each of steps) {
        if (each === 'the line is cut') leave();
        else if (each.startsWith('it comes')) {
          leave();
          await comeAgain((each.endsWith('token') ? tokens[0] : tokens.at(-1)) ?? '');
        } else if (each.includes(' calls ')) {
          const [from = '', to = ''] = each.split(' calls ');
          attempt(() => phones.call(from, to));
        } else if (each.endsWith('answers')) attempt(() => phones.answer('102'));
        else attempt(() => phones.hangUp(each.slice(0, 3)));
      }
      for (const extension of ['101', '102', '103']) attempt(() => phones.hangUp(extension));
      leave();
      await comeAgain(tokens.at(-1) ?? '');
      // Each has been told of everything that had happened when it is answered.
      for (const each of [whole, client]) await each?.request('GET', '/restapi/v1.0/account/~/presence');
      leave();
      const bodies = (envelopes: readonly Envelope[]): readonly string[] =>
        envelopes.map(({ event, body }) => JSON.stringify([event, body]));
      expect(bodies([...told.values()])).toEqual(bodies(whole.told));
      whole.cut();
    }),
    { numRuns: 12 },
  );
});
