import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { file, FileServer, onnxFile, sha256, stall } from '../ml/store/support';
import { findings } from '../support/accessibility';
import { needBrowser } from '../support/browser';
import { EditorPage } from '../support/editor';
import { NodeRed, PACKAGE, type FlowNode } from '../support/node-red';
import { packageCopy, type PackageCopy } from '../support/package-copy';

/** The published file that is downloaded here, with content and sources of the test's own. */
const MODEL = 'wav2lip_gan_onnx';
const BYTES = 4_000_000;

const place = { z: 'tab', x: 100, y: 100, wires: [[]] };
const wav2lip = (id: string, studio: string): FlowNode => {
  return { id, type: 'lipwire-wav2lip', ...place, studio, model: 'wav2lip_gan' };
};
const studio = (id: string, settings: object): FlowNode => {
  return { id, type: 'lipwire-studio', name: `the ${id}`, ...settings };
};
/** Studios that share the models folder. */
const FLOW: FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'models' },
  wav2lip('face', 'a-studio'),
  studio('a-studio', { device: 'coreml' }),
  wav2lip('willing-face', 'willing'),
  studio('willing', { acceptNonCommercial: true }),
  wav2lip('poor-face', 'poor'),
  studio('poor', { ffmpeg: '/nowhere/ffmpeg' }),
];

describe('Models and devices in the dialogs', function () {
  this.timeout(60_000);
  const content = onnxFile(BYTES);
  let source: FileServer;
  let copy: PackageCopy;
  let nodeRed: NodeRed;
  let browser: Browser;
  let editor: EditorPage;

  before(async function () {
    browser = await needBrowser(this);
    source = await new FileServer().open();
    const sources = [source.url('/first.onnx'), source.url('/second.onnx')];
    const entry = { bytes: content.length, sha256: sha256(content), sources };
    copy = await packageCopy({ [MODEL]: entry });
    nodeRed = await NodeRed.start({ packages: { [PACKAGE]: copy.folder } });
    await nodeRed.deploy(FLOW);
    editor = await EditorPage.open(browser, nodeRed);
    editor.page.setDefaultTimeout(15_000);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await source?.close();
    await copy?.remove();
  });
  afterEach(() => editor?.tidy());

  const models = (): string => path.join(nodeRed.home, 'models');
  const row = (form: Locator, name = MODEL): Locator =>
    form.locator(`.lipwire-model[data-model="${name}"]`);
  const click = (model: Locator, name: string): Promise<void> =>
    model.getByRole('button', { name: new RegExp(`^${name}:`) }).click();
  const state = (model: Locator, name: string): Promise<void> =>
    model.and(editor.page.locator(`[data-state=${name}]`)).waitFor();
  const choice = (form: Locator): Locator =>
    form.locator('#node-input-model-choice option[value=wav2lip_gan]');
  const note = (form: Locator): Locator => form.locator('#lipwire-wav2lip-model-note');

  it('shows licence, size and whether a model is there, and what is missing for the chosen one', async () => {
    const form = await editor.edit('face');
    await choice(form).and(form.locator(':text("not installed")')).waitFor({ state: 'attached' });
    assert.match(await note(form).innerText(), /Not installed: jobs would fail\. Download it/);
    assert.equal(await row(form).isVisible(), false);
    await form.getByRole('button', { name: 'Model files' }).press('Enter');
    const words = await row(form).innerText();
    assert.match(words, /not installed\s+wav2lip_gan\.onnx · 3\.8\sMiB/);
    assert.match(words, /for research and personal use only · non-commercial use only/);
    assert.match((await row(form).locator('a').getAttribute('href'))!, /^https:\/\/github\.com\//);
  });

  it('downloads with progress, cancels, and goes on where it was', async () => {
    const form = await editor.edit('a-studio');
    const model = row(form);
    source.answer(stall(content, BYTES / 2));
    await click(model, 'Download');
    await model
      .locator('text=/Downloading: [12]\\.\\d\\sMiB of 3\\.8\\sMiB, [2-5]\\d\\s%/')
      .waitFor();
    const percent = Number(await model.getByRole('progressbar').getAttribute('aria-valuenow'));
    assert.ok(percent >= 20 && percent < 60, `${percent}`);
    const seen = await findings(editor.page, { include: ['.lipwire-models'] });
    assert.deepEqual(seen.findings, []);
    await click(model, 'Cancel');
    await model.locator('text=/Cancelled\\. [12]\\.\\d\\sMiB are there already/').waitFor();
    source.answer(file(content));
    await click(model, 'Resume');
    await state(model, 'installed');
    assert.match(source.requests[0]?.range ?? '', /^bytes=[1-9]\d*-$/);
    assert.deepEqual(await readFile(path.join(models(), 'wav2lip_gan.onnx')), content);
  });

  it('says that a licence is not accepted, and takes the model once it is', async () => {
    const form = await editor.edit('face');
    await choice(form)
      .and(form.locator(':text("licence not accepted")'))
      .waitFor({ state: 'attached' });
    assert.match(await note(form).innerText(), /Tick the acceptance in the studio of this node/);
    await form.locator('#node-input-model-choice').selectOption('auto');
    assert.match(await note(form).innerText(), /Takes the built-in engine now: .*licence/);
    await editor.end('cancel');
    const other = await editor.edit('willing-face');
    await other.locator('text=/accepts its licence/').waitFor();
    assert.equal(await choice(other).innerText(), 'Wav2Lip GAN');
    await other.locator('#node-input-model-choice').selectOption('auto');
    assert.equal(await note(other).innerText(), 'Takes Wav2Lip GAN now.');
  });

  it('verifies a model byte by byte, and removes it', async () => {
    const form = await editor.edit('a-studio');
    const model = row(form);
    await click(model, 'Verify');
    await model.locator('text=Every byte is right.').waitFor();
    await click(model, 'Remove');
    await state(model, 'missing');
    await assert.rejects(readFile(path.join(models(), 'wav2lip_gan.onnx')), { code: 'ENOENT' });
  });

  it('asks every source, and refuses wrong bytes with a sentence', async () => {
    const form = await editor.edit('a-studio');
    const model = row(form);
    source.answer(file(onnxFile(BYTES)));
    await click(model, 'Download');
    const sentence = model.getByRole('alert');
    await sentence.waitFor();
    assert.match(
      await sentence.innerText(),
      /Expected to download .* but no source gave it \(.*SHA-256/,
    );
    const asked = new Set(source.requests.map(({ url }) => url));
    assert.deepEqual([...asked], ['/first.onnx', '/second.onnx']);
    await state(model, 'missing');
  });

  it('adds a file of the server by its path, and says why another one is none', async () => {
    const form = await editor.edit('a-studio');
    const own = path.join(nodeRed.home, 'my-own.onnx');
    await writeFile(own, onnxFile());
    await form.getByLabel('Add a file').fill(own);
    await form.getByRole('button', { name: 'Add', exact: true }).click();
    await state(row(form, 'my-own'), 'installed');
    assert.match(await row(form, 'my-own').innerText(), /not known · treated as non-commercial/);
    await form.getByLabel('Add a file').fill(path.join(nodeRed.home, 'nothing.onnx'));
    await form.getByLabel('Add a file').press('Enter');
    await form.locator('.lipwire-problem', { hasText: 'nothing.onnx' }).waitFor();
    await click(row(form, 'my-own'), 'Remove');
    await row(form, 'my-own').waitFor({ state: 'detached' });
  });

  it('offers the devices that are there, and keeps a saved one that is gone, marked', async () => {
    const { devices } = await nodeRed.json<{ devices: { device: string; state: string }[] }>(
      '/lipwire-studio/a-studio/equipment',
    );
    const form = await editor.edit('a-studio');
    const select = form.locator('#node-config-input-device');
    await select.locator('option:text("(not here)")').first().waitFor({ state: 'attached' });
    for (const { device, state: found } of devices) {
      const option = select.locator(`option[value=${device}]`);
      assert.equal(await option.isDisabled(), found !== 'usable' && device !== 'coreml', device);
      assert.equal(/\(.*here\)/.test(await option.innerText()), found !== 'usable', device);
    }
    assert.equal(devices.find(({ device }) => device === 'cpu')?.state, 'usable');
    const told = form.locator('#lipwire-studio-device-note');
    if (devices.some(({ device, state: found }) => device === 'coreml' && found !== 'usable')) {
      assert.equal(await select.inputValue(), 'coreml');
      assert.match(await told.innerText(), /Core ML.*jobs would fail\. Choose automatic or CPU/);
    }
    await select.selectOption('cpu');
    assert.equal(await told.innerText(), 'CPU passed the self-check.');
  });

  it('says in both dialogs that FFmpeg is missing, with the remedy', async () => {
    const words = /FFmpeg is missing.*Install it .*, or give its path in the studio/;
    const form = await editor.edit('poor-face');
    await form.locator('#lipwire-wav2lip-ffmpeg-note').waitFor();
    assert.match(await form.locator('#lipwire-wav2lip-ffmpeg-note').innerText(), words);
    await editor.end('cancel');
    const dialog = await editor.edit('poor');
    await dialog.locator('#lipwire-studio-ffmpeg-note').waitFor();
    assert.match(await dialog.locator('#lipwire-studio-ffmpeg-note').innerText(), words);
  });

  it('complains of nothing', () => assert.deepEqual(editor.ours, []));
});
