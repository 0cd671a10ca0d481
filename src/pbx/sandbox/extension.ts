/** A phone of the office as its extension. */
import type { ExtensionSnapshot } from '../../model/fact.ts';
import { extensionNumber } from '../../model/ids.ts';
import type { Phone } from './channel.ts';
import type { Office } from './schema.ts';

export const phoneOf = ({ number, name, habit, voicemail, registered, dnd }: Office['extensions'][number]): Phone => ({
  kind: 'phone',
  extension: extensionNumber(number),
  name,
  device: `SIP/${number}`,
  habit,
  voicemail,
  registered,
  dnd,
  statusText: '',
});

export const userAgent = 'Sandbox phone';

export const contactOf = ({ extension }: Phone): string => `sip:${extension}@192.0.2.1:5060`;

export const extensionSnapshot = (phone: Phone): ExtensionSnapshot => ({
  extension: phone.extension,
  name: phone.name,
  devices: [phone.device],
  registered: phone.registered ? [{ device: phone.device, contact: contactOf(phone), userAgent }] : [],
  dnd: phone.dnd,
  ...(phone.statusText === '' ? undefined : { statusText: phone.statusText }),
});
