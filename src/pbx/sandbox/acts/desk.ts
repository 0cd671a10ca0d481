/** What is set at a phone, without any call. */
import type { Phone } from '../channel.ts';
import { contactOf, userAgent } from '../extension.ts';
import type { SandboxPbx } from '../sandbox-pbx.ts';

export const register = (pbx: SandboxPbx, phone: Phone, registered: boolean): void => {
  if (phone.registered === registered) return;
  phone.registered = registered;
  const { extension, device } = phone;
  const type = registered ? 'extension.registered' : 'extension.unregistered';
  pbx.exchange.say({ type, extension, device, contact: contactOf(phone), userAgent });
};

export const setDnd = (pbx: SandboxPbx, phone: Phone, dnd: boolean): void => {
  if (phone.dnd === dnd) return;
  phone.dnd = dnd;
  pbx.exchange.say({ type: 'extension.dnd', extension: phone.extension, dnd });
};

export const setStatus = (pbx: SandboxPbx, phone: Phone, text: string): void => {
  if (phone.statusText === text) return;
  phone.statusText = text;
  pbx.exchange.say({ type: 'extension.status', extension: phone.extension, text });
};
