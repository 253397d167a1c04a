import assert from 'node:assert/strict';
import type { Browser, Locator } from 'playwright-core';
import { needBrowser } from '../support/browser';
import { EXAMPLES } from '../support/flows';
import { sharedNodeRed, type NodeRed } from '../support/node-red';

/** What a person does who has just installed the package: nothing but clicks. */
describe('The first minute, in chromium', function () {
  this.timeout(150_000);
  let nodeRed: NodeRed;
  let browser: Browser;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await sharedNodeRed();
    await nodeRed.deploy([{ id: 'empty', type: 'tab', label: 'Flow 1' }]);
  });
  after(async () => {
    await browser?.close();
  });

  it('imports the example 01, deploys it, presses its button, and plays the video', async () => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="lipwire-hls-export"]', {
      state: 'attached',
    });
    await page.keyboard.press('Control+i');
    const dialog = page.locator('.ui-dialog:has(#red-ui-clipboard-dialog-ok)');
    await dialog.getByRole('link', { name: 'Examples' }).click();
    const row = (text: string): Locator =>
      dialog.locator('.red-ui-treeList-label:visible', { hasText: text }).last();
    for (const folder of ['@lipwire/node-red-lipwire', 'flows']) {
      await row(folder).click();
      await page.keyboard.press('ArrowRight');
      await page.waitForTimeout(400);
    }
    // All examples are offered by their names.
    for (const file of EXAMPLES) await row(file.replace(/\.json$/, '')).waitFor();
    await row('01 - Text to talking head').click();
    await page.click('#red-ui-clipboard-dialog-ok');
    await page.waitForSelector('#red-ui-clipboard-dialog-ok', { state: 'hidden' });

    await page.getByRole('link', { name: 'Deploy', exact: true }).click();
    await page.getByText('Successfully deployed').waitFor();
    await page.keyboard.press('Control+g');
    await page.keyboard.press('d');
    await page.locator('.red-ui-tab-label:visible', { hasText: 'Text to talking head' }).click();
    await page.locator('.red-ui-flow-node-button-button:visible').first().click();
    const message = page.locator('.red-ui-debug-msg', { hasText: 'watchUrl' }).first();
    await message.waitFor({ timeout: 120_000 });
    // The summary is shortened; the object opens by a click.
    await message.locator('.red-ui-debug-msg-object-handle').first().click();
    const entry = message.locator('.red-ui-debug-msg-object-entry', { hasText: /^watchUrl/ });
    const watchUrl = /"(\/[^"]+\/watch)"/.exec(await entry.first().innerText())?.[1];
    assert.ok(watchUrl, await entry.first().innerText());

    const player = await browser.newPage();
    await player.goto(nodeRed.url + watchUrl);
    await player.waitForFunction(() => document.querySelector('video')!.readyState > 1);
    await player.evaluate(() => document.querySelector('video')!.play());
    await player.waitForFunction(() => document.querySelector('video')!.currentTime > 0.5);
  });
});
