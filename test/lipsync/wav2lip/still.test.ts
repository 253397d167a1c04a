import assert from 'node:assert/strict';
import { SoundAnalyzer, type SoundFeatures } from '../../../src/lipsync/sound';
import { KEPT, FaceMask, AlignedCrop } from '../../../src/lipsync/wav2lip/aligned-crop';
import { pastePatch, patchFromOutput } from '../../../src/lipsync/wav2lip/face-input';
import { StillFace, StillRenderer, type StillOptions } from '../../../src/lipsync/wav2lip/render';
import { WINDOW_VALUES } from '../../../src/lipsync/wav2lip/windows';
import type { MouthNetwork } from '../../../src/lipsync/wav2lip/mouth-network';
import { HardBlend } from '../../../src/lipsync/wav2lip/blend';
import { frameRate } from '../../../src/contract';
import { drawnFace } from '../../support/drawn-face';
import { needFixture } from '../../support/fixtures';
import { noise } from '../../support/noise';
import { readNpy } from '../../support/npy';

const RATE = 16_000;
const SIZE = 96;
const ROWS = KEPT.bottom - KEPT.top;
const COLUMNS = KEPT.right - KEPT.left;
const VALUES = 3 * ROWS * COLUMNS;
const whole = { top: 0, bottom: SIZE, left: 0, right: SIZE };

/** Silence and speech by turns, so many seconds each. */
function sound(...seconds: number[]): SoundFeatures {
  const analyzer = new SoundAnalyzer(RATE);
  seconds.forEach((length, i) => {
    const size = i % 2 === 1 ? 0.3 : 0;
    analyzer.push(noise(Math.round(length * RATE), -size, size));
  });
  return analyzer.finish();
}

/** A network that is asked for pictures as `answer` gives them. */
function network(answer: (input: Float32Array, heard: number, picture: Float32Array) => void) {
  const asked: number[] = [];
  const made: MouthNetwork = {
    size: SIZE,
    keep: KEPT,
    device: 'test',
    face: async (input) => async (mels, count) => {
      const pictures = new Float32Array(count * VALUES);
      for (let i = 0; i < count; i++) {
        asked.push(mels[i * WINDOW_VALUES]);
        answer(input, asked.at(-1)!, pictures.subarray(i * VALUES, (i + 1) * VALUES));
      }
      return pictures;
    },
    faces: () => Promise.reject(new Error('a still has one face')),
  };
  return { made, asked };
}

/** Gives the face back as it came. */
const mirror = () =>
  network((input, _heard, picture) => {
    for (let i = 0; i < VALUES; i++) {
      const [c, row] = [Math.floor(i / ROWS / COLUMNS), Math.floor(i / COLUMNS) % ROWS];
      const at = (row + KEPT.top) * SIZE + (i % COLUMNS) + KEPT.left;
      picture[i] = input[(3 + c) * SIZE * SIZE + at];
    }
  });

/** Paints something else for every window. */
const painter = () =>
  network((_input, heard, picture) => picture.set(noise(VALUES, 0.2, 0.9, 7 + heard)));

/** A window for each frame that holds the frame's number. */
async function* windows(count: number): AsyncGenerator<Float32Array> {
  for (let i = 0; i < count; i++) yield new Float32Array(WINDOW_VALUES).fill(i);
}

/** Slow waves instead of the drawn face's weave, which is finer than the network's pixels. */
function smoothFace(roll: number) {
  const { picture, landmarks } = drawnFace(400, 480, roll);
  const data = picture.data.map((_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % 400, Math.floor(i / 1200), i % 3];
    return 128 + 60 * Math.sin(x / 31 + c) * Math.cos(y / 37 + c);
  });
  return { picture: { ...picture, data }, landmarks };
}

async function render(values: Partial<StillOptions> & Pick<StillOptions, 'network'>) {
  const face = drawnFace(200, 240);
  const frameCount = values.frameCount ?? 20;
  const options: StillOptions = {
    ...face,
    box: [40, 40, 160, 200],
    windows: windows(frameCount),
    features: sound(0, 2),
    rate: frameRate(25),
    frameCount,
    offset: 0,
    blend: 'soft',
    pads: { top: 0, bottom: 10, left: 0, right: 0 },
    silenceGate: true,
    batch: 4,
    blinks: false,
    headMotion: false,
    ...values,
  };
  const still = new StillFace(options);
  const engine = new StillRenderer(options, still);
  const frames: Buffer[] = [];
  for await (const frame of engine.frames(new AbortController().signal)) {
    frames.push(Buffer.from(frame));
  }
  const { region } = still;
  const { x, y, width, height } = region;
  const rest = Buffer.alloc(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * options.picture.width + x) * 3;
    rest.set(options.picture.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { engine, region, frames, rest, options };
}

describe('Wav2Lip on a still portrait', () => {
  for (const roll of [0, 0.4, -1.2]) {
    it(`puts a face back where it was, turned by ${roll}`, async () => {
      const { frames, rest } = await render({ ...smoothFace(roll), network: mirror().made });
      let worst = 0;
      frames.at(-1)!.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - rest[i]))));
      assert.ok(worst <= 4, `${worst} levels`);
    });
  }

  it('shows the network’s picture under the mask and leaves all else as it is', async () => {
    const { frames, rest, region, options } = await render({ network: painter().made });
    const landmarks = options.landmarks!;
    const crop = new AlignedCrop(landmarks, SIZE);
    const mask = new FaceMask(landmarks, crop);
    const { x, y, width } = region;
    let [inside, changed] = [0, 0];
    for (let i = 0; i < rest.length; i += 3) {
      const [px, py] = [x + ((i / 3) % width), y + Math.floor(i / 3 / width)];
      const weight = mask.at(...crop.toCrop([px, py]));
      const isSame = frames
        .at(-1)!
        .subarray(i, i + 3)
        .equals(rest.subarray(i, i + 3));
      if (weight === 0) assert.ok(isSame, `${px}, ${py}`);
      if (weight < 0.9) continue;
      inside++;
      if (!isSame) changed++;
    }
    assert.ok(inside > 500 && changed > 0.9 * inside, `${changed} of ${inside}`);
  });

  it('covers the lips and no eye', () => {
    for (const roll of [0, 0.5]) {
      const { landmarks } = drawnFace(200, 240, roll);
      const crop = new AlignedCrop(landmarks, SIZE);
      const mask = new FaceMask(landmarks, crop);
      const at = (index: number): number => mask.at(...crop.toCrop(landmarks[index]));
      for (const lip of [61, 291, 0, 17, 13]) assert.ok(at(lip) > 0.6, `${lip}: ${at(lip)}`);
      for (const other of [33, 263, 145, 1, 10, 234, 454]) assert.ok(at(other) < 1e-3, `${other}`);
    }
  });

  it('brings the mean of the network’s colours to that of the skin around', async () => {
    const dark = network((_input, _heard, picture) => picture.fill(0.2));
    const { frames, rest } = await render({ ...smoothFace(0), network: dark.made });
    const mean = (bytes: Buffer): number => bytes.reduce((sum, v) => sum + v, 0) / bytes.length;
    assert.ok(Math.abs(mean(frames.at(-1)!) - mean(rest)) < 5);
  });

  it('is the portrait itself, byte for byte, in silence, and does not ask the network', async () => {
    const { made, asked } = painter();
    const options = { network: made, features: sound(1, 0.6, 1.4), frameCount: 75 };
    const { frames, rest, engine } = await render(options);
    const isRest = frames.map((frame) => frame.equals(rest));
    assert.ok(isRest.slice(0, 19).every(Boolean), 'before');
    assert.ok(isRest.slice(48).every(Boolean), 'after');
    assert.ok(
      isRest.slice(25, 40).every((rested) => !rested),
      'speech',
    );
    assert.equal(asked.length, 75 - engine.silentFrames);
    assert.deepEqual(
      asked,
      [...asked].sort((a, b) => a - b),
    );
    const quiet = painter();
    const { frames: still } = await render({ network: quiet.made, features: sound(1) });
    assert.ok(still.every((frame) => frame.equals(rest)));
    assert.deepEqual(quiet.asked, []);
  });

  it('moves the gate with the mouth, and has none when it is switched off', async () => {
    const features = sound(1, 0.6, 1.4);
    const firstSpoken = async (values: Partial<StillOptions>): Promise<number> => {
      const given = { network: painter().made, features, frameCount: 75, ...values };
      const { frames, rest } = await render(given);
      return frames.findIndex((frame) => !frame.equals(rest));
    };
    const usual = await firstSpoken({});
    assert.equal((await firstSpoken({ offset: 0.2 })) - usual, 5);
    assert.equal(await firstSpoken({ silenceGate: false }), 0);
  });

  it('makes the same frames whatever the batch', async () => {
    const features = sound(0.3, 0.5, 0.6, 0.5);
    const of = async (batch: number) =>
      (await render({ network: painter().made, features, frameCount: 47, batch })).frames;
    const one = await of(1);
    assert.equal(one.length, 47);
    for (const batch of [4, 7, 128]) assert.deepEqual(await of(batch), one);
  });

  it('measures the seam, which the soft mask hides and the hard rectangle shows', async () => {
    const face = smoothFace(0);
    const soft = await render({ ...face, network: mirror().made });
    const { seam, original } = soft.engine.seam!;
    assert.ok(Math.abs(seam - original) < 0.5, `${seam} and ${original}`);
    const painted = network((_input, _heard, picture) => picture.fill(1));
    painted.made.face = async () => async (_mels, count) =>
      new Float32Array(count * 3 * SIZE * SIZE).fill(1);
    const hard = { network: { ...painted.made, keep: whole }, blend: 'parity' } as const;
    const measured = (await render({ ...face, ...hard })).engine.seam!;
    assert.ok(measured.seam > 10 * measured.original, `${measured.seam}`);
  });

  it('blinks and moves the head when asked, in silence too, but not in parity', async () => {
    const life = { blinks: true, headMotion: true, features: sound(8), frameCount: 200 };
    const { frames, rest } = await render({ network: painter().made, ...life });
    assert.ok(frames[0].equals(rest));
    assert.ok(frames.some((frame) => !frame.equals(rest)));
    const grey = network(() => undefined).made;
    grey.face = async () => async (_mels, count) =>
      new Float32Array(count * 3 * SIZE * SIZE).fill(0.5);
    const parity = { network: { ...grey, keep: whole }, blend: 'parity' } as const;
    const same = await render({ ...parity, ...life });
    assert.ok(same.frames.every((frame) => frame.equals(same.frames[0])));
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const { options } = await render({ network: painter().made });
    const again = { ...options, windows: windows(20) };
    const frames = new StillRenderer(again, new StillFace(again)).frames(abort.signal);
    await frames.next();
    abort.abort();
    await assert.rejects(
      async () => {
        for await (const frame of frames) assert.ok(frame);
      },
      { code: 'E_CANCELLED' },
    );
  });
});

describe('the hard rectangle of the reference', () => {
  it('pastes the patch into the padded box, bit for bit, and nothing else', async () => {
    const { picture } = drawnFace(200, 240);
    const pads = { top: 3, bottom: 10, left: -4, right: 7 };
    const blend = new HardBlend(pads, SIZE);
    const sight = blend.see(picture, { box: [41.7, 50.2, 161.9, 236] });
    assert.deepEqual(sight.box, [45, 47, 168, 240]);
    const planes = noise(3 * SIZE * SIZE, -0.1, 1.1);
    const expected = { ...picture, channels: 3, data: Uint8Array.from(picture.data) };
    pastePatch(expected, patchFromOutput(planes, SIZE, SIZE, 'rgb'), sight.box);
    const { x, y, width, height } = sight.region;
    const cut = (data: Uint8Array): Buffer =>
      Buffer.concat(
        Array.from({ length: height }, (_, row) => {
          const from = ((y + row) * 200 + x) * 3;
          return data.subarray(from, from + width * 3);
        }),
      );
    const frame = cut(picture.data);
    blend.put(sight, { ...sight.region, data: frame }, planes);
    assert.ok(frame.equals(cut(expected.data)));
  });

  it('equals the golden input and patch of a real run, exactly', function () {
    const golden = (name: string) => readNpy(needFixture(this, `golden/wav2lip_gan_96/${name}`));
    const bgr = golden('area_vision_frame.npy').data as Uint8Array;
    const reversed = (bytes: Uint8Array): Uint8Array =>
      bytes.map((_, i) => bytes[i - (i % 3) + 2 - (i % 3)]);
    const picture = { width: SIZE, height: SIZE, data: reversed(bgr) };
    const pads = { top: 0, bottom: 0, left: 0, right: 0 };
    const blend = new HardBlend(pads, SIZE);
    const sight = blend.see(picture, { box: [0, 0, SIZE, SIZE] });
    assert.deepEqual(sight.input, golden('target_input.npy').data);
    const frame = Uint8Array.from(picture.data);
    const planes = golden('raw_model_output.npy').data as Float32Array;
    blend.put(sight, { x: 0, y: 0, width: SIZE, height: SIZE, data: frame }, planes);
    const patch = golden('normalized_area_vision_frame.npy').data as Uint8Array;
    assert.deepEqual(frame, reversed(patch));
  });

  it('refuses a box with nothing of the picture in it', () => {
    const { picture } = drawnFace(200, 240);
    const pads = { top: 0, bottom: 0, left: 0, right: 0 };
    const blend = new HardBlend(pads, SIZE);
    assert.throws(() => blend.see(picture, { box: [300, 10, 350, 60] }), { code: 'E_INPUT' });
  });
});
