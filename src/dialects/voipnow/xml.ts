/** Elements in their order: a name with a text, or with elements of its own. */
export type Tree = readonly (readonly [name: string, content: string | Tree])[];

/** An XML document with one root. */
export const renderXml = (root: string, attributes: Readonly<Record<string, string>>, tree: Tree): string => {
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeXml(value)}"`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${written.join('')}>${renderTree(tree)}</${root}>`;
};

const renderTree = (tree: Tree): string =>
  tree.map(([name, content]) => `<${name}>${typeof content === 'string' ? escapeXml(content) : renderTree(content)}</${name}>`).join('');

/** The same tree as JSON: an element that repeats is a list. */
export const toJson = (tree: Tree): unknown => {
  const object: Record<string, unknown> = {};
  for (const [name, content] of tree) {
    const value = typeof content === 'string' ? content : toJson(content);
    const known = object[name];
    object[name] = known === undefined ? value : Array.isArray(known) ? [...(known as unknown[]), value] : [known, value];
  }
  return object;
};

/** Text for XML 1.0 and HTML; characters that XML cannot hold become U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    .replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
