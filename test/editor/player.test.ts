import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import type { StreamPayload } from '../../src/contract';
import { findings } from '../support/accessibility';
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
    watchUrl = nodeRed.url + (seen.msg.payload as StreamPayload).watchUrl;
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

  it('can be used by everyone: axe-core finds nothing serious', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme });
      await page.goto(watchUrl);
      await page.waitForFunction(() => document.querySelector('video')!.readyState > 1);
      const { findings: found, checked } = await findings(page, { include: ['html'] });
      assert.deepEqual(found, [], colorScheme);
      assert.ok(checked > 5, `${checked} rules`);
      await page.close();
    }
  });

  it('shows a slide with the speaker as an inset in front of it', async () => {
    const slide = path.join(path.dirname(nodeRed.temporary), 'slide.svg');
    const shapes = '<rect width="16" height="9" fill="teal"/>';
    await writeFile(
      slide,
      `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9">${shapes}</svg>`,
    );
    const props = [{ p: 'payload' }, { p: 'slides', v: slide, vt: 'str' }];
    const flow = example('08').map((node) => (node.type === 'inject' ? { ...node, props } : node));
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'sentence').id);
    const [seen] = await probe.wait(1);
    const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
    const complaints = complaintsOf(page);
    await page.goto(nodeRed.url + (seen.msg.payload as StreamPayload).watchUrl);
    await page.waitForFunction(() => {
      const image = document.querySelector<HTMLImageElement>('#slide')!;
      return !image.hidden && image.naturalWidth > 0;
    });
    await page.waitForFunction(() => document.querySelector('video')!.readyState > 1);
    const picture = (await page.locator('#slide').boundingBox())!;
    const speaker = (await page.locator('video').boundingBox())!;
    assert.ok(picture.width > 900);
    assert.ok(speaker.width < 400 && speaker.x > 500);
    assert.ok(speaker.y + speaker.height < picture.y + picture.height);
    assert.equal(await page.isVisible('#full'), true);
    assert.deepEqual(complaints, []);
    await page.close();
  });
});
