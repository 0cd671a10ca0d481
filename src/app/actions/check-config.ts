import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { Output } from '../../cli/output.ts';
import { loadConfig } from '../../config/load.ts';

export const checkConfig = (path: string, output: Output): ExitCode => {
  const { tenants } = loadConfig(path, process.env);
  const pbxs = Object.values(tenants).flatMap((tenant) => Object.keys(tenant.pbxs));
  output.line(`${path} is valid: ${Object.keys(tenants).length} tenant(s), PBX ${pbxs.join(', ')}`);
  return exitCodes.ok;
};
