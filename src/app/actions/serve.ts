import { firstKeyNotice, serveBanner } from '../../cli/banner.ts';
import type { ExitCode } from '../../cli/exit-codes.ts';
import type { Output } from '../../cli/output.ts';
import { loadConfig } from '../../config/load.ts';
import { startGateway } from '../gateway.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';
import { untilStopped } from './until-stopped.ts';

export const serve = async (path: string, output: Output, signal: AbortSignal): Promise<ExitCode> => {
  const config = loadConfig(path, process.env);
  const gateway = await startGateway(config, surroundingsOf(loggerOf(config.logLevel)));
  try {
    for (const tenant of gateway.engines.keys()) {
      if (gateway.auth.list(tenant).length > 0) continue;
      const { secret } = gateway.auth.create({ tenant, name: 'first administrator', scopes: ['administer', 'observe'] });
      output.line(firstKeyNotice(tenant, secret));
    }
    output.line(serveBanner(gateway.url, Object.keys(config.tenants)));
    return await untilStopped(gateway, signal);
  } finally {
    await gateway.close();
  }
};
