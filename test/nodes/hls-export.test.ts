import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NodeMessage } from 'node-red';
import hlsExport from '../../nodes/hls-export/node';
import { kiosks } from '../../nodes/hls-export/serve-kiosk';
import { streams } from '../../nodes/hls-export/publication';
import type { StreamPayload } from '../../src/contract';
import { FakeStudio, helper, loadNode, type LoadedNode } from '../support/node-helper';
import { video } from '../support/payloads';
import type { HlsFiles } from '../../src/hls/stage';

describe('The hls-export node', () => {
  let studio: FakeStudio;
  let folder: string;
  let videoFile: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-hls-'));
    videoFile = path.join(folder, 'video.mp4');
    await writeFile(videoFile, 'video');
    await helper.startServer();
  });
  after(async () => {
    await helper.stopServer();
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    studio = new FakeStudio();
  });
  afterEach(() => helper.unload());

  /** A stream as the stage would leave it, in a folder named by a key. */
  async function made(key: string): Promise<HlsFiles> {
    const artifact = path.join(folder, key.repeat(16).slice(0, 64));
    await mkdir(path.join(artifact, '480p'), { recursive: true });
    for (const name of ['master.m3u8', 'poster.jpg', '480p/0.m4s', 'notes.txt', 'data.json']) {
      await writeFile(path.join(artifact, name), name);
    }
    const rendition = { name: '480p', width: 640, height: 480, bandwidth: 1e6, playlist: 'x' };
    return {
      kind: 'hls',
      folder: artifact,
      playlist: path.join(artifact, 'master.m3u8'),
      poster: path.join(artifact, 'poster.jpg'),
      duration: 2,
      renditions: [rendition],
      segments: 1,
    };
  }

  function load(config: Record<string, unknown> = {}): Promise<LoadedNode> {
    return loadNode(hlsExport, { type: 'lipwire-hls-export', ...config }, studio);
  }

  async function publish(node: LoadedNode, key: string): Promise<StreamPayload> {
    const hls = await made(key);
    studio.answer = () => hls;
    const count = node.sent.length + 1;
    node.receive({ payload: video(videoFile), topic: key });
    await node.settled({ sent: count });
    return node.sent.at(-1)!.payload as StreamPayload;
  }

  it('says where the playlist and the player page are', async () => {
    const stream = await publish(await load(), 'abcd');
    assert.equal(stream.kind, 'stream');
    assert.equal(stream.url, '/lipwire/abcdabcdabcdabcd/master.m3u8');
    assert.equal(stream.watchUrl, '/lipwire/abcdabcdabcdabcd/watch');
    assert.equal(stream.segments, 1);
  });

  it('puts the HTTP root in front of it', async () => {
    helper.settings({ httpNodeRoot: '/endpoint/' });
    try {
      const stream = await publish(await load({ path: '/kiosk/news/' }), 'abcd');
      assert.equal(stream.url, '/endpoint/kiosk/news/abcdabcdabcdabcd/master.m3u8');
    } finally {
      helper.settings({});
    }
  });

  it('publishes the media of the folder and the video, and nothing beside them', async () => {
    await publish(await load(), 'abcd');
    const publication = streams.find('lipwire/abcdabcdabcdabcd');
    assert.deepEqual([...publication!.files.keys()].sort(), [
      '480p/0.m4s',
      'master.m3u8',
      'poster.jpg',
      'video.mp4',
    ]);
    assert.equal(publication!.files.get('video.mp4'), videoFile);
  });

  it('keeps so many streams, the newest, and protects them from being swept', async () => {
    const node = await load({ keep: '2' });
    for (const key of ['aaaa', 'bbbb', 'cccc']) await publish(node, key);
    const found = ['a', 'b', 'c'].map((c) => !!streams.find(`lipwire/${c.repeat(16)}`));
    assert.deepEqual(found, [false, true, true]);
    const pins = ['a', 'b', 'c'].map((c) => studio.pinned.get(path.join(folder, c.repeat(64))));
    assert.deepEqual(pins, [0, 1, 1]);
  });

  it('counts the same video once, as the newest', async () => {
    const node = await load({ keep: 2 });
    for (const key of ['aaaa', 'bbbb', 'aaaa', 'cccc']) await publish(node, key);
    const found = ['a', 'b', 'c'].map((c) => !!streams.find(`lipwire/${c.repeat(16)}`));
    assert.deepEqual(found, [true, false, true]);
    assert.equal(studio.pinned.get(path.join(folder, 'a'.repeat(64))), 1);
  });

  it('keeps the idle portrait beside them, and tells the screens which one it is', async () => {
    const node = await load({ keep: 1 });
    const hls = await made('aaaa');
    studio.answer = () => hls;
    node.receive({ payload: video(videoFile), idle: true } as NodeMessage);
    await node.settled({ sent: 1 });
    for (const key of ['bbbb', 'cccc']) await publish(node, key);
    const found = ['a', 'b', 'c'].map((c) => !!streams.find(`lipwire/${c.repeat(16)}`));
    assert.deepEqual(found, [true, false, true]);
    assert.equal(kiosks.find('lipwire')!.standing!.idle, true);
    node.receive({ payload: video(videoFile), idle: 'often' } as NodeMessage);
    await node.settled({ caught: 1 });
    assert.equal(node.caught[0].error.code, 'E_INPUT');
  });

  it('takes everything back when it is closed', async () => {
    const node = await load();
    await publish(node, 'abcd');
    await node.node.close(true);
    assert.equal(kiosks.find('lipwire'), undefined);
    assert.equal(streams.find('lipwire/abcdabcdabcdabcd'), undefined);
    assert.deepEqual([...new Set(studio.pinned.values())], [0]);
  });

  for (const [name, settings] of [
    ['a path that leads out', { path: '../admin' }],
    ['a path with a space', { path: 'my videos' }],
    ['a path with a query', { path: 'a?b' }],
    ['to keep none', { keep: 0 }],
    ['to keep a half', { keep: 0.5 }],
  ] as const) {
    it(`refuses ${name}, before any work`, async () => {
      const node = await load(settings);
      node.receive({ payload: video(videoFile) });
      await node.settled({ caught: 1 });
      assert.equal(node.caught[0].error.code, 'E_INPUT');
      assert.equal(studio.asked.length, 0);
    });
  }
});
