import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { needBrowser } from '../support/browser';
import { example, lighter } from '../support/flows';
import { NodeRed, PROJECT } from '../support/node-red';
import { packageFolder, skipWithout } from '../support/optional';

const DASHBOARD = '@flowfuse/node-red-dashboard';

describe('The example 19, with FlowFuse Dashboard in chromium', function () {
  this.timeout(120_000);
  let browser: Browser;
  let nodeRed: NodeRed;

  before(async function () {
    const folder = packageFolder(DASHBOARD) ?? skipWithout(this, DASHBOARD);
    browser = await needBrowser(this);
    nodeRed = await NodeRed.start({ packages: { [DASHBOARD]: folder } });
    const portrait = path.join(PROJECT, 'assets/avatar/avatar.png');
    await nodeRed.deploy(lighter(example('19'), portrait));
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });

  it('shows progress and then the player, after a text was typed', async () => {
    const page = await browser.newPage({ viewport: { width: 1000, height: 900 } });
    await page.goto(`${nodeRed.url}/dashboard/lipwire`);
    await page.locator('input[type="text"]').fill('Good morning.');
    await page.keyboard.press('Enter');
    await page.getByText('Rendering …').waitFor();
    const frame = page.frameLocator('iframe[title="Video"]');
    await frame.locator('video').waitFor({ timeout: 60_000 });
    await page.getByText('Ready', { exact: true }).waitFor();
    const percent = await page.getByRole('progressbar').getAttribute('aria-valuenow');
    assert.equal(percent, '100');
    const plays = await frame.locator('video').evaluate(async (video: HTMLVideoElement) => {
      video.muted = true;
      await video.play();
      return video.videoWidth > 0;
    });
    assert.equal(plays, true);
    if (process.env['LIPWIRE_TEST_PICTURES']) {
      const file = path.join(process.env['LIPWIRE_TEST_PICTURES'], 'dashboard.png');
      await page.screenshot({ path: file });
    }
  });
});
