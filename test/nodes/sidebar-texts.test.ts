import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STAGE_NAMES } from '../../src/stages';

const ROOT = path.resolve(__dirname, '../..');
const OWN = ['sidebar', 'sidebar-parts', 'jobs', 'studio-sections'];
const FILES = [
  ...OWN.map((name) => `nodes/studio/editor/${name}.ts`),
  'nodes/shared/editor/parts.ts',
  'nodes/shared/editor/editor.css',
];
const SCRIPT = FILES.map((file) => readFileSync(path.join(ROOT, file), 'utf8')).join('\n');
const CATALOGUE = JSON.parse(
  readFileSync(path.join(ROOT, 'nodes/studio/locales/en-US/studio.json'), 'utf8'),
) as { 'lipwire-studio': { sidebar: object } };

/** Every text of the sidebar by its dotted key. */
function leaves(value: object, prefix = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, each] of Object.entries(value)) {
    if (typeof each === 'string') found.set(prefix + key, each);
    else leaves(each as object, `${prefix}${key}.`).forEach((text, name) => found.set(name, text));
  }
  return found;
}

describe('The texts of the sidebar', () => {
  const texts = leaves(CATALOGUE['lipwire-studio'].sidebar);

  it('are all in the catalogue', () => {
    const calls = [
      ...SCRIPT.matchAll(/\b(?:text|sidebarText)\('([^']+)'/g),
      ...SCRIPT.matchAll(/\b(?:icon|text)Button\('fa-[a-z-]+', '([^']+)'/g),
    ].map((match) => match[1]);
    assert.ok(calls.length > 30, `${calls.length}`);
    for (const key of calls) assert.ok(texts.has(key), key);
  });

  it('name every stage, and every state that a job can have', () => {
    for (const stage of STAGE_NAMES) assert.ok(texts.has(`stage.${stage}`), stage);
    for (const state of ['queued', 'preparing', 'running', 'done', 'failed', 'cancelled']) {
      assert.ok(texts.has(`state.${state}`), state);
    }
  });

  it('are all used', () => {
    for (const key of texts.keys()) {
      const start = key.slice(0, key.lastIndexOf('.') + 1);
      assert.ok(SCRIPT.includes(`'${key}'`) || (start && SCRIPT.includes(`\`${start}\${`)), key);
    }
  });

  it('stand in colours of the theme', () => {
    assert.doesNotMatch(SCRIPT, /#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|:\s*(?:white|black)\b/i);
  });
});
