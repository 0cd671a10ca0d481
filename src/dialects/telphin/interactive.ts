import { renderParameterRequest } from '../../delivery/webhooks/parameters.ts';
import type { Interactive } from '../../interactive/interactive.ts';
import { menuOf } from '../../interactive/menu.ts';
import { extensionNumber, type TenantId } from '../../model/ids.ts';
import { placePart } from './project.ts';
import { renderQuestion, type Writing } from './render.ts';

/** Call Interactive: a caller of these numbers is led by the program at their address. */
export const serveMenus = (interactive: Interactive, tenant: TenantId, writing: Writing): void => {
  for (const [number, options] of Object.entries(writing.options.interactive)) {
    const menu = menuOf(options, (target, seen) =>
      renderParameterRequest(target, renderQuestion(placePart(seen.call, seen.leg, extensionNumber(number)), writing)),
    );
    interactive.serve(tenant, number, menu);
  }
};
