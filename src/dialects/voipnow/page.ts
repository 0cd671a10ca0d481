import type { AttemptRecord, EndpointView } from '../../delivery/webhooks/webhook-engine.ts';
import type { ExtensionNumber } from '../../model/ids.ts';
import { eventNames, type PublishedRequest } from './schema.ts';
import { escapeXml } from './xml.ts';

/** A request with what has become of it. */
export interface ShownRequest {
  readonly request: PublishedRequest;
  readonly view: EndpointView | undefined;
  readonly last: AttemptRecord | undefined;
  /** Call events that were given up, `mostCounted` at most. */
  readonly givenUp: number;
}

export const mostCounted = 100;

export interface PageContent {
  readonly extension: ExtensionNumber;
  readonly name: string;
  readonly requests: readonly ShownRequest[];
  /** The request whose form is open; a new one when absent. */
  readonly edited?: PublishedRequest;
  /** What was typed last, when it was refused. */
  readonly typed?: Readonly<Record<string, string>>;
  readonly fault?: { readonly field: string; readonly message: string };
  readonly done?: string;
}

/**
 * "CallAPI Published Events for Extension": the vendor's page of an extension's requests, whole from the server and without
 * script, so that it works by keyboard, in any browser and beside any content policy.
 */
export const renderPage = (content: PageContent): string => {
  const { extension, name, requests, fault, done } = content;
  const title = `CallAPI Published Events for Extension ${extension}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeXml(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<a class="skip" href="#requests">To the requests</a>
<header>
<nav aria-label="You are here"><ol class="path">
<li>Extension ${escapeXml(name === '' ? extension : `${extension} (${name})`)}</li><li>Tools</li><li>SystemAPI &amp; CallAPI</li>
</ol></nav>
<nav aria-label="SystemAPI and CallAPI"><ul class="tabs"><li><a href="" aria-current="page">CallAPI Events</a></li></ul></nav>
</header>
<main>
<h1>${escapeXml(title)}</h1>
${done === undefined ? '' : `<p class="note good" role="status">${escapeXml(done)}</p>`}
${fault === undefined ? '' : `<p class="note bad" role="alert" id="fault">${escapeXml(fault.message)}</p>`}
<section id="requests" tabindex="-1" aria-labelledby="requests-title">
<h2 id="requests-title">Requests</h2>
${requests.length === 0 ? '<p class="empty">No request is published for this extension. Add one below: it is made whenever the event happens.</p>' : renderTable(requests)}
</section>
${renderForm(content)}
</main>
</body>
</html>
`;
};

const renderTable = (requests: readonly ShownRequest[]): string => `<table>
<thead><tr><th scope="col">Event</th><th scope="col">Request</th><th scope="col">Request ID</th><th scope="col">Status</th><th scope="col">Last delivery</th><th scope="col">Notes</th><th scope="col">Actions</th></tr></thead>
<tbody>
${requests.map(renderRow).join('\n')}
</tbody>
</table>`;

const renderRow = ({ request, view, last, givenUp }: ShownRequest): string => {
  const { id, type, method, url, enabled, notes } = request;
  const label = `${eventNames[type]} ${id}`;
  const actions = `<div class="actions"><a class="button" href="?edit=${escapeXml(id)}#form" aria-label="Edit ${escapeXml(label)}">Edit</a>
${renderAction(id, enabled ? 'disable' : 'enable', enabled ? 'Disable' : 'Enable', label)}
${renderAction(id, 'remove', 'Remove', label)}</div>`;
  const cells: readonly (readonly [string, string])[] = [
    ['Request', `<span class="method">${method}</span> <code>${escapeXml(url)}</code>`],
    ['Request ID', `<code>${escapeXml(id)}</code>`],
    ['Status', `<span class="state ${enabled ? 'on' : 'off'}">${enabled ? 'Enabled' : 'Disabled'}</span>`],
    ['Last delivery', `${renderDelivery(view, last)}${renderGivenUp(givenUp)}`],
    ['Notes', escapeXml(notes)],
    ['Actions', actions],
  ];
  return `<tr><th scope="row" data-label="Event"><div>${eventNames[type]}</div></th>
${cells.map(([name, cell]) => `<td data-label="${name}"><div>${cell}</div></td>`).join('\n')}
</tr>`;
};

const renderAction = (id: string, action: string, text: string, label: string): string =>
  `<form method="post"><input type="hidden" name="RequestID" value="${escapeXml(id)}"><button name="action" value="${action}" aria-label="${text} ${escapeXml(label)}">${text}</button></form>`;

const renderDelivery = (view: EndpointView | undefined, last: AttemptRecord | undefined): string => {
  if (view?.status === 'paused') return `<span class="state off">Paused</span> ${escapeXml(view.detail ?? '')}`;
  if (last === undefined) return '<span class="quiet">none yet</span>';
  const at = new Date(last.at / 1_000).toISOString();
  const time = `<time datetime="${at}">${at.slice(0, 19).replace('T', ' ')} UTC</time>`;
  return last.failure === undefined
    ? `${time}: answered ${last.status ?? ''}`
    : `${time}: <span class="failed">${escapeXml(last.failure.detail)}</span>`;
};

const renderGivenUp = (count: number): string =>
  count === 0 ? '' : `<br><span class="quiet">${count >= mostCounted ? `${mostCounted} or more` : count} given up</span>`;

const renderForm = ({ edited, typed = {}, fault }: PageContent): string => {
  const value = (name: string, otherwise: string): string => typed[name] ?? otherwise;
  const options = (name: string, choices: readonly (readonly [string, string])[], chosen: string): string =>
    choices
      .map(([option, text]) => `<option value="${option}"${option === value(name, chosen) ? ' selected' : ''}>${text}</option>`)
      .join('');
  const faulty = (field: string): string => (fault?.field === field ? ' aria-invalid="true" aria-describedby="fault" autofocus' : '');
  const kinds = eventNames
    .map((text, type) => [String(type), text] as const)
    .filter(([, text]) => (edited !== undefined && edited.profile !== 'callapi2') || !text.startsWith('Answer'));
  const title = edited === undefined ? 'Add a request' : `Edit request ${edited.id}`;
  return `<section aria-labelledby="form-title">
<h2 id="form-title">${escapeXml(title)}</h2>
<form method="post" id="form" class="fields">
${
  edited === undefined
    ? `<label for="id">Request ID <small>letters and digits; made for you if left empty</small></label>
<input id="id" name="RequestID" maxlength="255" autocomplete="off" value="${escapeXml(value('RequestID', ''))}"${faulty('id')}>`
    : `<input type="hidden" name="RequestID" value="${escapeXml(edited.id)}">`
}
<label for="type">Event</label>
<select id="type" name="EventType"${faulty('type')}>${options('EventType', kinds, String(edited?.type ?? 0))}</select>
<label for="method">Request method</label>
<select id="method" name="Method"${faulty('method')}>${options(
    'Method',
    [
      ['GET', 'GET'],
      ['POST', 'POST'],
    ],
    edited?.method ?? 'GET',
  )}</select>
<label for="url">URL</label>
<input id="url" name="URL" type="url" required maxlength="2000" placeholder="https://crm.example/calls?token=..." value="${escapeXml(value('URL', edited?.url ?? ''))}"${faulty('url')}>
<label for="status">Status</label>
<select id="status" name="Status"${faulty('status')}>${options(
    'Status',
    [
      ['1', 'Enabled'],
      ['0', 'Disabled'],
    ],
    edited?.enabled === false ? '0' : '1',
  )}</select>
<label for="notes">Notes <small>for your own reference</small></label>
<textarea id="notes" name="Notes" rows="2" maxlength="1000"${faulty('notes')}>${escapeXml(value('Notes', edited?.notes ?? ''))}</textarea>
<div class="actions"><button class="main" name="action" value="${edited === undefined ? 'add' : 'edit'}">${edited === undefined ? 'Add request' : 'Save changes'}</button>${edited === undefined ? '' : ' <a class="button" href="?">Cancel</a>'}</div>
</form>
</section>`;
};

const pageStyle = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--ground:#fff;--raised:#f6f8fa;--line:#d0d7de;--accent:#0a58ca;--onaccent:#fff;--good:#116329;--bad:#a40e26}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ba6b2;--ground:#0d1117;--raised:#161b22;--line:#3d444d;--accent:#79b8ff;--onaccent:#0d1117;--good:#7ee2a0;--bad:#ff9aa5}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
header,main{max-width:76rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1rem}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--ground);padding:.5rem}
.path{display:flex;flex-wrap:wrap;gap:.25rem .5rem;list-style:none;margin:0;padding:0;color:var(--soft);font-size:.9rem}
.path li+li::before{content:"\\203a";margin-right:.5rem}
.tabs{display:flex;list-style:none;margin:.75rem 0 0;padding:0;border-bottom:1px solid var(--line)}
.tabs a{display:block;padding:.6rem 1rem;color:inherit;text-decoration:none;font-weight:600;border-bottom:3px solid var(--accent)}
h1{font-size:1.5rem;line-height:1.25;margin:1.5rem 0 1rem}h2{font-size:1.1rem;margin:1.75rem 0 .75rem}
table{width:100%;border-collapse:collapse;font-size:.93rem}
th,td{text-align:left;vertical-align:top;padding:.6rem .6rem;border-bottom:1px solid var(--line)}
thead th{background:var(--raised);font-weight:600;white-space:nowrap}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.method{font-weight:600}.quiet,small{color:var(--soft)}.empty{color:var(--soft)}
.state{font-weight:600;white-space:nowrap}.state.on{color:var(--good)}.state.off{color:var(--soft)}.failed{color:var(--bad)}
.actions{display:flex;flex-wrap:wrap;gap:.4rem}.actions form{margin:0}
button,.button{display:inline-block;font:inherit;font-size:.93rem;line-height:1.4;padding:.35rem .8rem;border:1px solid var(--line);border-radius:.4rem;background:var(--raised);color:var(--ink);text-decoration:none;cursor:pointer}
button.main{background:var(--accent);border-color:var(--accent);color:var(--onaccent);font-weight:600}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.fields{display:grid;grid-template-columns:minmax(10rem,16rem) minmax(0,40rem);gap:.75rem 1rem;align-items:start;padding-bottom:3rem}
.fields label{padding-top:.4rem;font-weight:600}.fields small{display:block;font-weight:400}.fields .actions{grid-column:2}
input,select,textarea{width:100%;font:inherit;padding:.4rem .6rem;border:1px solid var(--soft);border-radius:.4rem;background:var(--ground);color:var(--ink)}
[aria-invalid]{border-color:var(--bad);border-width:2px}
.note{padding:.6rem .9rem;border-left:4px solid;background:var(--raised)}.good{color:var(--good)}.bad{color:var(--bad)}
@media (max-width:60rem){
thead{position:absolute;left:-999rem}
tr{display:block;border:1px solid var(--line);border-radius:.5rem;margin-bottom:1rem;padding:.25rem 0}
tbody th,td{display:grid;grid-template-columns:7.5rem minmax(0,1fr);gap:.5rem;border:0;padding:.35rem .75rem}
tbody th::before,td::before{content:attr(data-label);color:var(--soft);font-weight:400}
}
@media (max-width:40rem){.fields{grid-template-columns:minmax(0,1fr);gap:.35rem}.fields .actions{grid-column:1;padding-top:.5rem}button,.button{padding:.5rem .9rem}}
`;
