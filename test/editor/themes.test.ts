import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import sharp from 'sharp';
import { STAGE_NAMES } from '../../src/stages';
import { findings } from '../support/accessibility';
import { needBrowser } from '../support/browser';
import { EditorPage } from '../support/editor';
import { example } from '../support/flows';
import { PROJECT, sharedNodeRed } from '../support/node-red';
import { dress, THEMES } from '../support/themes';

/**
 * Node-RED's own: the buttons beside the list of studios have no name that assistive technology can
 * read, in the dialogs of its own nodes as well.
 */
const NODE_REDS_OWN = ['.red-ui-editor-node-configs', '[id^="node-input-btn-studio-"]'];

/** Set to write the pictures of the documentation. */
const PICTURES = process.env['LIPWIRE_WRITE_PICTURES'] === '1';
const FOLDER = path.join(PROJECT, 'docs/pictures/dialogs');

/** Colours of the themes' variables are of these properties. */
const COLOURS = ['color', 'background-color', 'border-top-color', 'fill', 'stroke'] as const;

describe('Every dialog in light, dark and high contrast', function () {
  this.timeout(60_000);
  let browser: Browser;
  let editor: EditorPage;
  const idOf = (type: string): string =>
    type === 'lipwire-studio' ? 'a-studio' : example('01').find((each) => each.type === type)!.id;

  before(async function () {
    browser = await needBrowser(this);
    const nodeRed = await sharedNodeRed();
    const studio = { id: 'a-studio', type: 'lipwire-studio', name: 'a studio' };
    const probe = await nodeRed.deployProbed([...example('01'), studio]);
    if (PICTURES) {
      // So that the dialogs have something to show.
      await nodeRed.inject(idOf('inject'));
      await probe.wait(1);
    }
    editor = await EditorPage.open(browser, nodeRed);
    if (PICTURES) await editor.page.setViewportSize({ width: 1400, height: 2600 });
  });
  after(() => browser?.close());
  afterEach(async () => {
    await editor?.tidy();
    await dress(editor.page, 'light');
  });

  for (const name of ['studio', ...STAGE_NAMES]) {
    it(`can be read and used by everyone: ${name}`, async () => {
      const form = await editor.edit(idOf(`lipwire-${name}`));
      const scope = { include: ['.lipwire-form'], exclude: NODE_REDS_OWN };
      const inLight = await coloursOf(form);
      for (const theme of THEMES) {
        await dress(editor.page, theme);
        const rules = theme === 'light' ? undefined : ['color-contrast'];
        const { findings: found, checked } = await findings(editor.page, { ...scope, rules });
        assert.deepEqual(found, [], theme);
        assert.ok(checked >= (rules ? 1 : 5), `${checked} rules`);
        if (PICTURES && theme !== 'high contrast') await write(form, `${name}-${theme}`);
      }
      await dress(editor.page, 'dark');
      const inDark = await coloursOf(form);
      const kept = [...inLight].filter(([part, colour]) => inDark.get(part) === colour);
      assert.deepEqual(kept, [], 'colours that no theme changes');
      assert.ok((await lightShare(form)) < 0.2, 'too much is light in the dark');
      await editor.end('cancel');
      assert.deepEqual(editor.ours, []);
    });
  }

  it('is as dark as the dialogs of the core nodes are', async () => {
    const inject = example('01').find(({ type }) => type === 'inject')!.id;
    const shares: number[] = [];
    for (const id of [inject, idOf('lipwire-stitch')]) {
      const form = await editor.edit(id);
      const light = await lightShare(form);
      await dress(editor.page, 'dark');
      shares.push(light, await lightShare(form));
      await dress(editor.page, 'light');
      await editor.end('cancel');
    }
    const [core = 0, darkCore = 0, ours = 0, darkOurs = 0] = shares;
    assert.ok(core > 0.8 && ours > 0.8, shares.join());
    assert.ok(darkCore < 0.2 && Math.abs(darkOurs - darkCore) < 0.05, shares.join());
  });
});

/**
 * The colours of our own elements, by element and property: what Node-RED makes, pictures and what
 * cannot be seen are left out.
 */
async function coloursOf(form: Locator): Promise<Map<string, string>> {
  const pairs = await form.locator('.lipwire-form').evaluate((root, properties) => {
    const found: [string, string][] = [];
    const all = [...root.querySelectorAll<HTMLElement>('*')];
    all.forEach((element, index) => {
      if (element.closest('[class*="red-ui-typedInput"], img, video') || !element.offsetParent) {
        return;
      }
      const style = getComputedStyle(element);
      for (const property of properties) {
        const colour = style.getPropertyValue(property);
        const isSeen = !/, 0\)$|^none$|^transparent$/.test(colour);
        if (!isSeen || (property === 'border-top-color' && style.borderTopWidth === '0px'))
          continue;
        // What has no text has no colour of text.
        if (property === 'color' && !element.textContent?.trim()) continue;
        if (['fill', 'stroke'].includes(property) && !(element instanceof SVGElement)) continue;
        const name = `${element.tagName.toLowerCase()}#${element.id}.${element.className}`;
        found.push([`${index} ${name} ${property}`, colour]);
      }
    });
    return found;
  }, COLOURS);
  return new Map(pairs);
}

/** Writes a picture for the documentation: the dialog's content, with a little room around it. */
async function write(form: Locator, name: string): Promise<void> {
  const { page, home } = { page: form.page(), home: (await sharedNodeRed()).home };
  await form.getByText('this may take some seconds').waitFor({ state: 'hidden', timeout: 30_000 });
  // Videos and what is drawn on a canvas may still be loading.
  await page.waitForTimeout(1500);
  // The folder of this test is nobody's.
  await form.locator('.lipwire-form *').evaluateAll((elements, folder) => {
    for (const node of elements.flatMap((element) => [...element.childNodes])) {
      if (node.nodeType !== Node.TEXT_NODE || !node.nodeValue?.includes(folder)) continue;
      node.nodeValue = node.nodeValue.replace(folder, '/data');
    }
  }, home);
  const { x, y, width, height } = (await form.locator('.lipwire-form').boundingBox())!;
  const clip = { x: x - 12, y: y - 8, width: width + 24, height: height + 8 };
  const picture = await page.screenshot({ clip, animations: 'allow' });
  await mkdir(FOLDER, { recursive: true });
  await sharp(picture)
    .webp({ quality: 70, effort: 6 })
    .toFile(path.join(FOLDER, `${name}.webp`));
}

/** The share of a dialog's pixels that are light; pictures, films and players are left out. */
async function lightShare(form: Locator): Promise<number> {
  // Not by a style sheet of playwright's: a player's own policy would refuse it, and complain.
  const show = (visibility: string): Promise<void> =>
    form.locator('img, video, iframe').evaluateAll((elements, value) => {
      for (const element of elements) (element as HTMLElement).style.visibility = value;
    }, visibility);
  await show('hidden');
  const picture = await form.screenshot({ animations: 'allow' });
  await show('');
  const grey = await sharp(picture).greyscale().raw().toBuffer();
  return grey.filter((each) => each > 160).length / grey.length;
}
