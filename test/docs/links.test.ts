/** Documents that say where to look must be right about it. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES } from '../../src/contract';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** All Markdown files of the project, also new ones that are not committed yet. */
function documents(): string[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'];
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n');
  return listed.filter((file) => file !== '' && existsSync(path.join(root, file)));
}

/** Without code, in which brackets mean something else. */
function prose(text: string): string {
  return text.replace(/^(`{3,})[^\n]*\n[^]*?^\1`*$/gm, '').replace(/`[^`\n]*`/g, '');
}

function linksOf(text: string): string[] {
  const inline = [...prose(text).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const named = [...prose(text).matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...named].map((match) => match[1]);
}

/** The anchor that GitHub gives a heading. */
function slug(heading: string): string {
  const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return plain
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

function anchorsOf(file: string): string[] {
  const text = read(file).replace(/^(`{3,})[^\n]*\n[^]*?^\1`*$/gm, '');
  return [...text.matchAll(/^#{1,6} +(.+?) *$/gm)].map((match) => slug(match[1]));
}

describe('The documents', () => {
  let files: string[];
  before(function () {
    // An installed package has no history to ask.
    if (!existsSync(path.join(root, '.git'))) this.skip();
    files = documents();
    assert.ok(files.includes('README.md') && files.includes('docs/design.md'));
  });

  it('lead to files and headings that there are', () => {
    const broken: string[] = [];
    for (const file of files) {
      for (const link of linksOf(read(file))) {
        if (/^[a-z][a-z0-9+.-]*:/i.test(link)) continue;
        const [target = '', anchor] = decodeURIComponent(link).split('#');
        const full = target ? path.join(path.dirname(file), target) : file;
        if (!existsSync(path.join(root, full))) broken.push(`${file}: ${link}`);
        else if (anchor && full.endsWith('.md') && !anchorsOf(full).includes(anchor)) {
          broken.push(`${file}: ${link}`);
        }
      }
    }
    assert.deepEqual(broken, []);
  });

  it('lead nowhere without encryption', () => {
    for (const file of files) {
      for (const link of linksOf(read(file))) {
        assert.ok(!link.startsWith('http:') || /^http:\/\/localhost\b/.test(link), link);
      }
    }
  });

  it('can all be found from the README', () => {
    const seen = new Set(['README.md']);
    for (const file of seen) {
      for (const link of linksOf(read(file))) {
        if (/^[a-z]+:/i.test(link)) continue;
        const target = path.join(path.dirname(file), link.split('#')[0]);
        if (target.endsWith('.md') && existsSync(path.join(root, target))) seen.add(target);
      }
    }
    const guides = files.filter((file) => file.startsWith('docs/') || !file.includes('/'));
    assert.deepEqual(
      guides.filter((file) => !seen.has(file)),
      [],
    );
  });
});

describe('What SECURITY.md promises', () => {
  it('is tested where it says so', () => {
    const text = read('SECURITY.md');
    const named = [...text.matchAll(/\]\((test\/[^)]+)\) “([^”]+)”/g)];
    assert.ok(named.length >= 25, String(named.length));
    assert.equal(named.length, [...text.matchAll(/\]\(test\//g)].length);
    for (const [, file, title] of named) {
      const titles = read(file).replaceAll("\\'", "'");
      assert.ok(titles.includes(title), `${file}: ${title}`);
    }
  });
});

describe('docs/troubleshooting.md', () => {
  it('has a section for every error code, and for no other', () => {
    const headings = [...read('docs/troubleshooting.md').matchAll(/^## `(E_[A-Z_]+)`$/gm)];
    assert.deepEqual(headings.map((match) => match[1]).sort(), Object.keys(ERROR_CODES).sort());
  });
});
