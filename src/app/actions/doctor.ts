import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { Output } from '../../cli/output.ts';
import { loadConfig } from '../../config/load.ts';
import { pbxId } from '../../model/ids.ts';
import { asteriskDriver, freeswitchDriver } from '../drivers.ts';
import { slotLayout } from '../parking.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';

export const doctor = async (path: string, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const config = loadConfig(path, process.env);
  const surroundings = surroundingsOf(loggerOf('silent'));
  let well = true;
  for (const [tenant, settings] of Object.entries(config.tenants)) {
    for (const [name, pbx] of Object.entries(settings.pbxs)) {
      if (pbx.kind === 'sandbox') continue;
      const [id, layout] = [pbxId(name), slotLayout(settings)];
      const driver =
        pbx.kind === 'asterisk' ? asteriskDriver(id, pbx, layout, surroundings) : freeswitchDriver(id, pbx, layout, surroundings);
      const findings = await driver.diagnose(signal);
      await driver.close();
      well &&= findings.every(({ ok }) => ok);
      if (!output.interactive) {
        for (const finding of findings) output.line(JSON.stringify({ tenant, pbx: name, ...finding }));
        continue;
      }
      output.line(`${name} (${pbx.host}:${pbx.port})`);
      for (const { ok, check, detail, mend } of findings) {
        output.line(`  ${ok ? 'ok  ' : 'BAD '} ${check}: ${detail}`);
        if (mend !== undefined) output.line(mend.replaceAll(/^/gm, '         '));
      }
    }
  }
  return well ? exitCodes.ok : exitCodes.failed;
};
