import assert from 'node:assert/strict';
import { SoundAnalyzer, type SoundFeatures } from '../../../src/lipsync/sound';
import { boxInput, pastePatch, patchFromOutput } from '../../../src/lipsync/wav2lip/face-input';
import { FacePath, padBox, smoothBoxes, wholeBox } from '../../../src/lipsync/wav2lip/face-path';
import { KEPT } from '../../../src/lipsync/wav2lip/aligned-crop';
import { VideoRenderer, type VideoOptions } from '../../../src/lipsync/wav2lip/render';
import { WINDOW_VALUES } from '../../../src/lipsync/wav2lip/windows';
import type { MouthNetwork } from '../../../src/lipsync/wav2lip/mouth-network';
import { rgbOf } from '../../../src/lipsync/wav2lip/yuv-frame';
import { frameRate, type Landmark, type OpenFaceTrack } from '../../../src/contract';
import { YuvConverter } from '../../../src/av/yuv';
import { drawnFace } from '../../support/drawn-face';
import { noise } from '../../support/noise';

const [WIDTH, HEIGHT] = [240, 260];
const SIZE = 96;
const WHOLE = { top: 0, bottom: SIZE, left: 0, right: SIZE };
const COUNT = 12;

/** Silence and speech by turns, so many seconds each. */
function sound(...seconds: number[]): SoundFeatures {
  const analyzer = new SoundAnalyzer(16_000);
  seconds.forEach((length, i) => {
    const size = i % 2 === 1 ? 0.3 : 0;
    analyzer.push(noise(Math.round(length * 16_000), -size, size));
  });
  return analyzer.finish();
}

/** Frames that a test may ask for. */
const MOST = 75;
/** Frames of a face that moves and turns, on slow waves; something dark is where the lips are. */
const moving = () => {
  const [middleX, middleY] = [WIDTH / 2, HEIGHT / 2];
  const { landmarks } = drawnFace(WIDTH, HEIGHT);
  const poses = Array.from({ length: MOST }, (_, i) => {
    const turn = 0.2 * Math.sin(i / 4);
    const [cos, sin] = [0.8 * Math.cos(turn), 0.8 * Math.sin(turn)];
    return landmarks.map(([x, y]): Landmark => {
      const [a, b] = [x - middleX, y - middleY];
      const [across, down] = [8 * Math.sin(i / 5), 6 * Math.cos(i / 7)];
      return [middleX + across + a * cos - b * sin, middleY + down + a * sin + b * cos];
    });
  });
  const frames = poses.map((pose, i) => {
    const [mouthX, mouthY] = pose[13];
    const rgb = Buffer.alloc(WIDTH * HEIGHT * 3);
    for (let y = 0, at = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++, at += 3) {
        const lips = 60 * Math.exp(-(((x - mouthX) / 22) ** 2) - ((y - mouthY) / 12) ** 2);
        const wave = Math.sin((x - i) / 31) * Math.cos((y + i) / 37);
        for (let c = 0; c < 3; c++) rgb[at + c] = 110 + 30 * c + 50 * wave - lips;
      }
    }
    return new YuvConverter(WIDTH, HEIGHT).convert(rgb);
  });
  return { frames, poses };
};
let made: ReturnType<typeof moving> | undefined;

function movingFace(count: number): ReturnType<typeof moving> {
  made ??= moving();
  return { frames: made.frames.slice(0, count), poses: made.poses.slice(0, count) };
}

type Answer = (input: Float32Array, heard: number, planes: Float32Array) => void;

/** A network that is asked for pictures as `answer` gives them. */
function network(answer: Answer, keep: typeof KEPT | typeof WHOLE = KEPT) {
  const asked: number[] = [];
  const values = 3 * (keep.bottom - keep.top) * (keep.right - keep.left);
  const made: Pick<MouthNetwork, 'size' | 'keep' | 'device' | 'faces' | 'face'> = {
    size: SIZE,
    keep,
    device: 'test',
    face: () => Promise.reject(new Error('every frame has a face of its own')),
    faces: async (inputs, mels, count) => {
      const pictures = new Float32Array(count * values);
      for (let i = 0; i < count; i++) {
        asked.push(mels[i * WINDOW_VALUES]);
        const input = inputs.subarray(i * 6 * SIZE ** 2, (i + 1) * 6 * SIZE ** 2);
        answer(input, asked.at(-1)!, pictures.subarray(i * values, (i + 1) * values));
      }
      return pictures;
    },
  };
  return { made: made as MouthNetwork, asked };
}

/** Gives the face back as it came, changed as `level` says. */
const mirror = (level = (value: number): number => value): Answer => {
  const [rows, columns] = [KEPT.bottom - KEPT.top, KEPT.right - KEPT.left];
  return (input, _heard, planes) =>
    planes.forEach((_, i) => {
      const [c, row] = [Math.floor(i / rows / columns), Math.floor(i / columns) % rows];
      const at = (row + KEPT.top) * SIZE + (i % columns) + KEPT.left;
      planes[i] = level(input[(3 + c) * SIZE * SIZE + at]);
    });
};
/** Depends on all that it is given, and looks like nothing. */
const painter: Answer = (input, heard, planes) => {
  let seed = heard;
  for (let i = 0; i < input.length; i += 11) seed += Math.round(input[i] * 255) * (i % 7);
  planes.set(noise(planes.length, -0.02, 1.02, seed));
};

async function* windows(count: number): AsyncGenerator<Float32Array> {
  for (let i = 0; i < count; i++) yield new Float32Array(WINDOW_VALUES).fill(i);
}

interface Wish extends Partial<VideoOptions> {
  network: MouthNetwork;
  poses?: (readonly Landmark[] | undefined)[];
  shots?: number[];
}

async function render({ poses: given, shots, ...values }: Wish) {
  const frameCount = values.frameCount ?? COUNT;
  const made = movingFace(frameCount);
  const poses = given ?? made.poses;
  async function* frames() {
    for (const [source, frame] of made.frames.entries()) {
      const isShownAgain = source % 2 === 0;
      yield { source, data: isShownAgain ? frame : Buffer.from(frame), isShownAgain };
    }
  }
  const engine = new VideoRenderer({
    width: WIDTH,
    height: HEIGHT,
    frames: frames(),
    faceAt: async (source) => {
      const landmarks = poses[source];
      return landmarks && { shot: shots?.[source] ?? 0, landmarks };
    },
    windows: windows(frameCount),
    features: sound(0, 4),
    rate: frameRate(25),
    frameCount,
    offset: 0,
    blend: 'soft',
    silenceGate: true,
    batch: 4,
    ...values,
  });
  const before = made.frames.map((frame) => Buffer.from(frame));
  const after: Buffer[] = [];
  for await (const frame of engine.frames(new AbortController().signal)) {
    after.push(Buffer.from(frame));
  }
  assert.deepEqual(made.frames, before, 'what is shown again is left as it is');
  return { engine, before, after, poses: made.poses };
}

const colours = (frame: Buffer): Uint8Array =>
  rgbOf({ data: frame, width: WIDTH, height: HEIGHT }, { x: 0, y: 0, width: WIDTH, height: HEIGHT })
    .data;

describe('Wav2Lip on a video', () => {
  it('leaves a face as it was when the network gives it back, however it moves', async () => {
    const { after, before, engine } = await render({ network: network(mirror()).made });
    after.forEach((frame, i) => {
      const [a, b] = [colours(frame), colours(before[i])];
      let [changed, squares, worst] = [0, 0, 0];
      a.forEach((value, k) => {
        const apart = Math.abs(value - b[k]);
        if (apart === 0) return;
        changed++;
        squares += apart ** 2;
        worst = Math.max(worst, apart);
      });
      assert.ok(worst <= 9, `frame ${i}: ${worst} levels`);
      // Of the pixels that changed at all.
      const ratio = 10 * Math.log10((255 ** 2 * changed) / squares);
      assert.ok(changed > 500 && ratio > 42, `frame ${i}: ${ratio} dB`);
    });
    const { seam, original } = engine.seam!;
    assert.ok(seam < original + 0.5, `${seam} and ${original}`);
  });

  it('brings another exposure to the skin’s, the same from frame to frame', async () => {
    const dark = network(mirror((value) => 0.6 * value + 0.02)).made;
    const { after, before } = await render({ network: dark });
    const apart = after.map((frame, i) => {
      const [a, b] = [colours(frame), colours(before[i])];
      return a.reduce((sum, value, k) => sum + value - b[k], 0) / a.length;
    });
    for (const [i, value] of apart.entries()) {
      assert.ok(Math.abs(value) < 0.6, `${value}`);
      if (i > 0) assert.ok(Math.abs(value - apart[i - 1]) < 0.15, `${value}`);
    }
  });

  it('is the video itself, byte for byte, in silence, and does not ask the network', async () => {
    const { made, asked } = network(painter);
    const features = sound(1, 0.4, 1.6);
    const given = { network: made, features, frameCount: 75 };
    const { engine, before, after } = await render(given);
    const isSame = after.map((frame, i) => frame.equals(before[i]));
    assert.ok(isSame.slice(0, 19).every(Boolean), 'before');
    assert.ok(isSame.slice(43).every(Boolean), 'after');
    assert.ok(!isSame.slice(25, 35).some(Boolean), 'speech');
    assert.equal(asked.length, 75 - engine.silentFrames);
  });

  it('passes frames without a face on, counts and lists them, and asks for none of them', async () => {
    const { poses } = movingFace(COUNT);
    const gaps = poses.map((pose, i) => ([0, 3, 4, 11].includes(i) ? undefined : pose));
    const { made, asked } = network(painter);
    const { engine, before, after } = await render({ network: made, poses: gaps });
    const same = after.flatMap((frame, i) => (frame.equals(before[i]) ? [i] : []));
    assert.deepEqual(same, [0, 3, 4, 11]);
    assert.equal(engine.withoutFace.count, 4);
    assert.deepEqual(engine.withoutFace.ranges, [
      [0, 0],
      [3, 4],
      [11, 11],
    ]);
    assert.deepEqual(asked, [1, 2, 5, 6, 7, 8, 9, 10]);
  });

  it('changes nothing outside the lower face', async () => {
    const { after, before, poses } = await render({ network: network(painter).made });
    after.forEach((frame, i) => {
      const pose = poses[i];
      const nose = Math.min(...[1, 2, 98, 327].map((index) => pose[index][1]));
      const rows = Math.floor(nose) - 12;
      assert.ok(frame.subarray(0, rows * WIDTH).equals(before[i].subarray(0, rows * WIDTH)));
      assert.ok(!frame.equals(before[i]));
    });
  });

  it('goes on where a face is half outside the frame', async () => {
    const { poses } = movingFace(COUNT);
    const aside = poses.map((pose) => pose.map(([x, y]): Landmark => [x - 110, y + 60]));
    const { after, before } = await render({ network: network(painter).made, poses: aside });
    assert.ok(after.every((frame, i) => !frame.equals(before[i])));
  });

  it('makes the same frames whatever the batch', async () => {
    const features = sound(0.2, 0.4, 1);
    const of = async (batch: number): Promise<Buffer[]> =>
      (await render({ network: network(painter).made, features, frameCount: 30, batch })).after;
    const one = await of(1);
    for (const batch of [4, 128]) assert.deepEqual(await of(batch), one);
  });

  it('forgets the colours of one shot in the next', async () => {
    const flip = (shots: number[]) => {
      const answer: Answer = (input, heard, planes) =>
        mirror((value) => (heard < 6 ? 0.7 * value : 0.3 + 0.7 * value))(input, heard, planes);
      return render({ network: network(answer).made, shots });
    };
    const cut = await flip(Array.from({ length: COUNT }, (_, i) => (i < 6 ? 0 : 1)));
    const through = await flip(Array.from({ length: COUNT }, () => 0));
    const error = ({ after, before }: Awaited<ReturnType<typeof flip>>): number => {
      const [a, b] = [colours(after[6]), colours(before[6])];
      return a.reduce((sum, value, k) => sum + Math.abs(value - b[k]), 0);
    };
    assert.ok(error(cut) < error(through) / 3);
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const { made } = network(painter);
    async function* endless() {
      const [data] = movingFace(1).frames;
      for (;;) yield { source: 0, data: data, isShownAgain: true };
    }
    const { poses } = movingFace(1);
    const engine = new VideoRenderer({
      ...{ width: WIDTH, height: HEIGHT, frames: endless(), network: made, windows: windows(1e6) },
      ...{ features: sound(0, 2), rate: frameRate(25), frameCount: 50, offset: 0, batch: 4 },
      ...{ blend: 'soft', silenceGate: false },
      faceAt: async () => ({ shot: 0, landmarks: poses[0] }),
    });
    const frames = engine.frames(abort.signal);
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

describe('Wav2Lip on a video, as the reference has it', () => {
  const pads = { top: 5, bottom: 10, left: -3, right: 4 };

  /** What the reference does with a list of frames and boxes (A.4, A.5 and A.7 of its description). */
  function straightforward(frames: Buffer[], raw: number[][]): Buffer[] {
    const boxes = Int32Array.from(
      raw.flatMap((box) => [...padBox(wholeBox(box), pads, { width: WIDTH, height: HEIGHT })]),
    );
    smoothBoxes(boxes);
    return frames.map((frame, i) => {
      const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as number[];
      const box = [x1, y1, x2, y2] as const;
      const picture = { width: WIDTH, height: HEIGHT, channels: 3, data: colours(frame) };
      const input = new Float32Array(6 * SIZE * SIZE);
      boxInput(picture, box, SIZE, 'rgb', input);
      const planes = new Float32Array(3 * SIZE * SIZE);
      painter(input, i, planes);
      pastePatch(picture, patchFromOutput(planes, SIZE, SIZE, 'rgb'), box);
      return withChanges(frame, picture.data);
    });
  }

  /** The frame in other colours, but for pixels, and blocks of chroma, in which nothing changed. */
  function withChanges(frame: Buffer, rgb: Uint8Array): Buffer {
    const whole = Buffer.from(frame);
    const old = colours(frame);
    const converted = new YuvConverter(WIDTH, HEIGHT).convert(Buffer.from(rgb));
    const plane = (WIDTH * HEIGHT) / 4;
    for (let at = 0; at < WIDTH * HEIGHT; at++) {
      if ([0, 1, 2].every((c) => rgb[3 * at + c] === old[3 * at + c])) continue;
      const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
      const chroma = 4 * plane + ((y >> 1) * WIDTH) / 2 + (x >> 1);
      for (const place of [at, chroma, chroma + plane]) whole[place] = converted[place];
    }
    return whole;
  }

  it('pastes the network’s rectangle into the smoothed box of every frame, bit for bit', async () => {
    const { frames, poses } = movingFace(COUNT);
    const raw = poses.map((pose) => {
      const [xs, ys] = [pose.map(([x]) => x), pose.map(([, y]) => y)];
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    });
    const track: OpenFaceTrack = {
      header: { version: 3, width: WIDTH, height: HEIGHT, frameCount: COUNT },
      frame: async (i) => {
        const box = raw[i] as [number, number, number, number];
        return { state: 'found', shot: i > 6 ? 1 : 0, score: 1, roll: 0, box };
      },
      close: async () => undefined,
    };
    const path = new FacePath({
      ...{ track, width: WIDTH, height: HEIGHT, scale: 1, fps: 25, pads, used: COUNT },
      ...{ follow: 'box', smoothing: 'reference' },
    });
    const { after } = await render({
      network: network(painter, WHOLE).made,
      blend: 'parity',
      features: sound(2),
      faceAt: (source) => path.at(source),
    });
    const wanted = straightforward(frames, raw);
    assert.deepEqual(after, wanted);
    assert.ok(after.every((frame, i) => !frame.equals(frames[i])));
  });
});
