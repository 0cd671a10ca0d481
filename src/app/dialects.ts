import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config, TenantConfig } from '../config/schema.ts';
import type { Dialect } from '../dialects/dialect.ts';
import { createISymphonyDialect } from '../dialects/isymphony/index.ts';
import { createNativeDialect } from '../dialects/native/index.ts';
import { createNoojeeDialect } from '../dialects/noojee/index.ts';
import { createRingCentralDialect } from '../dialects/ringcentral/index.ts';
import { createTelphinDialect } from '../dialects/telphin/index.ts';
import { createVoipNowDialect, type VoipNowOptions } from '../dialects/voipnow/index.ts';
import { GatewayError } from '../model/errors.ts';
import { tenantId } from '../model/ids.ts';
import { version } from './version.ts';

export const dialectsOf = (config: Config): readonly Dialect[] => {
  const tenants = Object.entries(config.tenants);
  const isymphony = tenants.filter(([, { dialects }]) => dialects.isymphony.enabled);
  const noojee = tenants.filter(([, { dialects }]) => dialects.noojee.enabled);
  const ringcentral = tenants.filter(([, { dialects }]) => dialects.ringcentral.enabled);
  const telphin = tenants.filter(([, { dialects }]) => dialects.telphin.enabled);
  const voipnow = tenants.filter(([, { dialects }]) => dialects.voipnow.enabled);
  return [
    createNativeDialect({ version }),
    ...(isymphony.length === 0
      ? []
      : [createISymphonyDialect(new Map(isymphony.map(([name, { dialects }]) => [tenantId(name), dialects.isymphony])))]),
    ...(noojee.length === 0 ? [] : [createNoojeeDialect(new Map(noojee.map(([name, { dialects }]) => [tenantId(name), dialects.noojee])))]),
    ...(ringcentral.length === 0
      ? []
      : [createRingCentralDialect(new Map(ringcentral.map(([name, { dialects }]) => [tenantId(name), dialects.ringcentral])))]),
    ...(telphin.length === 0
      ? []
      : [createTelphinDialect(new Map(telphin.map(([name, { dialects }]) => [tenantId(name), dialects.telphin])))]),
    ...(voipnow.length === 0
      ? []
      : [createVoipNowDialect(new Map(voipnow.map(([name, { dialects }]) => [tenantId(name), voipNowOptions(dialects.voipnow)])))]),
  ];
};

const voipNowOptions = ({ accounts, email, ...options }: TenantConfig['dialects']['voipnow']): VoipNowOptions => ({
  ...options,
  email: emailOptions(email),
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

const emailOptions = ({ templates, ...email }: TenantConfig['dialects']['voipnow']['email']): VoipNowOptions['email'] => ({
  ...email,
  ...(templates === undefined ? undefined : { templates: readTemplates(templates) }),
});

const readTemplates = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('config-invalid', { file: path }, { note: `The file ${path} cannot be read.`, cause });
  }
};
