import assert from 'node:assert/strict';
import type { Browser, Locator } from 'playwright-core';
import { findings } from '../support/accessibility';
import { needBrowser } from '../support/browser';
import { EditorPage } from '../support/editor';
import { sharedNodeRed, type NodeRed } from '../support/node-red';

const FLOW = [
  { id: 'voices-tab', type: 'tab', label: 'voices' },
  {
    ...{ id: 'speaker', type: 'lipwire-tts', z: 'voices-tab', x: 100, y: 100, wires: [[]] },
    ...{ voice: 'en-gb', rate: 160 },
  },
];

describe('The voices in the dialog of tts', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let editor: EditorPage;
  let form: Locator;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await sharedNodeRed();
    await nodeRed.deploy(FLOW);
    editor = await EditorPage.open(browser, nodeRed);
    editor.page.setDefaultTimeout(20_000);
  });
  after(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    form = await editor.edit('speaker');
    await note().locator('text=English (Great Britain)').waitFor();
  });
  afterEach(() => editor.tidy());

  const field = (name: string): Locator => form.locator(`#node-input-${name}-value`);
  const note = (): Locator => form.locator('p:has-text("English (Great Britain)")');
  const options = (name: string): Locator =>
    form.locator(`.form-row:has(#node-input-${name}-value) [role=option]`);
  const button = (): Locator => form.locator('#lipwire-tts-listen');
  const told = (): Locator => form.locator('#lipwire-tts-listen-status');

  /** Clicks Listen; the WAV that the player got, and how far it has played. */
  async function listen(): Promise<{ bytes: Buffer; duration: number; played: number }> {
    await button().click();
    const heard = await form.locator('#lipwire-tts-sample').evaluate(async (element) => {
      const audio = element as HTMLAudioElement;
      while (!(audio.currentTime > 0)) await new Promise((resolve) => setTimeout(resolve, 10));
      const sound = await (await fetch(audio.src)).arrayBuffer();
      const { duration, currentTime } = audio;
      return { bytes: [...new Uint8Array(sound)], duration, played: currentTime };
    });
    return { ...heard, bytes: Buffer.from(heard.bytes) };
  }

  it('are found by what their speakers call the language, with the keyboard alone', async () => {
    await field('voice').focus();
    assert.equal(await field('voice').getAttribute('role'), 'combobox');
    await field('voice').press('Control+a');
    await field('voice').pressSequentially('deutsch');
    await options('voice').first().waitFor();
    assert.deepEqual(await options('voice').allInnerTexts(), ['German\nde']);
    assert.equal(await field('voice').getAttribute('aria-expanded'), 'true');
    const seen = await findings(editor.page, { include: ['.lipwire-form'] });
    assert.deepEqual(seen.findings, []);
    const active = (await field('voice').getAttribute('aria-activedescendant'))!;
    assert.equal(await form.locator(`#${active}`).getAttribute('aria-selected'), 'true');
    await field('voice').press('Enter');
    assert.equal(await field('voice').getAttribute('aria-expanded'), 'false');
    await editor.end('ok');
    assert.equal((await editor.node('speaker'))['voice'], 'de');
    form = await editor.edit('speaker');
    await form.locator('text=German · German').waitFor();
    await field('voice').fill('en-gb');
    await editor.end('ok');
  });

  it('stand by language, all of them, with those of the chosen language first', async () => {
    await field('language').fill('fr-CA');
    await field('voice').click();
    await options('voice').first().waitFor();
    assert.ok((await options('voice').count()) > 130);
    assert.deepEqual((await options('voice').allInnerTexts()).slice(0, 3), [
      'French (Belgium)\nfr-be',
      'French (France)\nfr-fr',
      'French (Switzerland)\nfr-ch',
    ]);
    const groups = await form.getByRole('group').count();
    assert.ok(groups > 100, `${groups}`);
    await field('voice').press('Escape');
    assert.equal(await options('voice').count(), 0);
    assert.ok(await form.isVisible());
    await field('variant').click();
    await options('variant').filter({ hasText: 'whisper' }).first().waitFor();
  });

  it('sound as the dialog is set, before anything is saved', async () => {
    // So that it still plays when the machine is slow to look.
    const audio = form.locator('#lipwire-tts-sample');
    await audio.evaluate((element) => ((element as HTMLAudioElement).loop = true));
    await field('rate').fill('120');
    const slow = await listen();
    assert.equal(slow.bytes.toString('latin1', 0, 4), 'RIFF');
    assert.equal(slow.bytes.toString('latin1', 8, 12), 'WAVE');
    const seconds = (slow.bytes.length - 44) / slow.bytes.readUInt32LE(28);
    assert.ok(seconds > 1.5, `${seconds} s`);
    assert.ok(Math.abs(slow.duration - seconds) < 0.1, `${slow.duration} s, ${seconds} s`);
    assert.ok(slow.played > 0);
    // A second click stops.
    assert.equal((await button().innerText()).trim(), 'Stop');
    await button().click();
    assert.equal((await button().innerText()).trim(), 'Listen');
    assert.equal(await form.locator('#lipwire-tts-sample').getAttribute('src'), null);
    await field('rate').fill('300');
    const fast = await listen();
    assert.ok(fast.duration < 0.6 * slow.duration, `${fast.duration} s of ${slow.duration} s`);
    await button().click();
    await field('variant').fill('f2');
    const other = await listen();
    assert.notDeepEqual(other.bytes, fast.bytes);
    assert.equal((await editor.node('speaker'))['rate'], 160);
  });

  it('that are none are told in the dialog, with the nearest ones', async () => {
    await field('voice').fill('klingonese');
    await field('voice').press('Escape');
    await form.locator('text=There is no voice called klingonese.').waitFor();
    await button().click();
    await told().locator('text=/nearest are Klingon/').waitFor();
    assert.equal((await button().innerText()).trim(), 'Listen');
  });

  it('leave a field alone that a message decides', async () => {
    await form.locator('#node-input-voice').evaluate((element) => {
      const { $ } = window as unknown as {
        $: (of: Element) => { typedInput(...args: string[]): void };
      };
      $(element).typedInput('type', 'msg');
    });
    await field('voice').fill('voice');
    assert.equal(await options('voice').count(), 0);
    assert.equal(await field('voice').getAttribute('role'), null);
  });

  it('complain of nothing', () => assert.deepEqual(editor.ours, []));
});
