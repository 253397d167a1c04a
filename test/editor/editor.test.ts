import assert from 'node:assert/strict';
import type { Browser, Locator, Page } from 'playwright-core';
import { STAGE_NAMES } from '../../src/stages';
import { needBrowser } from '../support/browser';
import { EditorPage } from '../support/editor';
import { example, EXAMPLES } from '../support/flows';
import { sharedNodeRed, type NodeRed } from '../support/node-red';

/** What these tests use of the editor's own API. */
interface Editor {
  nodes: {
    filterNodes(filter: { type: string }): { id: string }[];
    node(id: string): Record<string, unknown> | null;
    eachNode(callback: (node: Record<string, unknown>) => void): void;
    dirty(): boolean;
  };
  view: { importNodes(nodes: unknown, options: object): void };
  workspaces: { show(id: string): void };
}
declare const RED: Editor;

/** As the first version saved them: without a version, and with less settings than today. */
const SETTINGS = {
  model: 'builtin',
  fps: '25',
  intensity: '1.4',
  blinks: false,
  headMotion: true,
  offset: '0.1',
};
const OLD = [
  { id: 'old', type: 'tab', label: 'of old' },
  {
    id: 'old-lips',
    type: 'lipwire-wav2lip',
    z: 'old',
    name: 'old lips',
    ...SETTINGS,
    x: 100,
    y: 100,
    wires: [[]],
  },
  {
    id: 'odd-stitch',
    type: 'lipwire-stitch',
    z: 'old',
    transition: '${TRANSITION}',
    ...{ x: 100, y: 200, wires: [[]] },
  },
  {
    id: 'odd-lips',
    type: 'lipwire-wav2lip',
    z: 'old',
    ...{ static: '$x', staticType: 'jsonata', blinks: '${BLINKS}' },
    ...{ x: 100, y: 300, wires: [[]] },
  },
];

describe('The editor in chromium', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let editor: EditorPage;
  let page: Page;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await sharedNodeRed();
    await nodeRed.deploy([
      ...example('01'),
      { id: 'a-studio', type: 'lipwire-studio', name: 'a studio', maxSize: 7 },
      ...OLD,
    ]);
    editor = await EditorPage.open(browser, nodeRed);
    page = editor.page;
    page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
  });
  afterEach(async () => {
    await editor?.tidy();
  });

  const idOf = (type: string): string => example('01').find((each) => each.type === type)!.id;
  const rate = (): Locator => page.getByLabel('Rate', { exact: true });

  /** Texts and values of an open dialog. */
  async function isWhole(form: Locator): Promise<void> {
    const labels = await form.locator('.form-row:visible > label').allInnerTexts();
    assert.ok(labels.length >= 3, labels.join());
    for (const label of labels) assert.match(label, /^\s*[A-Z]/, 'a label is missing');
    assert.doesNotMatch(await form.innerText(), /lipwire-[a-z-]+\.[a-z]/, 'not translated');
    const unbound = await form
      .locator('.lipwire-form label[for]')
      .evaluateAll((all) =>
        all
          .map((label) => (label as HTMLLabelElement).htmlFor)
          .filter((id) => !document.getElementById(id)),
      );
    assert.deepEqual(unbound, [], 'labels of nothing');
    const empty = await form
      .locator('select:visible')
      .evaluateAll((all) => all.filter((each) => !(each as HTMLSelectElement).value).length);
    // Of the other nodes, the studio is not chosen.
    assert.ok(empty <= 1, 'a select shows nothing');
    const below = await form
      .locator('.form-row:visible:not(.lipwire-combobox-row) > label:first-child')
      .evaluateAll((all) =>
        all
          .map((label) => [label, label.nextElementSibling as HTMLElement | null] as const)
          .filter(([label, field]) => {
            const top = field?.getBoundingClientRect().top ?? 0;
            return top >= label.getBoundingClientRect().bottom && field?.offsetWidth;
          })
          .map(([label]) => label.textContent),
      );
    assert.deepEqual(below, [], 'a field stands under its label');
    const portrait = form.locator('.red-ui-typedInput-container:has(#node-input-portrait-value)');
    if ((await portrait.count()) > 0) assert.ok((await portrait.boundingBox())!.width > 250);
  }

  /** Drags a node from the palette into the flow; gives its id. */
  async function drag(type: string, x: number, y: number): Promise<string> {
    const ids = (): Promise<string[]> =>
      page.evaluate((each) => RED.nodes.filterNodes({ type: each }).map(({ id }) => id), type);
    const before = await ids();
    await page.hover(`.red-ui-palette-node[data-palette-type="${type}"]`);
    const { x: left, y: top } = (await page.locator('#red-ui-workspace-chart').boundingBox())!;
    await page.mouse.down();
    await page.mouse.move(left + x, top + y, { steps: 5 });
    await page.mouse.up();
    const [id] = (await ids()).filter((each) => !before.includes(each));
    assert.ok(id, `no ${type} came`);
    return id;
  }

  it('shows the seven nodes in their category, by their short names', async () => {
    const category = page.locator('.red-ui-palette-category', { hasText: 'lipwire' }).first();
    const labels = await category.locator('.red-ui-palette-label').allTextContents();
    const plain = labels.map((label) => label.replace(/[^a-z0-9]/g, ''));
    assert.deepEqual(plain.sort(), STAGE_NAMES.map((name) => name.replace('-', '')).sort());
  });

  it('opens the dialog of lipwire-studio with all texts and values in place', async () => {
    const form = await editor.edit('a-studio');
    await isWhole(form);
    assert.equal(await page.inputValue('#node-config-input-maxSize'), '7');
    assert.equal(await page.inputValue('#node-config-input-journal'), 'off');
    await editor.end('cancel');
    assert.deepEqual(editor.ours, []);
  });

  STAGE_NAMES.forEach((name, index) => {
    it(`takes lipwire-${name} from the palette, and shows, changes and saves it`, async () => {
      const id = await drag(`lipwire-${name}`, 150, 620 + 40 * index);
      const fresh = await editor.node(id);
      assert.ok(fresh.valid, fresh.reasons.join());
      await isWhole(await editor.edit(id));
      await page.fill('#node-input-name', `my ${name}`);
      await editor.end('ok');
      const { name: saved, valid, changed } = await editor.node(id);
      assert.deepEqual([saved, valid, changed], [`my ${name}`, true, true]);
      assert.ok(await page.evaluate(() => RED.nodes.dirty()));
      assert.deepEqual(editor.ours, []);
    });
  });

  it('marks a node with a wrong number, says why, and takes a right one', async () => {
    const id = idOf('lipwire-tts');
    const triangle = page.locator(`[id="${id}"] .red-ui-flow-node-error:visible`);
    await editor.edit(id);
    await rate().fill('9999');
    await editor.end('ok');
    const wrong = await editor.node(id);
    assert.equal(wrong.valid, false);
    assert.match(wrong.reasons.join(), /Rate: a whole number from 80 to 450 is expected/);
    assert.equal(await triangle.count(), 1);
    await editor.edit(id);
    await rate().fill('200');
    await editor.end('ok');
    const { valid, rate: saved, rateType } = await editor.node(id);
    assert.deepEqual([valid, saved, rateType], [true, '200', 'num']);
    assert.equal(await triangle.count(), 0);
  });

  it('lets a number come from the message, by the keyboard alone', async () => {
    const id = idOf('lipwire-tts');
    await editor.edit(id);
    const kind = page.getByRole('button', { name: 'Rate: where the value comes from' });
    await kind.focus();
    await page.keyboard.press('ArrowDown');
    const menu = page.locator('.red-ui-typedInput-options:visible');
    await menu.locator('a[value="num"]:focus').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await menu.waitFor({ state: 'hidden' });
    await rate().fill('');
    await editor.end('ok');
    const { valid, reasons } = await editor.node(id);
    assert.equal(valid, false, 'no property is named');
    assert.match(reasons.join(), /Rate/);
    await editor.edit(id);
    await rate().fill('speed');
    await editor.end('ok');
    const saved = await editor.node(id);
    assert.deepEqual([saved['rate'], saved['rateType'], saved.valid], ['speed', 'msg', true]);
  });

  it('lets a choice come from the message and go back, without losing what was chosen', async () => {
    const id = idOf('lipwire-loudnorm');
    await editor.edit(id);
    const list = page.getByLabel('Preset', { exact: true });
    await list.selectOption('podcast');
    const from = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'Preset: where the value comes from' }).click();
      await page.locator('.red-ui-typedInput-options:visible').getByText(name).click();
    };
    await from('msg.');
    assert.equal(await page.locator('#node-input-preset-choice').isVisible(), false);
    const loudness = page.getByLabel('Loudness', { exact: true });
    assert.ok(await loudness.isVisible(), 'it may be a preset of one’s own');
    await list.fill('station');
    await editor.end('ok');
    const saved = await editor.node(id);
    assert.deepEqual([saved['preset'], saved['presetType'], saved.valid], ['station', 'msg', true]);
    await editor.edit(id);
    assert.equal(await list.inputValue(), 'station');
    await from('choice');
    assert.equal(await list.inputValue(), 'streaming');
    assert.equal(await loudness.isVisible(), false);
    await list.selectOption('broadcast');
    await editor.end('ok');
    const back = await editor.node(id);
    assert.deepEqual(
      [back['preset'], back['presetType'], back.valid],
      ['broadcast', 'choice', true],
    );
  });

  it('keeps what a list or a checkbox cannot show, whichever kind is looked at', async () => {
    await page.evaluate(() => RED.workspaces.show('old'));
    const through = async (label: string, ...kinds: string[]): Promise<void> => {
      for (const kind of kinds) {
        await page.getByRole('button', { name: `${label}: where the value comes from` }).click();
        await page.locator('.red-ui-typedInput-options:visible').getByText(kind).click();
      }
    };
    await editor.edit('odd-stitch');
    const list = page.getByLabel('Transition', { exact: true });
    assert.equal(await list.inputValue(), '${TRANSITION}');
    await through('Transition', 'msg.', 'choice');
    assert.equal(await list.inputValue(), '${TRANSITION}');
    await editor.end('ok');
    const { transition, changed } = await editor.node('odd-stitch');
    assert.deepEqual([transition, changed], ['${TRANSITION}', false]);
    await editor.edit('odd-lips');
    await through('Blink now and then', 'msg.', 'boolean');
    // What was an expression is no wrong checkbox.
    const still = "Show the video's first frame only";
    await through(still, 'boolean');
    const box = page.getByRole('checkbox', { name: still });
    assert.doesNotMatch((await box.getAttribute('class')) ?? '', /input-error/);
    await editor.end('ok');
    const lips = await editor.node('odd-lips');
    assert.deepEqual([lips['blinks'], lips['static'], lips.valid], ['${BLINKS}', 'false', true]);
    await page.evaluate((tab) => RED.workspaces.show(tab), example('01')[0].id);
  });

  it('keeps a checkbox in its typed input, and changes nothing that nobody changed', async () => {
    const id = idOf('lipwire-wav2lip');
    await editor.edit(id);
    const blinks = page.getByRole('checkbox', { name: 'Blink now and then' });
    assert.ok(await blinks.isChecked());
    await editor.end('ok');
    assert.equal((await editor.node(id)).changed, false);
    await editor.edit(id);
    await blinks.uncheck();
    await editor.end('ok');
    const saved = await editor.node(id);
    assert.deepEqual(
      [saved['blinks'], saved['blinksType'], saved.changed],
      ['false', 'bool', true],
    );
    await editor.edit(id);
    assert.equal(await blinks.isChecked(), false);
    await editor.end('cancel');
  });

  it('upgrades what an earlier version saved, and loses nothing of it', async () => {
    const { valid } = await editor.node('old-lips');
    assert.ok(valid);
    await page.evaluate(() => RED.workspaces.show('old'));
    await editor.edit('old-lips');
    assert.equal(await page.isChecked('#node-input-silenceGate-choice'), true);
    await page.fill('#node-input-name', 'newer lips');
    await editor.end('ok');
    const saved = await editor.node('old-lips');
    const expected = {
      ...SETTINGS,
      name: 'newer lips',
      blinks: 'false',
      headMotion: 'true',
      blinksType: 'bool',
      silenceGate: 'true',
      modelType: 'choice',
      fpsType: 'num',
      version: 3,
    };
    for (const [key, value] of Object.entries(expected)) assert.equal(saved[key], value, key);
    await page.evaluate((tab) => RED.workspaces.show(tab), example('01')[0].id);
  });

  it('shows what belongs to a choice only while it is chosen', async () => {
    await editor.edit(idOf('lipwire-loudnorm'));
    const loudness = page.getByLabel('Loudness', { exact: true });
    assert.equal(await loudness.isVisible(), false);
    await page.getByLabel('Preset', { exact: true }).selectOption('custom');
    assert.equal(await loudness.isVisible(), true);
    await editor.end('cancel');
  });

  it('lets the portrait come from a path or the message', async () => {
    const id = idOf('lipwire-face-detect');
    await editor.edit(id);
    await page.evaluate(() => {
      const { $ } = window as unknown as {
        $: (s: string) => { typedInput(...args: string[]): void };
      };
      $('#node-input-portrait').typedInput('type', 'str');
      $('#node-input-portrait').typedInput('value', '/pictures/me.png');
    });
    await editor.end('ok');
    const { portrait, portraitType, valid } = await editor.node(id);
    assert.deepEqual([portrait, portraitType, valid], ['/pictures/me.png', 'str', true]);
  });

  it('shows the diagnostics of a deployed studio', async () => {
    await editor.edit('a-studio');
    await page.click('#lipwire-studio-diagnose');
    await page.waitForFunction(
      () =>
        /"ffmpeg"/.test(document.getElementById('lipwire-studio-diagnostics')?.textContent ?? ''),
      undefined,
      { timeout: 20_000 },
    );
    await editor.end('cancel');
  });

  it('imports an example by the menu', async () => {
    const count = (): Promise<number> =>
      page.evaluate(() => RED.nodes.filterNodes({ type: 'lipwire-tts' }).length);
    const before = await count();
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
    await page.waitForFunction(
      (number) => RED.nodes.filterNodes({ type: 'lipwire-tts' }).length === number,
      before + 1,
    );
    assert.deepEqual(editor.ours, []);
  });

  it('imports every example, and finds nothing wrong with our nodes in it', async () => {
    for (const file of EXAMPLES) {
      const flow = example(file.slice(0, 2));
      const found = await page.evaluate((nodes) => {
        const known = new Set<unknown>();
        RED.nodes.eachNode(({ id }) => known.add(id));
        RED.view.importNodes(nodes, { addFlow: true, touchImport: true, generateIds: true });
        const came: Record<string, unknown>[] = [];
        RED.nodes.eachNode((node) => {
          if (!known.has(node['id']) && /^lipwire-/.test(String(node['type']))) came.push(node);
        });
        return came.map(({ type, valid, validationErrors }) => ({ type, valid, validationErrors }));
      }, flow);
      const expected = flow.filter(({ type }) => /^lipwire-(?!studio)/.test(type)).length;
      assert.equal(found.length, expected, file);
      for (const node of found) assert.equal(node.valid, true, `${file}: ${JSON.stringify(node)}`);
    }
    assert.deepEqual(editor.ours, []);
  });
});
