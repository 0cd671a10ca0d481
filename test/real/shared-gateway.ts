import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { brokenPromises, openCalls, type EventTail } from './gateway/event-tail.ts';
import { Gateway, type GatewaySettings } from './gateway/gateway.ts';
import { Link } from './link.ts';
import type { Office } from './office.ts';

/** What a suite's gateway is to have beyond what an office's PBX needs; `pbx`: what its configuration says besides of that. */
export type OfficeSettings = Omit<GatewaySettings, 'pbx'> & { readonly pbx?: Readonly<Record<string, unknown>> };

/** A gateway in front of an office's PBX, over a link that can be cut, with an integrator who follows it. */
export class ConnectedGateway {
  readonly gateway: Gateway;
  readonly link: Link;
  readonly tail: EventTail;

  private constructor(gateway: Gateway, link: Link, tail: EventTail) {
    this.gateway = gateway;
    this.link = link;
    this.tail = tail;
  }

  static async start(office: Office, { pbx, ...settings }: OfficeSettings = {}): Promise<ConnectedGateway> {
    const link = await Link.to(office.pbx.gatewayPort);
    const gateway = await Gateway.start({ ...settings, pbx: { ...office.pbx.settingsAt(link.port), ...pbx } });
    const tail = gateway.tail('oldest');
    await tail.until('pbx.resynced');
    return new ConnectedGateway(gateway, link, tail);
  }

  async close(): Promise<void> {
    await this.gateway.close();
    this.link.close();
  }
}

/**
 * One gateway for all tests of the suite around it. After each test the office is quiet again, every call that was announced has
 * ended exactly once, and the log has kept what it promises.
 */
export const sharedGateway = (office: () => Office, settings?: OfficeSettings): (() => ConnectedGateway) => {
  let connected: ConnectedGateway | undefined;
  const current = (): ConnectedGateway => {
    if (connected === undefined) throw new Error('the gateway starts in beforeAll');
    return connected;
  };
  beforeAll(async () => {
    connected = await ConnectedGateway.start(office(), settings);
  });
  afterEach(async () => {
    await office().quiet();
    const { tail } = current();
    for (const call of openCalls(tail.events)) await tail.ended(call);
    expect(brokenPromises(tail.events)).toEqual([]);
  });
  afterAll(async () => {
    await connected?.close();
    connected = undefined;
  });
  return current;
};
