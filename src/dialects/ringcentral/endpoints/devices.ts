/** The phones of extensions. Each has an id that stays, registered or not; a call is placed and taken on one of them. */
import type { Extension } from '../../../model/extension.ts';
import { extensionAsked, requireAccount, requirePermission } from '../auth.ts';
import { ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { noResource } from '../errors.ts';
import { deviceIdOf } from '../ids.ts';
import type { TenantSource } from '../source.ts';
import { accountPath, extensionPath, extensionsOf, renderExtensionRef } from './account.ts';
import { renderPage } from './paging.ts';

export interface Device {
  readonly id: string;
  /** As the PBX names it: `PJSIP/101`. */
  readonly name: string;
  readonly extension: Extension;
  readonly isOnline: boolean;
}

/** In the order in which the PBX names them. */
export const devicesOf = (extension: Extension): readonly Device[] =>
  extension.devices.map((name) => ({
    id: deviceIdOf(name),
    name,
    extension,
    // A PBX that does not tell of registrations shows by the extension's presence whether its phones can be reached.
    isOnline:
      extension.registered.length > 0 ? extension.registered.some(({ device }) => device === name) : extension.presence !== 'offline',
  }));

const allDevices = (source: TenantSource): readonly Device[] => extensionsOf(source).flatMap(devicesOf);

/** The device of an id; undefined if the account has none such. */
export const deviceOf = (source: TenantSource, id: string): Device | undefined => allDevices(source).find((device) => device.id === id);

export const renderDevice = ({ asker: { source }, base }: Asked, { id, name, extension, isOnline }: Device): object => {
  const userAgent = extension.registered.find(({ device }) => device === name)?.userAgent;
  return {
    uri: `${base}${accountPath(source)}/device/${id}`,
    id,
    type: 'OtherPhone',
    name,
    status: isOnline ? 'Online' : 'Offline',
    ...(userAgent === undefined ? undefined : { computerName: userAgent }),
    extension: renderExtensionRef(source, extension, base),
    linePooling: 'None',
    phoneLines: [],
  };
};

const listExtensionDevices = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  const { source } = asked.asker;
  const extension = source.engine.extension(extensionAsked(asked));
  if (extension === undefined) throw noResource('extensionId');
  return ok(renderPage(asked, `${extensionPath(source, extension)}/device`, devicesOf(extension), (device) => renderDevice(asked, device)));
};

const listAccountDevices = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const { source } = asked.asker;
  return ok(renderPage(asked, `${accountPath(source)}/device`, allDevices(source), (device) => renderDevice(asked, device)));
};

const getDevice = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const device = deviceOf(asked.asker.source, asked.parameters['deviceId'] ?? '');
  if (device === undefined) throw noResource('deviceId');
  return ok(renderDevice(asked, device));
};

export const deviceEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: '/restapi/v1.0/account/:accountId/device', handle: listAccountDevices },
  { method: 'GET', path: '/restapi/v1.0/account/:accountId/device/:deviceId', handle: getDevice },
  { method: 'GET', path: '/restapi/v1.0/account/:accountId/extension/:extensionId/device', handle: listExtensionDevices },
];
