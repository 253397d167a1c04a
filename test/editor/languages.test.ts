import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { needBrowser } from '../support/browser';
import { example } from '../support/flows';
import { PROJECT, sharedNodeRed, type NodeRed } from '../support/node-red';

/** What these tests use of the editor's own API. */
interface Editor {
  editor: { edit(node: unknown): void };
  nodes: { node(id: string): unknown };
}
declare const RED: Editor;

const NODE = 'wav2lip';
const TYPE = `lipwire-${NODE}`;

/** The labels that a node's dialog must show in that language. */
function labelsOf(language: string): string[] {
  const file = path.join(PROJECT, 'nodes', NODE, 'locales', language, `${NODE}.json`);
  const texts = JSON.parse(readFileSync(file, 'utf8')) as Record<
    string,
    { label: Record<string, string> }
  >;
  return Object.values(texts[TYPE].label);
}

describe('The editor in the languages of the people', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let browser: Browser;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await sharedNodeRed();
    await nodeRed.deploy(example('01'));
  });
  after(async () => {
    await browser?.close();
  });

  // Each takes the editor seconds to load; that all are served is tested without a browser.
  for (const language of ['fr', 'zh-CN']) {
    it(`speaks ${language} in a dialog, and no label is too wide`, async () => {
      const context = await browser.newContext({
        locale: language,
        viewport: { width: 1400, height: 1000 },
      });
      const page = await context.newPage();
      await page.goto(nodeRed.url);
      await page.waitForSelector('.red-ui-flow-node', { state: 'attached' });
      const id = example('01').find(({ type }) => type === TYPE)!.id;
      await page.evaluate((each) => RED.editor.edit(RED.nodes.node(each)), id);
      await page.waitForSelector('#node-dialog-ok');
      await page.waitForTimeout(350);

      const form = page.locator('#dialog-form');
      const words = (await form.innerText()).replace(/\s+/g, ' ');
      for (const label of labelsOf(language))
        assert.ok(words.includes(label), `${label}: ${words}`);
      assert.doesNotMatch(words, /lipwire-[a-z-]+\.[a-z]/);
      const tooWide = await form
        .locator('label')
        .evaluateAll((elements) =>
          elements
            .filter(
              (element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0,
            )
            .map((element) => element.textContent),
        );
      assert.deepEqual(tooWide, []);
      await context.close();
    });
  }
});
