/** Who one is: the account, its extensions and their numbers, as clients read them when they start. */
import type { Extension } from '../../../model/extension.ts';
import { extensionAsked, isAdmin, requireAccount, requirePermission } from '../auth.ts';
import { ok, type Answer, type Asked, type Endpoint } from '../endpoint.ts';
import { noResource } from '../errors.ts';
import type { TenantSource } from '../source.ts';
import { renderPage } from './paging.ts';

const root = '/restapi/v1.0';
/** Of the vendor's definition that is served here. */
const versionString = '1.0.46';
const releaseDate = '2023-03-01T00:00:00.000Z';

export const accountPath = (source: TenantSource): string => `${root}/account/${source.ids.account}`;
export const extensionPath = (source: TenantSource, { number }: Pick<Extension, 'number'>): string =>
  `${accountPath(source)}/extension/${source.ids.extension(number)}`;

/** For health checks; no token is needed. */
export const renderVersions = (base: string): object => ({
  uri: `${base}/restapi`,
  apiVersions: [renderVersion(base)],
  serverVersion: versionString,
  serverRevision: '1',
});

export const renderVersion = (base: string): object => ({ uri: `${base}${root}`, versionString, releaseDate, uriString: 'v1.0' });

/** How an extension is named inside another resource. */
export const renderExtensionRef = (source: TenantSource, extension: Extension, base: string): object => ({
  uri: `${base}${extensionPath(source, extension)}`,
  id: source.ids.extension(extension.number),
  extensionNumber: extension.number,
});

const getAccount = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const { source } = asked.asker;
  const { options, ids } = source;
  const [first] = extensionsOf(source);
  return ok({
    uri: `${asked.base}${accountPath(source)}`,
    id: ids.account,
    ...(options.mainNumber === '' ? undefined : { mainNumber: options.mainNumber }),
    status: 'Confirmed',
    setupWizardState: 'Completed',
    serviceInfo: {
      uri: `${asked.base}${accountPath(source)}/service-info`,
      servicePlanName: 'Switchhook',
      brand: { id: '1210', name: 'RingCentral', homeCountry },
    },
    ...(first === undefined ? undefined : { operator: renderExtensionRef(source, first, asked.base) }),
    regionalSettings,
  });
};

const getExtension = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  const extension = asked.asker.source.engine.extension(extensionAsked(asked));
  if (extension === undefined) throw noResource('extensionId');
  return ok(renderExtension(asked, extension));
};

const listExtensions = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const { source } = asked.asker;
  const { query } = asked;
  const number = query.get('extensionNumber');
  const types = query.getAll('type');
  const found = extensionsOf(source).filter(
    (extension) => (number === null || extension.number === number) && (types.length === 0 || types.includes('User')),
  );
  return ok(renderPage(asked, `${accountPath(source)}/extension`, found, (extension) => renderExtension(asked, extension)));
};

const renderExtension = ({ asker, base }: Asked, extension: Extension): object => {
  const { source, identity } = asker;
  const { ids, users, tenant } = source;
  const { number, name } = extension;
  const [firstName, ...lastNames] = name.split(' ');
  const email = users.ofExtension(tenant, number)?.email;
  const isOwn = number === asker.extension;
  return {
    uri: `${base}${extensionPath(source, extension)}`,
    id: ids.extension(number),
    extensionNumber: number,
    name,
    type: 'User',
    status: 'Enabled',
    hidden: false,
    setupWizardState: 'Completed',
    // A text, where every other id here is a number: call-control clients compare it with those of parties.
    account: { id: String(ids.account), uri: `${base}${accountPath(source)}` },
    contact: {
      firstName: firstName ?? '',
      lastName: lastNames.join(' '),
      ...(email === undefined ? undefined : { email }),
    },
    departments: [],
    permissions: { admin: { enabled: isOwn && isAdmin(identity) }, internationalCalling: { enabled: true } },
    profileImage: { uri: `${base}${extensionPath(source, extension)}/profile-image` },
    regionalSettings,
    serviceFeatures,
  };
};

const homeCountry = { id: '1', name: 'United States', isoCode: 'US', callingCode: '1' };
const language = { id: '1033', name: 'English (United States)', localeCode: 'en-US' };
const regionalSettings = {
  homeCountry,
  timezone: { id: '1', name: 'GMT', description: 'Coordinated Universal Time', bias: '0' },
  language,
  greetingLanguage: language,
  formattingLocale: language,
  timeFormat: '24h',
};

/** What apps look at to decide which of their buttons to show. */
const serviceFeatures = [
  { featureName: 'CallForwarding', enabled: true },
  { featureName: 'CallPark', enabled: true },
  { featureName: 'CallSupervision', enabled: true },
  { featureName: 'Conferencing', enabled: true },
  { featureName: 'OnDemandCallRecording', enabled: true },
  { featureName: 'Presence', enabled: true },
  { featureName: 'RingOut', enabled: false },
  { featureName: 'SMS', enabled: false },
  { featureName: 'Fax', enabled: false },
  { featureName: 'Voicemail', enabled: false },
  { featureName: 'WebPhone', enabled: false },
];

/** A public number of the account: the main one, or one that reaches an extension directly. */
interface PublicNumber {
  readonly number: string;
  readonly extension?: Extension;
}

const publicNumbers = (source: TenantSource): readonly PublicNumber[] => {
  const { mainNumber, directNumbers } = source.options;
  const direct = Object.entries(directNumbers).flatMap(([number, extension]) => {
    const known = extensionsOf(source).find((each) => each.number === extension);
    return known === undefined ? [] : [{ number, extension: known }];
  });
  return mainNumber === '' ? direct : [{ number: mainNumber }, ...direct];
};

const listAccountNumbers = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  requireAccount(asked);
  const { source } = asked.asker;
  return ok(renderPage(asked, `${accountPath(source)}/phone-number`, publicNumbers(source), (each) => renderNumber(asked, each)));
};

/** An extension's own numbers, and the main number, which it can be reached by too. */
const listExtensionNumbers = (asked: Asked): Answer => {
  requirePermission(asked.asker, 'ReadAccounts');
  const { source } = asked.asker;
  const number = extensionAsked(asked);
  const own = publicNumbers(source).filter(({ extension }) => extension === undefined || extension.number === number);
  return ok(renderPage(asked, `${extensionPath(source, { number })}/phone-number`, own, (each) => renderNumber(asked, each)));
};

const renderNumber = ({ asker: { source }, base }: Asked, { number, extension }: PublicNumber): object => {
  const id = Number(number.replaceAll(/\D/g, ''));
  return {
    uri: `${base}${accountPath(source)}/phone-number/${id}`,
    id,
    phoneNumber: number,
    paymentType: 'Local',
    type: 'VoiceOnly',
    usageType: extension === undefined ? 'MainCompanyNumber' : 'DirectNumber',
    status: 'Normal',
    location: '',
    features: extension === undefined ? [] : ['CallerId'],
    ...(extension === undefined ? undefined : { extension: renderExtensionRef(source, extension, base) }),
  };
};

export const extensionsOf = ({ engine }: TenantSource): readonly Extension[] => engine.snapshot().extensions;

export const accountEndpoints: readonly Endpoint[] = [
  { method: 'GET', path: `${root}/account/:accountId`, handle: getAccount },
  { method: 'GET', path: `${root}/account/:accountId/extension`, handle: listExtensions },
  { method: 'GET', path: `${root}/account/:accountId/extension/:extensionId`, handle: getExtension },
  { method: 'GET', path: `${root}/account/:accountId/phone-number`, handle: listAccountNumbers },
  { method: 'GET', path: `${root}/account/:accountId/extension/:extensionId/phone-number`, handle: listExtensionNumbers },
];
