/** Turns a page's source into the HTML of its content, with links that hold on the site. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { Marked } from 'marked';

const COPIED = /\.(png|jpe?g|gif|svg|webp|avif|mp4|webm)$/i;

/**
 * @returns the content's HTML, and the project's files that it shows and that have to be copied
 */
export function render(page, pages, root) {
  const used = new Set();
  const html = page.help === undefined ? fromMarkdown(page.markdown) : fromHelp(page, root);
  const linked = html.replace(/\b(href|src|srcset)="([^"]*)"/g, (_all, name, link) => {
    return `${name}="${resolve(link.replaceAll('&amp;', '&'), page, pages, root, used)}"`;
  });
  return { html: linked, used };
}

function fromMarkdown(markdown) {
  const taken = new Map();
  const marked = new Marked({ gfm: true });
  marked.use({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = unique(slug(text), taken);
        const content = this.parser.parseInline(tokens);
        return `<h${depth} id="${id}"><a href="#${id}">${content}</a></h${depth}>\n`;
      },
    },
  });
  return wide(marked.parse(markdown));
}

/** Headings begin one level higher than in the editor's sidebar; below comes the dialog. */
function fromHelp({ source, title, help }, root) {
  const raised = help.replace(/<(\/?)h3>/g, '<$1h2>');
  return `<h1>${title}</h1>\n${wide(raised)}${dialogPicture(source, title, root)}`;
}

/** The editor's dialog as the browser tests saw it, in the reader's own theme. */
function dialogPicture(source, title, root) {
  const file = (theme) => `docs/pictures/dialogs/${title}-${theme}.webp`;
  if (!existsSync(path.join(root, file('light')))) return '';
  const link = (theme) => path.posix.relative(path.posix.dirname(source), file(theme));
  return `
<h2>Dialog</h2>
<picture>
  <source srcset="${link('dark')}" media="(prefers-color-scheme: dark)" />
  <img src="${link('light')}" alt="The settings of ${title} in the editor." />
</picture>
`;
}

/** Wide tables scroll by themselves, and the page does not; also for who uses the keyboard. */
function wide(html) {
  return html
    .replaceAll('<table>', '<div class="wide" tabindex="0"><table>')
    .replaceAll('</table>', '</table></div>');
}

/** The anchor that GitHub gives a heading, so that links work here and there. */
function slug(heading) {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return plain
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function unique(id, taken) {
  const count = taken.get(id) ?? 0;
  taken.set(id, count + 1);
  return count === 0 ? id : `${id}-${count}`;
}

/** Where a link leads on the site: another page, a copied file, or the project on GitHub. */
function resolve(link, page, pages, root, used) {
  const { repository, file, anchor } = target(link, page, root);
  if (file === undefined) return escape(link);
  const other = pages.find(({ source }) => source === file);
  if (other) return relative(page, other.out) + anchor;
  const full = path.join(root, file);
  if (!existsSync(full)) throw new Error(`${page.source}: ${link} leads nowhere.`);
  if (COPIED.test(file) && statSync(full).isFile()) {
    used.add(file);
    return relative(page, file);
  }
  const kind = statSync(full).isFile() ? 'blob' : 'tree';
  return escape(`${repository}/${kind}/main/${file}${anchor}`);
}

/** The project's file that a link means; none for other sites and for anchors of the same page. */
function target(link, page, root) {
  const repository = repositoryOf(root);
  const [address, hash] = link.split('#');
  const anchor = hash === undefined ? '' : `#${hash}`;
  const ours = [`${repository}/blob/main/`, `${repository}/tree/main/`].find((prefix) =>
    address.startsWith(prefix),
  );
  if (ours) return { repository, file: address.slice(ours.length), anchor };
  // As npm and GitHub show it.
  if (address === repository && hash === 'readme')
    return { repository, file: 'README.md', anchor: '' };
  if (address === '' || /^[a-z][a-z0-9+.-]*:/i.test(address)) return {};
  const file = path.posix.join(path.posix.dirname(page.source), decodeURIComponent(address));
  return { repository, file: file.replace(/\/$/, ''), anchor };
}

function repositoryOf(root) {
  const { repository } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return repository.url.replace(/^git\+/, '').replace(/\.git$/, '');
}

/** From one page of the site to a file of it. */
export function relative(page, file) {
  return escape(path.posix.relative(path.posix.dirname(page.out), file));
}

export function escape(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
