/** The editor's files of the nodes, with the rows that their dialogs share put in. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const NODES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../nodes');

/**
 * A node's HTML as Node-RED loads it: `<!-- rows: name -->` stands for nodes/shared/rows/name.html.
 * Node-RED fills in the fields before any script of a dialog runs, so the rows are put in here.
 */
export function dialog(name) {
  const template = readFileSync(path.join(NODES, name, `${name}.html`), 'utf8');
  return template.replace(/^( *)<!-- rows: ([a-z-]+) -->\n/gm, (_, indent, rows) =>
    readFileSync(path.join(NODES, 'shared/rows', `${rows}.html`), 'utf8').replace(
      /^(?=.)/gm,
      indent,
    ),
  );
}
