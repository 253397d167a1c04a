import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClipPayload, SpeechPayload, StreamPayload, VideoPayload } from '../../src/contract';
import { EXAMPLES, example, lighter, named } from '../support/flows';
import { sharedNodeRed, until, type NodeRed, type Probe, type Seen } from '../support/node-red';
import { smallAvatar } from '../support/portrait';

/**
 * Each example is deployed, its buttons pressed, its debug nodes watched. Only speed, pictures a second
 * and the size of the avatar differ from what is imported; first-minute.test.ts runs one as it is.
 */
describe('The example flows', function () {
  this.timeout(120_000);
  const run = new Set<string>();
  let nodeRed: NodeRed;
  let folder: string;
  let portrait: string;
  before(async () => {
    nodeRed = await sharedNodeRed();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-examples-'));
    portrait = await smallAvatar(folder);
  });
  after(() => rm(folder, { recursive: true }));

  /** Deploys an example and presses a button of it. */
  async function press(number: string, button: string): Promise<Probe> {
    run.add(number);
    const flow = example(number).some(({ type }) => type === 'lipwire-wav2lip')
      ? lighter(example(number), portrait)
      : example(number);
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, button).id);
    return probe;
  }

  function payload<T>(seen: Seen): T {
    assert.equal(seen.msg.error, undefined, seen.msg.error?.message);
    return seen.msg.payload as T;
  }

  it('01: turns a text into a published video', async () => {
    const probe = await press('01', 'text');
    const [seen] = await probe.wait(1, undefined, 110_000);
    const stream = payload<StreamPayload>(seen);
    assert.equal(stream.kind, 'stream');
    assert.match(stream.url, /^\/lipwire\/[0-9a-f]{16}\/master\.m3u8$/);
    const playlist = await fetch(nodeRed.url + stream.url);
    assert.equal(playlist.status, 200);
    assert.match(await playlist.text(), /^#EXTM3U/);
    assert.ok(stream.duration > 2, `${stream.duration}`);
    assert.ok(!('parts' in seen.msg));
  });

  it('02: splits a text, and core join puts it together again', async () => {
    const probe = await press('02', 'text');
    const [joined] = await probe.wait(1, 'joined');
    const segments = await probe.wait(3, 'segments');
    const texts = segments.map((seen) => payload<{ text: string }>(seen).text);
    assert.ok(texts.length >= 3);
    assert.deepEqual(payload(joined), texts);
    segments.forEach(({ msg }, index) => {
      const { count, type } = msg['parts'] as { count: number; type: string };
      assert.deepEqual(
        [(msg['parts'] as { index: number }).index, count, type],
        [index, texts.length, 'array'],
      );
    });
  });

  it('03: speaks English and Arabic, and more slowly when told to', async () => {
    const flow = example('03');
    run.add('03');
    const probe = await nodeRed.deployProbed(flow);
    for (const button of ['English', 'Arabic', 'slowly'])
      await nodeRed.inject(named(flow, button).id);
    const spoken = (await probe.wait(3)).map((seen) => payload<SpeechPayload>(seen));
    for (const { file, cues, duration } of spoken) {
      assert.ok(existsSync(file));
      assert.ok(cues!.length > 10);
      assert.ok(cues!.at(-1)!.end <= duration);
    }
    const languages = spoken.map(({ language }) => language!.split('-')[0]).sort();
    assert.deepEqual(languages, ['ar', 'en', 'en']);
  });

  it('04: measures the loudness before and after', async () => {
    const [seen] = await (await press('04', 'text')).wait(1);
    const { loudness } = payload<SpeechPayload>(seen);
    assert.equal(loudness!.target, -23);
    assert.ok(Math.abs(loudness!.integrated! + 23) <= 0.5);
    assert.equal(typeof loudness!.before.integrated, 'number');
  });

  it('05: finds the face of the avatar', async () => {
    const [seen] = await (await press('05', 'built-in avatar')).wait(1);
    assert.equal(seen.msg.error, undefined);
    const { faces, selected } = seen.msg['face'] as {
      faces: { score: number }[];
      selected: number;
    };
    assert.equal(faces.length, 1);
    assert.equal(selected, 0);
    assert.ok(faces[0].score > 0.9);
  });

  it('06: makes the avatar speak a sentence', async () => {
    const [seen] = await (await press('06', 'sentence')).wait(1, undefined, 110_000);
    const clip = payload<ClipPayload>(seen);
    assert.equal(clip.engine.model, 'builtin');
    assert.equal(clip.frames, Math.round(clip.duration * clip.fps));
    assert.ok(existsSync(clip.file));
  });

  it('07: stitches an array of clips, with a chapter for each', async () => {
    const [seen] = await (await press('07', 'three sentences')).wait(1, undefined, 110_000);
    const video = payload<VideoPayload>(seen);
    assert.equal(video.kind, 'video');
    assert.deepEqual(
      video.chapters.map(({ title }) => title),
      ['One.', 'Two.', 'Three.'],
    );
  });

  it('08: publishes a single clip under a path of its own', async () => {
    const [seen] = await (await press('08', 'sentence')).wait(1, undefined, 110_000);
    const stream = payload<StreamPayload>(seen);
    assert.match(stream.watchUrl, /^\/lipwire\/news\/[0-9a-f]{16}\/watch$/);
    assert.equal((await fetch(nodeRed.url + stream.watchUrl)).status, 200);
  });

  it('09: answers an HTTP request with the addresses of the video, and a wrong one with a code', async () => {
    run.add('09');
    await nodeRed.deploy(lighter(example('09'), portrait));
    const ask = (body: unknown): Promise<Response> =>
      fetch(`${nodeRed.url}/talking-head`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const answer = await ask({ text: 'Hello there.', language: 'en-GB' });
    const good = (await answer.json()) as { watchUrl: string; video: string; duration: number };
    assert.equal(answer.status, 200, JSON.stringify(good));
    assert.ok(good.duration > 0.5);
    const video = await fetch(nodeRed.url + good.video);
    assert.equal(video.headers.get('content-type'), 'video/mp4');
    const refused = await ask({ words: 'Hello' });
    assert.equal(refused.status, 400);
    const { code, message } = (await refused.json()) as { code: string; message: string };
    assert.equal(code, 'E_INPUT');
    assert.match(message, /msg\.payload/);
  });

  it('10: lets two voices speak in turn, in one video', async () => {
    const probe = await press('10', 'dialogue');
    const [seen] = await probe.wait(1, undefined, 110_000);
    const stream = payload<StreamPayload>(seen);
    assert.ok(stream.duration > 2, `${stream.duration}`);
    assert.equal((await fetch(nodeRed.url + stream.url)).status, 200);
  });

  it('leaves no example out', async () => {
    assert.deepEqual(
      [...run].sort(),
      // Those from 11 on are run in examples-in-use.test.ts.
      EXAMPLES.map((file) => file.slice(0, 2)).filter((number) => number < '11'),
    );
    await until(() => nodeRed.isAlive);
  });
});
