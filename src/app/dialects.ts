import { createHash } from 'node:crypto';
import type { Config, TenantConfig } from '../config/schema.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { createNativeDialect } from '../dialects/native/index.ts';
import { createNoojeeDialect } from '../dialects/noojee/index.ts';
import { createVoipNowDialect, type VoipNowOptions } from '../dialects/voipnow/index.ts';
import { tenantId } from '../model/ids.ts';
import { version } from './version.ts';

export const dialectsOf = (config: Config): readonly Dialect[] => {
  const tenants = Object.entries(config.tenants);
  const noojee = tenants.filter(([, { dialects }]) => dialects.noojee.enabled);
  const voipnow = tenants.filter(([, { dialects }]) => dialects.voipnow.enabled);
  return [
    createNativeDialect({ version }),
    ...(noojee.length === 0 ? [] : [createNoojeeDialect(new Map(noojee.map(([name, { dialects }]) => [tenantId(name), dialects.noojee])))]),
    ...(voipnow.length === 0
      ? []
      : [createVoipNowDialect(new Map(voipnow.map(([name, { dialects }]) => [tenantId(name), voipNowOptions(dialects.voipnow)])))]),
  ];
};

const voipNowOptions = ({ accounts, ...options }: TenantConfig['dialects']['voipnow']): VoipNowOptions => ({
  ...options,
  accounts: Object.fromEntries(
    Object.entries(accounts).map(([login, account]) => {
      const {
        passwordSha256 = createHash('sha256')
          .update(account.password ?? '')
          .digest('hex'),
      } = account;
      return [login, { ...account, passwordSha256 }];
    }),
  ),
});
