import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NodeMessage } from 'node-red';
import faceDetect from '../../nodes/face-detect/node';
import hlsExport from '../../nodes/hls-export/node';
import textSegment from '../../nodes/text-segment/node';
import wav2lip from '../../nodes/wav2lip/node';
import { avatarFile } from '../../src/runtime/avatar';
import { FakeStudio, helper, loadNode } from '../support/node-helper';
import { clip, face, speech } from '../support/payloads';

describe('Nodes that are more than their stage', () => {
  let studio: FakeStudio;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-nodes-'));
    helper.settings({ userDir: folder });
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

  describe('web addresses', () => {
    const ADDRESS = 'https://example.org/a?key=1';
    let asked: [address: string, field: string][];
    let signal: AbortSignal | undefined;

    beforeEach(() => {
      asked = [];
      studio.fetchFile = async (address, field, given) => {
        asked.push([address, field]);
        signal = given;
        return `/kept/${asked.length}`;
      };
      studio.answer = () => face('/a.png');
    });

    it('may be portraits, references and sounds; the stage is given a file', async () => {
      const { receive } = await loadNode(faceDetect, { type: 'lipwire-face-detect' }, studio);
      receive({ portrait: ADDRESS, select: 'reference', reference: ADDRESS } as NodeMessage);
      const [found] = await studio.waitFor(1);
      assert.deepEqual(found.input, { kind: 'file', file: '/kept/1', reference: '/kept/2' });
      await helper.unload();
      const speaks = await loadNode(wav2lip, { type: 'lipwire-wav2lip' }, studio);
      speaks.receive({ payload: { ...speech('/a.wav'), file: ADDRESS }, face: face('/a.png') });
      const [, spoken] = await studio.waitFor(2);
      assert.equal((spoken.input as { speech: { file: string } }).speech.file, '/kept/3');
      assert.deepEqual(
        asked.map(([address]) => address),
        [ADDRESS, ADDRESS, ADDRESS],
      );
      assert.ok(asked.every(([, field]) => field.startsWith('msg.')));
    });

    it('are no videos to publish, and no protocol but http and https is one', async () => {
      const { receive, caught, settled } = await loadNode(
        faceDetect,
        { type: 'lipwire-face-detect' },
        studio,
      );
      receive({ portrait: 'ftp://example.org/a.png' } as NodeMessage);
      await settled({ caught: 1 });
      assert.match(caught[0].error.message, /path of a file on this machine/);
      await helper.unload();
      const publishes = await loadNode(hlsExport, { type: 'lipwire-hls-export' }, studio);
      publishes.receive({ payload: ADDRESS });
      await publishes.settled({ caught: 1 });
      assert.match(publishes.caught[0].error.message, /path of a file on this machine/);
      assert.deepEqual(asked, []);
    });

    it('are no longer asked for when the message is cancelled', async () => {
      const { receive, settled } = await loadNode(
        faceDetect,
        { type: 'lipwire-face-detect' },
        studio,
      );
      const fetching = new Promise<void>((resolve) => {
        studio.fetchFile = (_address, _field, given) => {
          signal = given;
          resolve();
          return new Promise((_, reject) =>
            given?.addEventListener('abort', () => reject(given.reason)),
          );
        };
      });
      receive({ portrait: ADDRESS } as NodeMessage);
      await fetching;
      receive({ reset: true });
      await settled({ caught: 1 });
      assert.equal(signal?.aborted, true);
    });
  });

  describe('text-segment', () => {
    beforeEach(() => {
      studio.answer = ({ input }) => {
        const { text } = input as { text: string };
        return { segments: text.split('|').map((piece) => ({ kind: 'text', text: piece })) };
      };
    });

    it('sends one message a segment, in order, with parts that join understands', async () => {
      const { receive, sent, settled } = await loadNode(
        textSegment,
        { type: 'lipwire-text-segment' },
        studio,
      );
      receive({ payload: 'a|b|c', topic: 'news', parts: { id: 'outer', index: 3 } });
      await settled({ sent: 3, completed: 1 });
      const id = (sent[0]['parts'] as { id: string }).id;
      assert.ok(id);
      sent.forEach((msg, index) => {
        const outer = { id: 'outer', index: 3 };
        assert.deepEqual(msg['parts'], { id, index, count: 3, type: 'array', parts: outer });
        assert.equal(msg.topic, 'news');
      });
      assert.deepEqual(
        sent.map(({ payload }) => (payload as { text: string }).text),
        ['a', 'b', 'c'],
      );
    });

    it('gives every text an id of its own', async () => {
      const { receive, sent, settled } = await loadNode(
        textSegment,
        { type: 'lipwire-text-segment' },
        studio,
      );
      receive({ payload: 'a' });
      receive({ payload: 'b' });
      await settled({ sent: 2 });
      const ids = sent.map((msg) => (msg['parts'] as { id: string }).id);
      assert.notEqual(ids[0], ids[1]);
      assert.ok(sent.every((msg) => !('parts' in (msg['parts'] as object))));
    });

    for (const [what, payload, text] of [
      ['a number', 42.5, '42.5'],
      ['UTF-8 bytes', Buffer.from('Grüße'), 'Grüße'],
      ['an object without a kind', { text: 'Hi', speaker: 'Ann' }, 'Hi'],
    ] as const) {
      it(`takes ${what}`, async () => {
        const { receive } = await loadNode(textSegment, { type: 'lipwire-text-segment' }, studio);
        receive({ payload });
        const [run] = await studio.waitFor(1);
        assert.equal((run.input as { text: string }).text, text);
        assert.equal((run.input as { kind: string }).kind, 'text');
      });
    }
  });

  describe('face-detect', () => {
    const config = { type: 'lipwire-face-detect' };
    beforeEach(() => {
      studio.answer = () => face(avatarFile());
    });

    async function portraitOf(settings: object, msg: NodeMessage): Promise<unknown> {
      const { receive } = await loadNode(faceDetect, { ...config, ...settings }, studio);
      receive(msg);
      return (await studio.waitFor(1))[0].input;
    }

    it('takes the built-in avatar when nothing is set, and leaves the payload alone', async () => {
      const { receive, sent, settled } = await loadNode(faceDetect, config, studio);
      const payload = speech('/made/speech.wav');
      receive({ payload });
      await settled({ sent: 1 });
      assert.deepEqual(studio.asked[0].input, { kind: 'file', file: avatarFile() });
      assert.equal(sent[0].payload, payload);
      assert.equal((sent[0]['face'] as { kind: string }).kind, 'face');
    });

    it('finds a relative path in the user directory', async () => {
      await writeFile(path.join(folder, 'me.png'), 'picture');
      const input = await portraitOf({ portraitType: 'str', portrait: 'me.png' }, {});
      assert.deepEqual(input, { kind: 'file', file: path.join(folder, 'me.png') });
    });

    it('prefers msg.portrait to the setting', async () => {
      await writeFile(path.join(folder, 'you.png'), 'picture');
      const settings = { portraitType: 'str', portrait: 'not-there.png' };
      const input = await portraitOf(settings, { portrait: path.join(folder, 'you.png') });
      assert.deepEqual(input, { kind: 'file', file: path.join(folder, 'you.png') });
    });

    it('reads a message property, and keeps a Buffer that is in it', async () => {
      const settings = { portraitType: 'msg', portrait: 'picture.bytes' };
      const input = await portraitOf(settings, { picture: { bytes: Buffer.from('GIF89') } });
      assert.deepEqual(input, { kind: 'file', file: '/kept/5' });
    });

    it('shows the whole path of a portrait that is not there', async () => {
      const { receive, caught, settled } = await loadNode(faceDetect, config, studio);
      receive({ portrait: 'nobody.png' });
      await settled({ caught: 1 });
      assert.equal(caught[0].error.code, 'E_PATH');
      assert.ok(caught[0].error.message.includes('msg.portrait'));
      assert.ok(caught[0].error.message.includes(`starts at ${folder}`));
      assert.ok(caught[0].error.message.includes('nobody.png'));
    });

    it('refuses an address, and says what to do instead', async () => {
      const { receive, caught, settled } = await loadNode(faceDetect, config, studio);
      receive({ portrait: 'https://example.com/me.png' });
      await settled({ caught: 1 });
      assert.match(caught[0].error.message, /http request node/);
    });
  });

  describe('wav2lip', () => {
    it('needs msg.face, and says where it comes from', async () => {
      const file = path.join(folder, 'speech.wav');
      await writeFile(file, 'sound');
      const { receive, caught, settled } = await loadNode(
        wav2lip,
        { type: 'lipwire-wav2lip' },
        studio,
      );
      receive({ payload: speech(file) });
      await settled({ caught: 1 });
      assert.equal(caught[0].error.code, 'E_INPUT');
      assert.match(caught[0].error.message, /msg\.face .* wire a face-detect node/);
    });

    it('takes speech and a sound file alike, and says in the status which model ran', async () => {
      const file = path.join(folder, 'sound.wav');
      await writeFile(file, 'sound');
      studio.answer = () => clip('/made/clip.mp4');
      const { receive, settled, statuses } = await loadNode(
        wav2lip,
        { type: 'lipwire-wav2lip', fps: '30', blinks: false },
        studio,
      );
      receive({ payload: speech(file), face: face(avatarFile()) });
      receive({ payload: 'sound.wav', face: face(avatarFile()) });
      await settled({ sent: 2 });
      const [first, second] = studio.asked.map(({ input }) => input as { speech: object });
      assert.deepEqual(first.speech, speech(file));
      assert.deepEqual(second.speech, { kind: 'file', file });
      const { fps, blinks } = studio.asked[0].parameters as { fps: number; blinks: boolean };
      assert.deepEqual([fps, blinks], [30, false]);
      await new Promise((resolve) => setTimeout(resolve, 550));
      assert.match(statuses.at(-1)!.text ?? '', /status\.rendered$/);
    });
  });
});
