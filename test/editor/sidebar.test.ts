import assert from 'node:assert/strict';
import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { findings } from '../support/accessibility';
import { complaintsOf, needBrowser } from '../support/browser';
import { dress, THEMES } from '../support/themes';
import { NodeRed, until, type FlowNode } from '../support/node-red';

declare const RED: { sidebar: { show(id: string): void } };

const MANY = 240;

/** Speaks what it is told over HTTP: a text, so many times over, each a little different. */
function flow(): FlowNode[] {
  const place = { z: 'tab', x: 100, y: 100 };
  const many = `
    const { text, times } = msg.payload;
    for (let i = 0; i < times; i++) node.send({ payload: times > 1 ? text + ' ' + i : text });
    return { req: msg.req, res: msg.res, payload: 'ok', away: true };`;
  return [
    { id: 'tab', type: 'tab', label: 'speak' },
    { id: 'in', type: 'http in', ...place, url: '/speak', method: 'post', wires: [['many']] },
    { id: 'many', type: 'function', ...place, func: many, outputs: 1, wires: [['sort']] },
    {
      id: 'sort',
      type: 'switch',
      ...place,
      property: 'away',
      rules: [{ t: 'true' }, { t: 'else' }],
      checkall: 'false',
      outputs: 2,
      wires: [['out'], ['speak']],
    },
    { id: 'out', type: 'http response', ...place, wires: [] },
    { id: 'speak', type: 'lipwire-tts', ...place, name: '<i>the voice</i>', wires: [[]] },
    { id: 'caught', type: 'catch', ...place, scope: ['speak'], wires: [[]] },
    { id: 'a-studio', type: 'lipwire-studio', name: 'a studio' },
  ];
}

describe('The sidebar in chromium', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let sidebar: Locator;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await NodeRed.start();
    await nodeRed.deploy(flow());
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.setDefaultTimeout(15_000);
    complaints = complaintsOf(page);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-flow-node', { state: 'attached' });
    await page.evaluate(() => RED.sidebar.show('lipwire'));
    sidebar = page.locator('.lipwire-sidebar');
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  // The catalogue of all nodes is not reachable from a machine without a network.
  const ours = (): string[] =>
    complaints.filter((text) => !/catalog|ERR_|Failed to load/.test(text));

  async function speak(text: string, times = 1): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ text, times });
    await fetch(`${nodeRed.url}/speak`, { method: 'POST', headers, body });
  }

  const rows = (text: string): Locator => sidebar.locator('.lipwire-job', { hasText: text });
  const open = (name: string): Promise<void> =>
    sidebar.getByRole('button', { name, exact: true }).press('Enter');

  it('has a text for all that it shows', async () => {
    assert.match(await sidebar.innerText(), /Nothing runs or waits/);
    assert.ok(!(await sidebar.innerText()).includes('lipwire-studio.'));
  });

  it('plays what was made, and escapes what users wrote', async () => {
    await speak('Say <b>hello</b> to <img src=x onerror=alert(1)>.');
    const row = rows('Say <b>hello</b>');
    await row.locator('text=/×\\sreal\\stime/').waitFor();
    assert.equal(await sidebar.locator('.lipwire-job b, .lipwire-job i:not(.fa)').count(), 0);
    await row.getByRole('button', { name: 'Preview', exact: true }).press('Enter');
    const seconds = await row.locator('audio').evaluate(async (element) => {
      const audio = element as HTMLAudioElement;
      while (!(audio.duration > 0)) await new Promise((resolve) => setTimeout(resolve, 20));
      return audio.duration;
    });
    assert.ok(seconds > 0.5, `${seconds} s`);
    const downloading = page.waitForEvent('download');
    await row.getByRole('button', { name: 'Download' }).click();
    assert.match((await downloading).suggestedFilename(), /^lipwire-tts-\d+\.wav$/);
    await row.getByRole('button', { name: 'Hide the preview' }).click();
    assert.equal(await row.locator('audio').count(), 0);
  });

  it('shows hundreds of jobs by a part of them, and cancels one or all', async () => {
    await speak('One of very many sentences that take a little while to say. '.repeat(40), MANY);
    const live = sidebar.locator('.lipwire-jobs').first();
    const row = live.locator('.lipwire-job').last();
    await sidebar.locator('text=/and \\d+ more/').first().waitFor();
    assert.ok((await live.locator('.lipwire-job').count()) <= 100);
    await row.getByRole('button', { name: 'Cancel this job' }).click();
    await sidebar.locator('.lipwire-job[data-state=cancelled]').first().waitFor();
    await sidebar.getByRole('button', { name: 'Cancel all' }).click();
    await page.locator('.red-ui-notification button', { hasText: 'Cancel all' }).click();
    await sidebar.locator('text=Nothing runs or waits').waitFor();
    const { counts } = await nodeRed.json<{ counts: Record<string, number> }>(
      '/lipwire-sidebar/jobs',
    );
    assert.ok(counts['cancelled'] > 2, JSON.stringify(counts));
    assert.equal(counts['running'] + counts['queued'], 0);
  });

  it('clears what nobody used for a while', async () => {
    await open('Workspace and models');
    await sidebar.locator('dd', { hasText: 'artifacts: ' }).waitFor();
    await sidebar.getByLabel('Studio').selectOption('shared');
    const [workspace] = await readdir(nodeRed.temporary);
    const artifacts = path.join(nodeRed.temporary, workspace, 'artifacts');
    const [oldest] = await readdir(artifacts);
    const files = await readdir(path.join(artifacts, oldest));
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const file of files) await utimes(path.join(artifacts, oldest, file), longAgo, longAgo);
    await sidebar.getByRole('button', { name: 'Clear' }).click();
    await page.locator('.red-ui-notification button', { hasText: 'Clear' }).click();
    await sidebar.locator('text=/freed, .* in use/').waitFor();
    await until(async () => !(await readdir(artifacts)).includes(oldest));
  });

  it('gives diagnostics for a bug report, without anything that was said', async () => {
    await open('Diagnostics');
    await sidebar.getByRole('button', { name: 'Copy for a bug report' }).click();
    await sidebar.locator('.lipwire-report', { hasText: '"ffmpeg"' }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    const report = JSON.parse(copied) as {
      nodeRed: string;
      doctor: string[];
      jobs: { cancelled: number };
    };
    assert.ok(
      report.doctor.some((line) => /^✔ ffmpeg +\d/.test(line)),
      report.doctor.join('\n'),
    );
    await sidebar.locator('.lipwire-checks li', { hasText: '✔ onnx: ' }).waitFor();
    assert.match(report.nodeRed, /^\d+\.\d+/);
    assert.ok(report.jobs.cancelled > 0);
    assert.doesNotMatch(copied, /hello|sentences/);
  });

  it('complains of nothing', () => assert.deepEqual(ours(), []));

  it('offers those who may only look nothing that would be refused', async () => {
    const guarded = await NodeRed.start({
      settings: {
        adminAuth: { type: 'credentials', users: [], default: { permissions: 'read' } },
      },
    });
    try {
      await page.goto(guarded.url);
      // The editor shows a tab of its own once it has come to its end.
      await page.waitForSelector('#red-ui-workspace-tabs li', { state: 'attached' });
      await page.waitForSelector('#red-ui-loading-progress', { state: 'hidden' });
      const asked = page.waitForResponse(/lipwire-sidebar\/jobs$/);
      await page.evaluate(() => RED.sidebar.show('lipwire'));
      assert.equal((await asked).status(), 200);
      await open('Workspace and models');
      await sidebar.locator('dd', { hasText: 'artifacts: ' }).waitFor();
      for (const name of ['Cancel all', 'Clear']) {
        assert.equal(await sidebar.getByRole('button', { name, exact: true }).count(), 0, name);
      }
    } finally {
      await guarded.stop();
    }
  });

  it('can be used by everyone, in light, dark and high contrast', async () => {
    for (const theme of THEMES) {
      await dress(page, theme);
      const { findings: found, checked } = await findings(page, { include: ['.lipwire-sidebar'] });
      assert.deepEqual(found, [], theme);
      assert.ok(checked > 5, `${checked} rules`);
    }
    await dress(page, 'light');
    assert.deepEqual(ours(), []);
  });
});
