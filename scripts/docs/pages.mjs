/** Which pages the site has: every document of the project, and one for each node. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { help as helpOf } from '../help.mjs';

/** Documents outside of docs/, by section; docs/ is listed by what is there. */
const PROJECT = ['CONTRIBUTING.md', 'SECURITY.md', 'CODE_OF_CONDUCT.md', 'CHANGELOG.md'];
const EXAMPLES = ['examples/README.md'];
const MORE = ['models/README.md', 'assets/avatar/README.md'];
/** In docs/ itself, what is for users; the rest is for those who want to know how it is made. */
const FOR_USERS = [
  'from-python.md',
  'install.md',
  'nodes.md',
  'platforms.md',
  'troubleshooting.md',
  'voices.md',
  'wav2lip.md',
];

/**
 * @returns pages in the order of the navigation: `source` and `out` relative to project and site,
 *   `title`, `section`, and `markdown` or `help` (HTML)
 */
export function findPages(root) {
  const docs = (folder) => {
    const full = path.join(root, folder);
    if (!existsSync(full)) return [];
    const names = readdirSync(full).filter((name) => name.endsWith('.md'));
    return names.sort().map((name) => `${folder}/${name}`);
  };
  const isForUsers = (file) => FOR_USERS.includes(path.basename(file));
  const all = docs('docs');
  const section = (name, files) =>
    files.filter((file) => existsSync(path.join(root, file))).map((file) => page(root, file, name));
  return [
    { ...page(root, 'README.md', 'Start'), out: 'index.html' },
    ...helpPages(root),
    ...section('Guides', [...EXAMPLES, ...docs('docs/guides'), ...all.filter(isForUsers)]),
    ...section('How it is made', [...all.filter((file) => !isForUsers(file)), ...MORE]),
    ...section('Project', PROJECT),
  ];
}

function page(root, source, section) {
  const markdown = readFileSync(path.join(root, source), 'utf8');
  const title = /^# +(.+?) *$/m.exec(markdown)?.[1] ?? source;
  return { source, out: source.replace(/\.md$/, '.html'), title, section, markdown };
}

/** The text that the sidebar of the editor shows is the page of the node. */
function helpPages(root) {
  const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return Object.keys(manifest['node-red'].nodes).map((type) => {
    const name = type.replace(/^lipwire-/, '');
    const source = `nodes/${name}/locales/en-US/${name}.html`;
    const help = /data-help-name="[^"]+">([^]*?)<\/script>/.exec(helpOf(name, 'en-US'))?.[1];
    if (!help) throw new Error(`Expected the help of ${type} in ${source} but there is none.`);
    return { source, out: `nodes/${name}.html`, title: name, section: 'Nodes', help };
  });
}
