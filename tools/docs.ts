// `npm run docs`: writes the pages of docs/ that are made of code.
import { writeFileSync } from 'node:fs';
import { pages } from './render-docs.ts';

for (const [path, render] of Object.entries(pages)) writeFileSync(new URL(`../${path}`, import.meta.url), render());
