import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import type { StreamPayload } from '../../src/media';
import { complaintsOf, needBrowser } from '../support/browser';
import { example, named } from '../support/flows';
import { sharedNodeRed, type NodeRed } from '../support/node-red';

describe('The player page in chromium', function () {
  this.timeout(90_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let watchUrl: string;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await sharedNodeRed();
    const flow = example('08');
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'sentence').id);
    const [seen] = await probe.wait(1);
    watchUrl = nodeRed.url + (seen!.msg.payload as StreamPayload).watchUrl;
  });
  after(async () => {
    await browser?.close();
  });

  for (const [what, query, isKiosk] of [
    ['plays when it is told to', '', false],
    ['plays by itself, muted and in a loop, as a kiosk', '?kiosk', true],
  ] as const) {
    it(`${what}, with nothing on the console`, async () => {
      const page = await browser.newPage();
      const complaints = complaintsOf(page);
      await page.goto(watchUrl + query);
      // Before there is anything to play, loading would interrupt play().
      await page.waitForFunction(() => document.querySelector('video')!.readyState > 1);
      if (!isKiosk) await page.evaluate(() => document.querySelector('video')!.play());
      const played = page.waitForFunction(() => document.querySelector('video')!.currentTime > 0.5);
      await played.catch(() => assert.fail(`It does not play: ${complaints.join(' ')}`));
      const state = await page.evaluate(() => {
        const { muted, loop, controls, videoWidth, error } = document.querySelector('video')!;
        return { muted, loop, controls, hasPicture: videoWidth > 0, error };
      });
      const expected = { muted: isKiosk, loop: isKiosk, controls: !isKiosk };
      assert.deepEqual(state, { ...expected, hasPicture: true, error: null });
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }
});
