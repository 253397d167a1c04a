/** Node-RED's editor as somebody sees it who works with Lipwire. */
import { setTimeout as sleep } from 'node:timers/promises';

export const WINDOW = { width: 1300, height: 690 };
/** Milliseconds between two looks. */
const PACE = 120;
/** Milliseconds for the statuses to settle when the job is done. */
const SETTLE = 2500;

/** Opens the editor with the palette of Lipwire, the flow and the sidebar. */
export async function openEditor(browser, address) {
  const page = await browser.newPage({ viewport: WINDOW });
  await page.goto(address);
  await page.waitForSelector('.red-ui-flow-node', { timeout: 30_000 });
  await page.waitForSelector('.red-ui-palette-node[data-palette-type="lipwire-tts"]', {
    state: 'attached',
  });
  await page.locator('#red-ui-palette-search input').pressSequentially('lipwire');
  // The editor asks once whether it may look for updates.
  for (const close of await page.$$('.red-ui-notification button')) await close.click();
  await page.evaluate(() => {
    /* global RED, document */
    RED.sidebar.show('lipwire');
    document.activeElement?.blur();
  });
  await sleep(1500);
  return page;
}

/**
 * Takes pictures until the job has ended and its statuses stand.
 * @param made settles when the job has ended
 * @returns PNG pictures, in order, one every PACE milliseconds or slower
 */
export async function watchJob(page, made) {
  const pictures = [];
  let until = Infinity;
  made.then(
    () => (until = performance.now() + SETTLE),
    () => (until = 0),
  );
  while (performance.now() < until) {
    pictures.push(await page.screenshot());
    await sleep(PACE);
  }
  return pictures;
}
