/** What `switchhook doctor` tells an operator whose FreeSWITCH is not as it should be. */
import { expect, test } from 'vitest';
import { Gateway } from '../gateway/gateway.ts';
import { freeTcpPort } from '../ports.ts';
import { onFreeswitch, sharedOffice } from './office.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

onFreeswitch('doctor', (install) => {
  const office = sharedOffice(install);

  /** What is amiss. */
  const diagnose = async (
    more: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly code: number; readonly amiss: readonly Finding[] }> => {
    const { pbx } = office();
    const gateway = await Gateway.prepare({ pbx: { ...pbx.settingsAt(pbx.gatewayPort), ...more } });
    try {
      const { code, output } = await gateway.cli('doctor');
      const findings = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding);
      return { code, amiss: findings.filter(({ ok }) => !ok) };
    } finally {
      await gateway.close();
    }
  };

  test('finds nothing amiss with the office', async () => {
    expect(await diagnose({})).toEqual({ code: 0, amiss: [] });
  });

  test.for([
    ['the password is wrong', { password: 'not-this' }, /password/],
    ['the domain has no users', { domain: 'elsewhere.example' }, /no users in the domain/],
    ['nobody is an extension', { extensionPattern: '^9[0-9]{5}$' }, /No user of pbx.local matches/],
  ] as const)('says so when %s', async ([_what, more, said]) => {
    const { code, amiss } = await diagnose(more);
    expect(code).not.toBe(0);
    expect(JSON.stringify(amiss)).toMatch(said);
    expect(JSON.stringify(amiss)).not.toContain('not-this');
  });

  test('says so when nobody listens', async () => {
    const { code, amiss } = await diagnose({ port: await freeTcpPort() });
    expect(code).not.toBe(0);
    expect(JSON.stringify(amiss)).toMatch(/Nothing listens/);
  });
});
