import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import type { Interactive } from '../../interactive/interactive.ts';
import { menuOf, type Seen } from '../../interactive/menu.ts';
import { extensionNumber, type TenantId } from '../../model/ids.ts';
import { apiUuidOf, uuidOf, vendorCallId, withoutDashes } from './ids.ts';
import { renderQuestion, type Writing } from './render.ts';
import type { Part } from './schema.ts';

/** Call Interactive: a caller of these numbers is led by the program at their address. */
export const serveMenus = (interactive: Interactive, tenant: TenantId, writing: Writing): void => {
  for (const [number, options] of Object.entries(writing.options.interactive)) {
    const menu = menuOf(options, (target, seen) => renderParameterRequest(target, renderQuestion(partOf(seen), writing)));
    interactive.serve(tenant, number, menu);
  }
};

const partOf = ({ called, call, leg }: Seen): Part => {
  const extension = extensionNumber(called);
  return {
    extension,
    call: call.id,
    callId: vendorCallId(call.id),
    subCallId: withoutDashes(uuidOf(`part ${leg.id} ${called}`)),
    apiUuid: apiUuidOf(call.id),
    flow: 'in',
    caller: leg.party,
    called: { number: called, name: '', extension },
    did: call.did ?? '',
    dialled: call.did ?? call.dialled ?? called,
  };
};
