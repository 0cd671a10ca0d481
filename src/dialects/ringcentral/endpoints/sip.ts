/** What a softphone must know to register at the PBX. */
import { requireAccount, requireOwn, requirePermission } from '../auth.ts';
import { ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { noResource, RingCentralError } from '../errors.ts';
import type { SipAccount, SipOptions } from '../options.ts';
import { deviceOf, devicesOf, renderDevice, type Device } from './devices.ts';

interface Provision {
  readonly sip: SipOptions;
  readonly account: SipAccount;
  readonly device: Device;
}

/** Throws CMN-109 where the configuration has nothing to tell a phone of that extension. */
const provisionOf = ({ asker: { source } }: Asked, device: Device): Provision => {
  const { sip } = source.options;
  const account = sip?.accounts[device.extension.number];
  if (sip === undefined || account === undefined) throw new RingCentralError('CMN-109', 'Feature not available.');
  return { sip, account, device };
};

const credentialsOf = ({
  account,
  device,
}: Provision): { readonly username: string; readonly password: string; readonly authorizationId: string } => {
  const username = account.username ?? device.extension.number;
  return { username, password: account.password, authorizationId: account.authorizationId ?? username };
};

/** A web phone asks for itself, under no account's address. */
const provisionPhone = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'CallControl');
  const { source, extension } = asked.asker;
  const own = source.engine.extension(extension);
  const [device] = own === undefined ? [] : devicesOf(own);
  if (device === undefined) throw new RingCentralError('CMN-109', 'Feature not available.');
  const provision = provisionOf(asked, device);
  const { transport, domain, outboundProxy } = provision.sip;
  return ok({
    device: renderDevice(asked, device),
    sipInfo: [
      {
        ...credentialsOf(provision),
        authorizationTypes: ['SipDigest'],
        transport,
        domain,
        outboundProxy,
        outboundProxyBackup: outboundProxy,
        outboundProxies: [{ region: 'default', proxy: outboundProxy, proxyTLS: outboundProxy }],
        stunServers: [],
      },
    ],
    sipFlags: {
      voipFeatureEnabled: true,
      voipCountryBlocked: false,
      outboundCallsEnabled: true,
      dscpEnabled: false,
      callerIdMasked: false,
    },
    sipErrorCodes: [],
  });
};

const getSipInfo = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'CallControl');
  requireAccount(asked);
  const device = deviceOf(asked.asker.source, asked.parameters['deviceId'] ?? '');
  if (device === undefined) throw noResource('deviceId');
  requireOwn(asked.asker, device.extension.number);
  const provision = provisionOf(asked, device);
  const { username: userName, password, authorizationId } = credentialsOf(provision);
  const { domain, outboundProxy } = provision.sip;
  const outboundProxies = [{ region: 'default', proxy: outboundProxy, proxyTLS: outboundProxy }];
  return ok({ domain, outboundProxies, userName, password, authorizationId });
};

export const sipEndpoints: readonly Endpoint[] = [
  { method: 'POST', path: '/restapi/v1.0/client-info/sip-provision', handle: provisionPhone },
  { method: 'GET', path: '/restapi/v1.0/account/:accountId/device/:deviceId/sip-info', handle: getSipInfo },
];
