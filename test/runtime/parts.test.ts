import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import {
  artifactKey,
  type KeyParts,
  canonicalJson,
  putPathsIn,
  takePathsOut,
} from '../../src/runtime/artifacts';
import { studioSettings } from '../../src/runtime/settings';
import { keepFile } from '../../src/runtime/kept-files';
import { entryName, Leases } from '../../src/runtime/sweeper';
import { isLeftOver, temporaryName } from '../../src/files/temporary-names';
import { sniffExtension } from '../../src/av/sniff';
import { StageProgress } from '../../src/runtime/run-events';
import { defaultWorkspace, modelsFolder, openWorkspace } from '../../src/runtime/workspace';
import { deleteFolder, testFolder } from './worker/support';
import { names, withCode } from './support';

describe('canonical JSON', () => {
  it('is the same for every order of keys, and for what JSON cannot tell apart', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(canonicalJson(reversed), canonicalJson(value));
        assert.equal(canonicalJson(JSON.parse(JSON.stringify(value))), canonicalJson(value));
      }),
    );
  });

  it('leaves out what JSON has no word for', () => {
    const date = new Date(0);
    const value = { b: undefined, c: () => 1, d: [undefined, NaN], a: date };
    assert.equal(canonicalJson(value), `{"a":"${date.toISOString()}","d":[null,null]}`);
  });
});

describe('the key of an artifact', () => {
  const hash = (sha256: string) => ({ signature: '', sha256 });
  const parts = (more: Partial<KeyParts> = {}): KeyParts => ({
    stage: 'loudnorm',
    version: 1,
    parameters: { preset: 'streaming', range: 11 },
    input: { kind: 'file', file: '/a/sound.wav' },
    hashes: new Map([['/a/sound.wav', hash('aa')]]),
    ...more,
  });

  it('is 64 hexadecimal digits and depends on stage, version, parameters and content', () => {
    const keys = [
      parts(),
      parts({ stage: 'tts' }),
      parts({ version: 2 }),
      parts({ parameters: { preset: 'podcast', range: 11 } }),
      parts({ input: { kind: 'file', file: '/a/sound.wav', text: 'x' } }),
      parts({ hashes: new Map([['/a/sound.wav', hash('bb')]]) }),
    ].map(artifactKey);
    for (const key of keys) assert.match(key, /^[0-9a-f]{64}$/);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('depends neither on the order of keys nor on where a file lies', () => {
    const moved = parts({
      parameters: { range: 11, preset: 'streaming' },
      input: { file: 'b.wav', kind: 'file' },
      hashes: new Map([['b.wav', hash('aa')]]),
    });
    assert.equal(artifactKey(moved), artifactKey(parts()));
    const at = (root: string) =>
      parts({ input: { file: path.join(root, 'artifacts', 'f'.repeat(64), 'clip.mp4') } });
    assert.equal(artifactKey(at('/one/place')), artifactKey(at('/another')));
  });

  it('depends on files that are read but not named, such as the records of a track', () => {
    const of = (folder: string, content: string) =>
      artifactKey(
        parts({
          input: { kind: 'face', track: `${folder}/track.json` },
          hashes: new Map([
            [`${folder}/track.json`, hash('aa')],
            [`${folder}/track.bin`, hash(content)],
          ]),
        }),
      );
    assert.notEqual(of('/one', 'bb'), of('/one', 'cc'));
    assert.equal(of('/one', 'bb'), of('/another', 'bb'));
  });
});

describe('the record of an artifact', () => {
  it('gives the output back, with the paths that hold now', () => {
    const output = {
      folder: '/job',
      list: [{ file: '/job/sub/a.m4s' }, '/jobs/b', 'text'],
      source: '/in/face.png',
    };
    const record = takePathsOut(output, '/job', ['/in/face.png']);
    assert.equal(JSON.stringify(record.output).includes('/job/'), false);
    const back = putPathsIn(record, (file) => path.posix.join('/kept', file), ['/new/face.png']);
    assert.deepEqual(back, {
      folder: '/kept',
      list: [{ file: '/kept/sub/a.m4s' }, '/jobs/b', 'text'],
      source: '/new/face.png',
    });
  });

  it('changes nothing in an output without paths', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (output) => {
        const record = takePathsOut(output, '/a/folder/of/a/job', []);
        const nowhere = (): string => assert.fail();
        assert.equal(canonicalJson(putPathsIn(record, nowhere, [])), canonicalJson(output));
      }),
    );
  });
});

describe('leases', () => {
  const key = 'd'.repeat(64);

  it('hold until everybody who took one has given it back', () => {
    const leases = new Leases();
    const give = [1, 2].map(() => leases.take([`/w/artifacts/${key}/a`, `/w/artifacts/${key}`]));
    give[0]?.();
    give[0]?.();
    assert.ok(leases.has(key));
    give[1]?.();
    assert.deepEqual(leases.names, []);
  });

  it('find artifacts and kept files by their paths, and nothing else', () => {
    assert.equal(entryName(`C:\\w\\artifacts\\${key}\\b.mp4`), key);
    assert.equal(entryName(`/w/inputs/${key}.png`), `${key}.png`);
    for (const other of ['/w/inputs/me.png', `/w/${key}/x`, 'artifacts', '']) {
      assert.equal(entryName(other), undefined);
    }
  });
});

describe('a temporary name', () => {
  it('is not left over while its process lives', () => {
    assert.equal(isLeftOver(temporaryName(), 1e12), false);
  });

  it('of another machine is left over after a day', () => {
    const foreign = temporaryName().replace(/^.{8}/, '00000000');
    assert.ok(hostname());
    assert.deepEqual(
      [isLeftOver(foreign, 3600_000), isLeftOver(foreign, 25 * 3600_000)],
      [false, true],
    );
  });
});

describe('the format of a Buffer', () => {
  const cases: [string, string | Buffer][] = [
    ['png', '\x89PNG\r\n\x1a\n'],
    ['jpg', '\xff\xd8\xff\xe0'],
    ['gif', 'GIF89a'],
    ['webp', 'RIFF1234WEBPVP8 '],
    ['wav', 'RIFF1234WAVEfmt '],
    ['avif', '\0\0\0\x1cftypavif'],
    ['mp4', '\0\0\0\x20ftypisom'],
    ['m4a', '\0\0\0\x20ftypM4A '],
    ['mov', '\0\0\0\x14ftypqt  '],
    ['flac', 'fLaC'],
    ['ogg', 'OggS'],
    ['mp3', 'ID3\x04'],
    ['mp3', '\xff\xfb\x90\x00'],
    ['aac', '\xff\xf1\x50\x80'],
    ['webm', '\x1a\x45\xdf\xa3 ... webm'],
    ['mkv', '\x1a\x45\xdf\xa3 ... matroska'],
    ['tiff', 'II*\0'],
    ['svg', '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">'],
  ];

  for (const [extension, bytes] of cases) {
    it(`is seen in its first bytes: ${extension}`, () => {
      assert.equal(sniffExtension(Buffer.from(bytes as string, 'latin1')), extension);
    });
  }

  it('is unknown for anything else', () => {
    for (const text of ['', 'hello', '<html><svg></svg></html>', '\xff']) {
      assert.equal(sniffExtension(Buffer.from(text, 'latin1')), undefined);
    }
  });
});

describe('a workspace', () => {
  let folder: string;
  beforeEach(async () => (folder = await testFolder()));
  afterEach(() => deleteFolder(folder));

  it('keeps a Buffer under a name made of its content', async () => {
    const workspace = await openWorkspace(path.join(folder, 'w'), false);
    const bytes = Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1');
    const file = await keepFile(workspace, bytes);
    assert.equal(await keepFile(workspace, bytes, 'wav'), file, 'the content goes first');
    assert.match(path.basename(file), /^[0-9a-f]{64}\.png$/);
    assert.deepEqual(await readFile(file), bytes);
    assert.match(await keepFile(workspace, Buffer.from('raw'), '.MP3'), /\.mp3$/);
    assert.deepEqual(await names(workspace.temporary), []);
  });

  it('refuses Buffers of which it does not know what they are', async () => {
    const workspace = await openWorkspace(folder, false);
    const unknown = Buffer.from('#!/bin/sh');
    for (const extension of [undefined, 'sh', '../x', 'png/../../x']) {
      await assert.rejects(keepFile(workspace, unknown, extension), withCode('E_INPUT'));
    }
    await assert.rejects(keepFile(workspace, Buffer.alloc(0)), withCode('E_INPUT'));
    assert.deepEqual(await names(workspace.inputs), []);
  });

  it('is opened again, also where a cleaner took the marker away', async () => {
    const { root } = await openWorkspace(folder, false);
    await rm(path.join(root, 'lipwire-workspace.json'));
    await openWorkspace(folder, false);
    assert.ok(existsSync(path.join(root, 'lipwire-workspace.json')));
  });

  it('may be a link where the user says so, and not in the default place', async () => {
    const [target, link] = [path.join(folder, 'target'), path.join(folder, 'link')];
    await mkdir(target);
    await symlink(target, link);
    const { root } = await openWorkspace(link, false);
    assert.equal(path.basename(root), 'target');
    await assert.rejects(openWorkspace(link, true), /link or a file; choose another/);
  });

  it('in the default place may not be open to others', async () => {
    const open = path.join(folder, 'open');
    await mkdir(open);
    const { chmod, stat } = await import('node:fs/promises');
    await chmod(open, 0o777);
    await assert.rejects(openWorkspace(open, true), /other users may write into it/);
    const fresh = path.join(folder, 'fresh');
    await openWorkspace(fresh, true);
    assert.equal((await stat(fresh)).mode & 0o777, 0o700);
  });

  it('lies in the temporary folder, under a name of the user’s own', () => {
    assert.equal(path.dirname(defaultWorkspace()), tmpdir());
    if (process.getuid) assert.ok(defaultWorkspace().endsWith(`-${process.getuid()}`));
  });

  it('takes the models where the user has no folder for them', async () => {
    const { XDG_CACHE_HOME: cache, LIPWIRE_MODELS: models } = process.env;
    const file = path.join(folder, 'a-file');
    await writeFile(file, '');
    try {
      delete process.env['LIPWIRE_MODELS'];
      process.env['XDG_CACHE_HOME'] = folder;
      assert.equal(await modelsFolder('', '/w'), path.join(folder, 'lipwire', 'models'));
      process.env['XDG_CACHE_HOME'] = file;
      assert.equal(await modelsFolder('', '/w'), path.join('/w', 'models'));
      process.env['LIPWIRE_MODELS'] = '/elsewhere';
      assert.equal(await modelsFolder('', '/w'), '/elsewhere');
      assert.equal(await modelsFolder('/set', '/w'), '/set');
    } finally {
      restore('XDG_CACHE_HOME', cache);
      restore('LIPWIRE_MODELS', models);
    }
  });

  function restore(name: string, value: string | undefined): void {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

describe('the settings of a studio', () => {
  it('have defaults for what is not given and for what makes no sense', () => {
    const none = studioSettings({});
    assert.deepEqual(
      studioSettings({ maxBytes: -1, maxAgeHours: NaN, jobs: 0, idleSeconds: 0, device: '' }),
      none,
    );
    assert.equal(studioSettings({ jobs: 3 }).jobs, 3);
  });
});

describe('the time of stages', () => {
  it('counts what ran side by side once, and not the waits between', () => {
    const progress = new StageProgress();
    const spans = [
      [5000, 6000],
      [1000, 2000],
      [1500, 3000],
      [1600, 1700],
    ] as const;
    for (const [startedAt, endedAt] of spans) {
      progress.observer('wav2lip')({
        type: 'done',
        report: { cached: false, startedAt, endedAt },
      });
    }
    progress.observer('tts')({
      type: 'done',
      report: { cached: true, startedAt: 1, endedAt: 1 },
    });
    assert.deepEqual(progress.seconds, [
      { stage: 'tts', seconds: 0 },
      { stage: 'wav2lip', seconds: 3 },
    ]);
  });
});
