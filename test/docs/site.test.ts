import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** What makes the site. */
const hasGenerator = existsSync(path.join(root, 'node_modules/marked'));
const why = hasGenerator ? '' : ' (skipped: marked, which makes it, is not installed)';

describe(`The docs site${why}`, () => {
  let folder: string;
  let pages: Map<string, string>;

  before(async function () {
    if (!hasGenerator) this.skip();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-docs-'));
    const { status, stderr } = build(path.join(folder, 'site'));
    assert.equal(status, 0, stderr);
    const names = readdirSync(path.join(folder, 'site'), { recursive: true, encoding: 'utf8' });
    const html = names.filter((name) => name.endsWith('.html'));
    pages = new Map(
      html.map((name) => [name, readFileSync(path.join(folder, 'site', name), 'utf8')]),
    );
  });
  after(() => folder && rm(folder, { recursive: true }));

  function build(out: string): { status: number | null; stderr: string } {
    const script = path.join(root, 'scripts/docs.mjs');
    return spawnSync(process.execPath, [script, '--out', out], { encoding: 'utf8' });
  }

  it('has every document of docs/, and a page for each node with the help of the editor', () => {
    const documents = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' });
    for (const name of documents.filter((file) => file.endsWith('.md'))) {
      assert.ok(pages.has(path.join('docs', name.replace(/md$/, 'html'))), name);
    }
    const { 'node-red': nodeRed } = JSON.parse(
      readFileSync(path.join(root, 'package.json'), 'utf8'),
    ) as { 'node-red': { nodes: Record<string, string> } };
    for (const type of Object.keys(nodeRed.nodes)) {
      const name = type.replace('lipwire-', '');
      const help = readFileSync(
        path.join(root, `nodes/${name}/locales/en-US/${name}.html`),
        'utf8',
      );
      const first = /<p>([^]*?)<\/p>/.exec(help)![1];
      assert.ok(pages.get(path.join('nodes', `${name}.html`))!.includes(first), name);
    }
  });

  it('shows the dialog of each node, in a light and in a dark theme', () => {
    for (const [name, html] of pages) {
      if (path.dirname(name) !== 'nodes') continue;
      for (const theme of ['light', 'dark']) {
        const picture = `docs/pictures/dialogs/${path.basename(name, '.html')}-${theme}.webp`;
        assert.ok(html.includes(`"../${picture}"`), `${name}: ${picture}`);
      }
    }
  });

  it('has no link, picture or anchor that leads nowhere', () => {
    for (const [name, html] of pages) {
      for (const [, link] of html.matchAll(/\b(?:href|src|srcset)="([^"]*)"/g)) {
        if (/^(https?|mailto|data):/.test(link)) continue;
        const [file = '', anchor] = link.split('#');
        const target = file ? path.join(path.dirname(name), file) : name;
        assert.ok(existsSync(path.join(folder, 'site', target)), `${name}: ${link}`);
        if (anchor) assert.ok(pages.get(target)?.includes(`id="${anchor}"`), `${name}: ${link}`);
      }
    }
  });

  it('loads nothing from elsewhere and runs no script', () => {
    for (const [name, html] of pages) {
      assert.ok(!/<script|<iframe|\bon[a-z]+=/i.test(html), name);
      for (const [, link] of html.matchAll(
        /\b(?:src|srcset)="([^"]*)"|<link[^>]* href="([^"]*)"/g,
      )) {
        assert.ok(!/^(https?:)?\/\//.test(link ?? ''), `${name}: ${link}`);
      }
    }
  });

  it('says on each page where the reader is', () => {
    const titles = new Set<string>();
    for (const [name, html] of pages) {
      titles.add(/<title>([^<]+)<\/title>/.exec(html)![1]);
      assert.equal(html.match(/aria-current="page"/g)?.length, 2, name);
      assert.equal(html.match(/<h1\b/g)?.length, 1, name);
    }
    assert.equal(titles.size, pages.size);
  });

  it('replaces an earlier site, and nothing else', async () => {
    assert.equal(build(path.join(folder, 'site')).status, 0);
    await writeFile(path.join(folder, 'mine.txt'), 'mine');
    const { status, stderr } = build(folder);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^Expected a new or empty folder, or an earlier site, but .* is neither\.\n$/,
    );
    assert.ok(existsSync(path.join(folder, 'mine.txt')));
  });
});
