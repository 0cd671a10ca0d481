/** What `switchhook doctor` tells an operator whose PBX is not as it should be. */
import { describe, expect, test } from 'vitest';
import { Gateway } from '../gateway/gateway.ts';
import { freeTcpPort } from '../ports.ts';
import { onEachAsterisk, sharedOffice } from './on-each-asterisk.ts';
import { amiAccounts } from './pbx.ts';

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly mend?: string;
}

onEachAsterisk('doctor', (_version, tree) => {
  const office = sharedOffice(tree);

  const diagnose = async (
    pbx: Readonly<Record<string, unknown>>,
  ): Promise<{ readonly code: number; readonly findings: readonly Finding[] }> => {
    const gateway = await Gateway.prepare({ pbx: { kind: 'asterisk', port: office().pbx.amiPort, ...pbx } });
    try {
      const { code, output } = await gateway.cli('doctor');
      const findings = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding);
      return { code, findings };
    } finally {
      await gateway.close();
    }
  };
  const amiss = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ ok }) => !ok);

  test('finds nothing amiss with the recommended account', async () => {
    const { code, findings } = await diagnose(amiAccounts.recommended);
    expect(amiss(findings)).toEqual([]);
    expect(code).toBe(0);
  });

  test('names each missing right, and the lines to paste', async () => {
    const { code, findings } = await diagnose(amiAccounts.limited);
    expect(code).not.toBe(0);
    const said = JSON.stringify(amiss(findings));
    for (const right of ['system', 'originate', 'agent', 'user']) expect(said).toContain(right);
    expect(
      amiss(findings)
        .map(({ mend }) => mend ?? '')
        .join('\n'),
    ).toMatch(/^\s*read = .*\n\s*write = .*originate/m);
  });

  describe('says which of these it is when it cannot log in:', () => {
    test('the secret is wrong', async () => {
      const { code, findings } = await diagnose({ ...amiAccounts.recommended, secret: 'not-this' });
      expect(code).not.toBe(0);
      expect(JSON.stringify(amiss(findings))).toMatch(/secret|credentials|account/i);
      expect(JSON.stringify(findings)).not.toContain('not-this');
    });

    test('nobody listens', async () => {
      const { code, findings } = await diagnose({ ...amiAccounts.recommended, port: await freeTcpPort() });
      expect(code).not.toBe(0);
      expect(JSON.stringify(amiss(findings))).toMatch(/refused|listen/i);
    });

    test('it speaks no TLS', async () => {
      const { code, findings } = await diagnose({ ...amiAccounts.recommended, tls: true });
      expect(code).not.toBe(0);
      expect(JSON.stringify(amiss(findings))).toMatch(/TLS/);
    });
  });
});
