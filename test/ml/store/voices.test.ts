/** Piper's published voices: the list, and what a local server gives of them. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModelStore } from '../../../src/ml/store/store';
import { parseAddress } from '../../../src/ml/store/download';
import { publishedVoices, voiceLicence, VoiceStore } from '../../../src/ml/store/voices';
import { cutOff, file, FileServer, onnxFile, sha256, status, temporaryFolder } from './support';

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const SETTINGS = Buffer.from('{"audio":{"sample_rate":16000}}');

describe("Piper's published voices", () => {
  const { source, voices } = publishedVoices();

  it('have addresses, sizes, hashes and licences, and names of their own', () => {
    assert.equal(parseAddress(source).protocol, 'https:');
    assert.equal(new Set(voices.map(({ id }) => id)).size, voices.length);
    for (const { id, folder, network, settings, licence, language, speakers } of voices) {
      assert.match(id, /^[a-z]{2,3}_[A-Z]{2}-[\p{L}\d_]+-(?:x_low|low|medium|high)$/u);
      assert.equal(folder, id.replace(/^([a-z]+)(_[A-Z]+)-(.*)-([^-]+)$/, '$1/$1$2/$3/$4'));
      assert.ok(licence !== '' && speakers >= 1 && language.includes('-'), id);
      for (const { bytes, md5: hash, sha256: better } of [network, settings]) {
        assert.ok(bytes > 1000 && /^[0-9a-f]{32}$/.test(hash), id);
        assert.ok(better === undefined || /^[0-9a-f]{64}$/.test(better), id);
      }
    }
  });

  it('are gated where the data that they learned from is', () => {
    for (const [id, use] of [
      ['en_US-lessac-medium', false],
      ['en_US-joe-medium', false],
      ['en_US-ljspeech-medium', true],
      ['de_DE-mls-medium', true],
      ['sv_SE-nst-medium', null],
      ['xx_XX-mine-medium', null],
    ] as const) {
      assert.equal(voiceLicence(id).commercialUse, use, id);
    }
  });
});

describe('the voice store', function () {
  this.timeout(30_000);
  const network = onnxFile(4000);
  let server: FileServer;
  let folder: string;
  let remove: () => Promise<void>;
  before(async () => {
    server = await new FileServer().open();
  });
  after(() => server.close());
  beforeEach(async () => {
    ({ folder, remove } = await temporaryFolder());
  });
  afterEach(() => remove());

  const id = 'en_US-test-low';
  function store(hashes: object = {}): VoiceStore {
    const voice = {
      ...{ id, folder: 'en/en_US/test/low', language: 'en-US', languageName: 'English' },
      ...{ speakers: 1, licence: 'CC0', commercialUse: true },
      network: { bytes: network.length, md5: md5(network), ...hashes },
      settings: { bytes: SETTINGS.length, md5: md5(SETTINGS) },
    };
    const list = { source: server.url('/voices/'), voices: [voice] };
    return new VoiceStore(folder, list, { stall: 5000, retries: 1, pause: 1 });
  }
  const inside = (name: string): string => path.join(folder, 'voices', name);

  it('gets both files, goes on where the connection broke, and removes them again', async () => {
    server.answer(cutOff(network, 1500), file(network), file(SETTINGS));
    const voices = store({ sha256: sha256(network) });
    const doing = new Set<string>();
    const got = await voices.pull(id, { onProgress: (progress) => doing.add(progress.doing) });
    assert.deepEqual([got.installed, [...doing]], [true, ['downloading', 'checking']]);
    assert.deepEqual(await readFile(inside(`${id}.onnx`)), network);
    assert.equal(server.requests[1].range, 'bytes=1500-');
    assert.match(server.requests[0].url, /^\/voices\/en\/en_US\/test\/low\/en_US-test-low\.onnx$/);
    // There already: nothing is asked for.
    server.answer(status(500));
    assert.equal((await voices.pull(id)).installed, true);
    assert.equal(server.requests.length, 0);
    await voices.remove(id);
    assert.deepEqual(await readdir(path.join(folder, 'voices')), ['.lipwire']);
    await assert.rejects(voices.remove(id), { code: 'E_MODEL_MISSING' });
  });

  it('refuses other bytes, by either hash, and names the nearest of an unknown voice', async () => {
    const other = Buffer.from(network);
    other[other.length - 1] ^= 1;
    for (const [hashes, name] of [
      [{}, 'MD5'],
      [{ sha256: sha256(network) }, 'SHA-256'],
    ] as const) {
      server.answer(file(other));
      const message = new RegExp(`another ${name}.*lipwire voices add en_US-test-low.onnx`);
      await assert.rejects(store(hashes).pull(id), { code: 'E_MODEL_INVALID', message });
      await assert.rejects(access(inside(`${id}.onnx`)));
    }
    const message = /en_US-test-low/;
    await assert.rejects(store().pull('en_US-tset-low'), { code: 'E_MODEL_MISSING', message });
  });

  it('adds a voice with its settings, and leaves alone what others put there', async () => {
    const mine = path.join(folder, 'xx_XX-mine-low.onnx');
    await writeFile(mine, network);
    await assert.rejects(store().add(mine), { code: 'E_MODEL_INVALID', message: /get both files/ });
    await writeFile(`${mine}.json`, SETTINGS);
    assert.equal(await store().add(mine), 'xx_XX-mine-low');
    assert.deepEqual(await readFile(inside('xx_XX-mine-low.onnx.json')), SETTINGS);
    // It is no model for lip-sync.
    assert.ok((await new ModelStore({ folder }).list()).every((model) => model.kind !== 'own'));
    await store().remove('../xx_XX-mine-low');
    await assert.rejects(access(inside('xx_XX-mine-low.onnx')));
    await access(mine);
    await mkdir(path.join(folder, 'voices'), { recursive: true });
    await writeFile(inside('theirs.onnx'), network);
    await assert.rejects(store().remove('theirs'), { code: 'E_PATH' });
  });
});
