import { type ExitCode, exitCodes } from '../../cli/exit-codes.ts';
import type { Output } from '../../cli/output.ts';
import { loadConfig } from '../../config/load.ts';
import { openSqliteLog } from '../../log/sqlite-log.ts';
import { tenantId } from '../../model/ids.ts';
import { loggerOf, surroundingsOf } from '../surroundings.ts';

export const newEpoch = async (path: string, output: Output): Promise<ExitCode> => {
  const config = loadConfig(path, process.env);
  const { clock, newId } = surroundingsOf(loggerOf('silent'));
  const log = openSqliteLog({ folder: config.data, clock, newId });
  try {
    for (const tenant of Object.keys(config.tenants)) {
      const cursor = await log.newEpoch(tenantId(tenant));
      output.line(`${tenant}: epoch ${cursor.epoch}, from seq ${cursor.seq + 1} on`);
    }
  } finally {
    await log.close();
  }
  return exitCodes.ok;
};
