import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { GatewayError } from '../../src/model/errors.ts';

const smallest = 'tenants: { main: { pbxs: { office: { kind: asterisk, username: switchhook, secret: "${AMI_SECRET}" } } } }';

const noteOf = (text: string, environment: Record<string, string> = {}): string => {
  try {
    parseConfig(text, environment);
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'config-invalid') return error.message;
    throw error;
  }
  return 'no error';
};

describe('a configuration', () => {
  test('of one PBX is whole by its defaults, its secret taken from the environment', () => {
    const config = parseConfig(smallest, { AMI_SECRET: 's3cret' });
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 8080 });
    expect(config.tenants['main']?.pbxs['office']).toMatchObject({
      kind: 'asterisk',
      port: 5038,
      secret: 's3cret',
      dialContext: 'internal',
    });
    expect(config.tenants['main']?.dialects.noojee.enabled).toBe(true);
  });

  test('with a variable that is not set names it', () => {
    expect(noteOf(smallest)).toContain('${AMI_SECRET} is not set');
  });

  test.each([
    ['an unknown member', 'tenants: { main: { pbxs: { a: { kind: sandbox } } } }\nhtpt: {}', 'htpt'],
    ['a port out of range', 'http: { port: 70000 }\ntenants: { main: { pbxs: { a: { kind: sandbox } } } }', 'http.port'],
    ['no tenant', 'tenants: {}', 'there must be a tenant'],
    ['a tenant without a PBX', 'tenants: { main: { pbxs: {} } }', 'a tenant needs a PBX'],
    ['an unknown kind of PBX', 'tenants: { main: { pbxs: { a: { kind: meridian } } } }', 'kind'],
    ['a name that could not stand in a URL', 'tenants: { "A b": { pbxs: { a: { kind: sandbox } } } }', 'tenants'],
    [
      'e-mails and no server for them',
      'tenants: { main: { pbxs: { a: { kind: sandbox } }, dialects: { voipnow: { email: { notices: [{ to: [a@b.example], events: [missed] }] } } } } }',
      'need an SMTP server',
    ],
    ['broken YAML', 'tenants: [', 'line 1'],
    ['nothing', '', 'expected object'],
  ])('with %s says where', (_, text, where) => {
    expect(noteOf(text)).toContain(where);
  });
});
