import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { encodeWav } from '../../src/av/wav';
import type { ClipPayload, FacePayload } from '../../src/contract';
import { wav2lipTable } from '../../src/lipsync/wav2lip/network-table';
import { floats, legacyCheckpoint } from '../support/checkpoints';
import { httpFlow } from '../support/flows';
import { PROJECT, sharedNodeRed, type NodeRed } from '../support/node-red';
import { noise } from '../support/noise';
import { seededTensors, WAV2LIP_GAIN } from '../support/seeded-tensors';

const SIDE = 320;

/** A made-up checkpoint, brought as a user brings one, on a picture and on a video of the avatar. */
describe('A Wav2Lip checkpoint in Node-RED', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let folder: string;
  let speech: string;

  before(async () => {
    nodeRed = await sharedNodeRed();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-wav2lip-'));
    speech = path.join(folder, 'speech.wav');
    const sound = [
      ...new Float32Array(4_000),
      ...noise(8_000, -0.3, 0.3),
      ...new Float32Array(8_000),
    ];
    const channels = [Float32Array.from(sound)];
    await writeFile(speech, encodeWav({ sampleRate: 16_000, channels }));
    const tensors = seededTensors(wav2lipTable(), WAV2LIP_GAIN);
    const state = [...tensors].map(([name, { shape, data }]) => [name, floats(shape, data)]);
    const checkpoint = path.join(folder, 'Seeded.pth');
    await writeFile(checkpoint, legacyCheckpoint({ state_dict: Object.fromEntries(state) }));
    const cli = path.join(PROJECT, 'dist/src/cli/main.js');
    const env = { ...process.env, LIPWIRE_MODELS: path.join(nodeRed.home, 'models') };
    await promisify(execFile)(process.execPath, [cli, 'models', 'add', checkpoint], { env });
    await nodeRed.deploy([
      { id: 'accepting', type: 'lipwire-studio', name: '', acceptNonCommercial: true },
      ...httpFlow('speak', [
        {
          type: 'lipwire-face-detect',
          studio: 'accepting',
          portraitType: 'msg',
          portrait: 'portrait',
        },
        { type: 'lipwire-wav2lip', studio: 'accepting', model: 'seeded' },
      ]),
    ]);
  });
  after(() => rm(folder, { recursive: true }));

  async function speak(message: object): Promise<{ payload: ClipPayload; face: FacePayload }> {
    const response = await fetch(`${nodeRed.url}/speak`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: { payload: speech, ...message } }),
    });
    const answer = (await response.json()) as { payload: ClipPayload; face: FacePayload };
    assert.equal(response.status, 200, JSON.stringify(answer));
    return answer;
  }

  async function picture(): Promise<string> {
    const file = path.join(folder, 'avatar.png');
    await sharp(path.join(PROJECT, 'assets/avatar/avatar.png')).resize(SIDE, SIDE).toFile(file);
    return file;
  }

  /** The avatar, moved and enlarged little by little. */
  async function film(): Promise<string> {
    const file = path.join(folder, 'avatar.mp4');
    const still = await picture();
    const move = `zoompan=z='1+0.01*on':x='iw/2-iw/zoom/2+on':y='ih/2-ih/zoom/2':d=9:s=${SIDE}x${SIDE}:fps=12`;
    const ffmpeg = await openFfmpeg();
    const options = ['-vf', `${move},format=yuv420p`, '-c:v', 'libx264'];
    await ffmpeg.run({ inputs: [{ source: still }], outputs: [{ target: file, options }] });
    return file;
  }

  it('speaks with a picture', async () => {
    const { payload } = await speak({ portrait: await picture(), fps: 12 });
    assert.deepEqual([payload.fps, payload.frames, payload.width], [12, 15, SIDE]);
    assert.equal(payload.engine.model, 'seeded');
    assert.ok(payload.report.silentFrames! > 0 && payload.report.seam!.seam > 0);
  });

  it('speaks with a video at the video’s own rate, back and forth', async () => {
    const { payload, face } = await speak({ portrait: await film() });
    assert.deepEqual([face.source.type, face.source.frames], ['video', 9]);
    assert.deepEqual([payload.fps, payload.frames, payload.width], [12, 15, SIDE]);
    assert.equal(payload.engine.model, 'seeded');
    assert.equal(payload.report.framesWithoutFace, 0);
    assert.ok(payload.report.silentFrames! > 0 && payload.report.seam!.seam > 0);
    assert.match(payload.report.notes!.join(), /back and forth/);
  });

  it('says that the built-in engine moves no video', async () => {
    const response = await fetch(`${nodeRed.url}/speak`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        message: { payload: speech, portrait: await film(), model: 'builtin' },
      }),
    });
    const error = (await response.json()) as { code: string; message: string };
    assert.deepEqual([response.status, error.code], [500, 'E_INPUT']);
    assert.match(error.message, /a picture for the built-in engine/);
  });
});
