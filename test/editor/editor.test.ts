import assert from 'node:assert/strict';
import type { Browser, Locator, Page } from 'playwright-core';
import { STAGE_NAMES } from '../../src/stages';
import { complaintsOf, needBrowser } from '../support/browser';
import { example } from '../support/flows';
import { sharedNodeRed, type NodeRed } from '../support/node-red';

/** What these tests use of the editor's own API. */
interface Editor {
  editor: { edit(node: unknown): void; editConfig(name: string, type: string, id: string): void };
  nodes: {
    filterNodes(filter: { type: string }): unknown[];
    node(id: string): { valid: boolean; validationErrors?: string[] } & Record<string, unknown>;
  };
}
declare const RED: Editor;

describe('The editor in chromium', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let page: Page;
  let complaints: string[];

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await sharedNodeRed();
    await nodeRed.deploy([
      ...example('01'),
      { id: 'a-studio', type: 'lipwire-studio', name: 'a studio', maxSize: 7 },
    ]);
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    complaints = complaintsOf(page);
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="lipwire-hls-export"]', {
      state: 'attached',
    });
    await page.waitForSelector('.red-ui-flow-node', { state: 'attached' });
  });
  after(async () => {
    await browser?.close();
  });
  // The catalogue of all nodes is not reachable from a machine without a network.
  const ours = (): string[] =>
    complaints.filter((text) => !/catalog|ERR_|Failed to load/.test(text));

  function node(type: string): string {
    return example('01').find((each) => each.type === type)!.id;
  }

  async function open(type: string): Promise<void> {
    if (type === 'lipwire-studio') {
      await page.evaluate(() => RED.editor.editConfig('', 'lipwire-studio', 'a-studio'));
      await page.waitForSelector('#node-config-dialog-ok');
    } else {
      await page.evaluate((id) => RED.editor.edit(RED.nodes.node(id)), node(type));
      await page.waitForSelector('#node-dialog-ok');
    }
    await page.waitForTimeout(350);
  }

  async function close(button: string): Promise<void> {
    await page.click(button);
    await page.waitForSelector(button, { state: 'detached' });
  }

  it('shows the seven nodes in their category, by their short names', async () => {
    const category = page.locator('.red-ui-palette-category', { hasText: 'lipwire' }).first();
    const labels = await category.locator('.red-ui-palette-label').allTextContents();
    const plain = labels.map((label) => label.replace(/[^a-z0-9]/g, ''));
    assert.deepEqual(plain.sort(), STAGE_NAMES.map((name) => name.replace('-', '')).sort());
  });

  for (const type of ['lipwire-studio', ...STAGE_NAMES.map((name) => `lipwire-${name}`)]) {
    it(`opens the dialog of ${type} with all texts and values in place`, async () => {
      await open(type);
      const form = page.locator('.lipwire-form').last();
      const labels = await form.locator('.form-row:visible > label').allInnerTexts();
      assert.ok(labels.length >= 3, labels.join());
      for (const label of labels) assert.match(label, /^\s*[A-Z]/, 'a label is missing');
      const texts = await form.innerText();
      assert.ok(!texts.includes('lipwire-'), `not translated: ${texts}`);
      const empty = await form
        .locator('select:visible')
        .evaluateAll(
          (selects) => selects.filter((each) => !(each as HTMLSelectElement).value).length,
        );
      // Of the other nodes, the studio is not chosen.
      assert.ok(empty <= (type === 'lipwire-studio' ? 0 : 1), 'a select shows nothing');
      await close(type === 'lipwire-studio' ? '#node-config-dialog-cancel' : '#node-dialog-cancel');
      assert.deepEqual(ours(), []);
    });
  }

  it('refuses a wrong number with a reason, and takes a right one', async () => {
    const id = node('lipwire-tts');
    await open('lipwire-tts');
    await page.getByLabel('Rate', { exact: true }).fill('9999');
    await close('#node-dialog-ok');
    const wrong = await page.evaluate((each) => {
      const { valid, validationErrors } = RED.nodes.node(each);
      return { valid, reasons: validationErrors };
    }, id);
    assert.equal(wrong.valid, false);
    assert.match(JSON.stringify(wrong.reasons), /Rate: a whole number from 80 to 450 is expected/);
    await open('lipwire-tts');
    await page.getByLabel('Rate', { exact: true }).fill('200');
    await close('#node-dialog-ok');
    const right = await page.evaluate((each) => {
      const { valid, rate } = RED.nodes.node(each);
      return [valid, rate];
    }, id);
    assert.deepEqual(right, [true, '200']);
  });

  it('shows what belongs to a choice only while it is chosen', async () => {
    await open('lipwire-loudnorm');
    assert.equal(await page.getByLabel('Loudness', { exact: true }).isVisible(), false);
    await page.selectOption('#node-input-preset', 'custom');
    assert.equal(await page.getByLabel('Loudness', { exact: true }).isVisible(), true);
    await close('#node-dialog-cancel');
  });

  it('lets the portrait come from a path or the message', async () => {
    const id = node('lipwire-face-detect');
    await open('lipwire-face-detect');
    await page.evaluate(() => {
      const { $ } = window as unknown as {
        $: (s: string) => { typedInput(...args: string[]): void };
      };
      $('#node-input-portrait').typedInput('type', 'str');
      $('#node-input-portrait').typedInput('value', '/pictures/me.png');
    });
    await close('#node-dialog-ok');
    const saved = await page.evaluate((each) => {
      const { portrait, portraitType, valid } = RED.nodes.node(each);
      return [portrait, portraitType, valid];
    }, id);
    assert.deepEqual(saved, ['/pictures/me.png', 'str', true]);
  });

  it('shows the diagnostics of a deployed studio', async () => {
    await open('lipwire-studio');
    await page.click('#lipwire-studio-diagnose');
    await page.waitForFunction(
      () =>
        /"ffmpeg"/.test(document.getElementById('lipwire-studio-diagnostics')?.textContent ?? ''),
      undefined,
      { timeout: 20_000 },
    );
    await close('#node-config-dialog-cancel');
  });

  it('imports an example by the menu', async () => {
    await page.keyboard.press('Control+i');
    await page.waitForSelector('#red-ui-clipboard-dialog-ok');
    const dialog = page.locator('.ui-dialog:has(#red-ui-clipboard-dialog-ok)');
    await dialog.getByRole('link', { name: 'Examples' }).click();
    const row = (text: string): Locator =>
      dialog.locator('.red-ui-treeList-label:visible', { hasText: text }).last();
    for (const folder of ['@lipwire/node-red-lipwire', 'flows']) {
      await row(folder).click();
      await page.keyboard.press('ArrowRight');
      await page.waitForTimeout(400);
    }
    await row('03 - Speak a text').click();
    await page.click('#red-ui-clipboard-dialog-ok');
    await page.waitForSelector('#red-ui-clipboard-dialog-ok', { state: 'hidden' });
    await page.waitForFunction(() => RED.nodes.filterNodes({ type: 'lipwire-tts' }).length === 2);
    assert.deepEqual(ours(), []);
  });
});
