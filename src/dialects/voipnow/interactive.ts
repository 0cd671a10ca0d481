import { renderParameterRequest, type Parameter } from '../../delivery/webhooks/parameters.ts';
import type { Interactive } from '../../interactive/interactive.ts';
import { menuOf, type Seen } from '../../interactive/menu.ts';
import { extensionNumber, type CallId, type TenantId } from '../../model/ids.ts';
import type { Numbers } from './numbers.ts';
import type { VoipNowOptions } from './options.ts';
import { uniqueIdOf } from './project.ts';
import { renderParameters } from './render.ts';

/** CallAPI Interactive: a caller of these numbers is led by the program at their address, which is asked as call events are told. */
export const serveMenus = (
  interactive: Interactive,
  tenant: TenantId,
  { interactive: menus, lowerCaseFlow }: Pick<VoipNowOptions, 'interactive' | 'lowerCaseFlow'>,
  numbers: Numbers,
  apiIdOf: (call: CallId) => string,
): void => {
  for (const [number, options] of Object.entries(menus)) {
    const menu = menuOf(options, (target, seen) => renderParameterRequest(target, parametersOf(seen, numbers, lowerCaseFlow, apiIdOf)));
    interactive.serve(tenant, number, menu);
  }
};

/** The call is answered by the number that was called, which counts as an extension. */
const parametersOf = (
  { called, call, leg }: Seen,
  numbers: Numbers,
  lowerCaseFlow: boolean,
  apiIdOf: (call: CallId) => string,
): readonly Parameter[] => {
  const extension = extensionNumber(called);
  const part = {
    extension,
    call: call.id,
    callId: uniqueIdOf(call),
    apiId: apiIdOf(call.id),
    flow: 'IN',
    caller: leg.party,
    called: { number: called, name: '', extension },
    did: call.did ?? '',
    dialled: call.did ?? call.dialled ?? called,
  } as const;
  return renderParameters({ part, status: 'ANSWER' }, 'callapi2', numbers, lowerCaseFlow);
};
