import assert from 'node:assert/strict';
import type { Browser, Locator } from 'playwright-core';
import { findings } from '../support/accessibility';
import { needBrowser } from '../support/browser';
import { EditorPage } from '../support/editor';
import { sharedNodeRed, type NodeRed } from '../support/node-red';
import {
  info,
  KEY,
  spokenEvents,
  wyomingServer,
  type WyomingTestServer,
} from '../tts/voice-servers';

const TAB = { z: 'servers-tab', x: 100, y: 100, wires: [[]] };

describe('A server of voices in the dialogs', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let editor: EditorPage;
  let server: WyomingTestServer;

  before(async function () {
    browser = await needBrowser(this);
    server = await wyomingServer(({ type }, send) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') send(...spokenEvents(0.4));
    });
    nodeRed = await sharedNodeRed();
    const engine = { engineType: 'choice', version: 3, voice: 'fr_FR-siwis-low', voiceType: 'str' };
    await nodeRed.deploy([
      { id: 'servers-tab', type: 'tab', label: 'servers' },
      { id: 'servers-studio', type: 'lipwire-studio', wyomingAddress: server.address, version: 2 },
      {
        ...{ id: 'there', type: 'lipwire-tts', ...TAB, studio: 'servers-studio' },
        ...{ engine: 'wyoming', ...engine },
      },
      {
        ...{ id: 'nowhere', type: 'lipwire-tts', ...TAB, studio: 'servers-studio' },
        ...{ engine: 'openai', ...engine },
      },
    ]);
    editor = await EditorPage.open(browser, nodeRed);
    editor.page.setDefaultTimeout(20_000);
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });
  afterEach(() => editor.tidy());

  const test = (form: Locator): Locator => form.locator('#lipwire-tts-test');
  const told = (form: Locator): Locator => form.locator('#lipwire-tts-test-status');

  it('is tested, lists its voices, and is listened to', async () => {
    const form = await editor.edit('there');
    await form.locator('text=French · fr_FR-siwis-low of fr_FR').waitFor();
    await test(form).click();
    await told(form).locator('text=voices: 3').waitFor();
    const words = await told(form).innerText();
    assert.match(words, /^Wyoming server answered in \d+\.\d\ss; voices: 3$/);
    const voice = form.locator('#node-input-voice-value');
    await voice.fill('joe');
    const options = form.locator('.form-row:has(#node-input-voice-value) [role=option]');
    await options.first().waitFor();
    assert.deepEqual(await options.allInnerTexts(), [
      'en_US-joe-medium of en_US\nen_US-joe-medium',
    ]);
    await voice.press('Escape');
    await voice.fill('fr_FR-siwis-low');
    const visible = async (field: string) => form.locator(`#node-input-${field}-value`).isVisible();
    assert.deepEqual(
      [await visible('speakerName'), await visible('speechModel'), await visible('instructions')],
      [true, false, false],
    );
    await form.locator('#lipwire-tts-listen').click();
    await form.locator('#lipwire-tts-sample[src^="blob:"]').waitFor({ state: 'attached' });
    const spoken = server.events.find(({ type }) => type === 'synthesize')!;
    assert.deepEqual(spoken.data['voice'], { name: 'fr_FR-siwis-low' });
    assert.match(String(spoken.data['text']), /^Bonjour/);
    assert.deepEqual((await findings(editor.page, { include: ['.lipwire-form'] })).findings, []);
  });

  it('that is not set up says what to do', async () => {
    const form = await editor.edit('nowhere');
    await test(form).click();
    await told(form).locator('text=/none is set up; give its address in the studio/').waitFor();
    assert.deepEqual(editor.ours, []);
  });

  it('has its address in the studio, and its key as a credential', async () => {
    const form = await editor.edit('servers-studio');
    const address = form.locator('#node-config-input-wyomingAddress');
    assert.equal(await address.inputValue(), server.address);
    const key = form.locator('#node-config-input-openaiKey');
    assert.equal(await key.getAttribute('type'), 'password');
    await key.fill(KEY);
    assert.deepEqual((await findings(editor.page, { include: ['.lipwire-form'] })).findings, []);
    if (process.env['LIPWIRE_LOOK']) {
      await address.scrollIntoViewIfNeeded();
      await editor.page.screenshot({ path: `${process.env['LIPWIRE_LOOK']}/studio.png` });
    }
    await editor.end('ok');
    const node = await editor.node('servers-studio');
    assert.ok(!JSON.stringify(node).includes(KEY));
  });
});
