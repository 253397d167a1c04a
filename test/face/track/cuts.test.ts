import assert from 'node:assert/strict';
import { withShots } from '../../../src/face/track/shots';
import type { Picture } from '../../../src/av/picture';

const [WIDTH, HEIGHT] = [160, 120];

/** A scene of soft blobs, seen with an offset in pixels; another seed is another scene. */
function scene(seed: number, { x = 0, y = 0, gain = 1, lift = 0, zoom = 1 } = {}): Picture {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      const u = ((column - WIDTH / 2) / zoom + x) / 23;
      const v = ((row - HEIGHT / 2) / zoom + y) / 19;
      for (let channel = 0; channel < 3; channel++) {
        const wave =
          Math.sin(u * (1 + seed * 0.37) + channel) +
          Math.cos(v * (1.3 + seed * 0.21) - seed) +
          Math.sin(u * 0.7 + v * 0.9 + seed * 2.1);
        // Typed arrays of bytes wrap around; light does not.
        const value = (128 + 36 * wave) * gain + lift;
        data[3 * (row * WIDTH + column) + channel] = Math.max(0, Math.min(255, value));
      }
    }
  }
  return { width: WIDTH, height: HEIGHT, data };
}

const repeat = (count: number, make: (index: number) => Picture): Picture[] =>
  Array.from({ length: count }, (_, index) => make(index));
const still = (seed: number, count: number) => repeat(count, () => scene(seed));

/** Frames at which a new shot begins. */
async function cutsOf(frames: Picture[]): Promise<number[]> {
  async function* stream() {
    yield* frames;
  }
  const cuts: number[] = [];
  let index = 0;
  let last = 0;
  for await (const { picture, shot } of withShots(stream())) {
    assert.equal(picture, frames[index], 'every frame once, in order');
    if (shot !== last) cuts.push(index);
    last = shot;
    index++;
  }
  assert.equal(index, frames.length);
  return cuts;
}

describe('Cuts', () => {
  it('are found at the exact frame, also the last, and one soon after another', async () => {
    assert.deepEqual(await cutsOf([...still(1, 20), ...still(2, 20)]), [20]);
    assert.deepEqual(await cutsOf([...still(1, 12), ...still(2, 12), ...still(3, 15)]), [12, 24]);
    assert.deepEqual(await cutsOf([...still(1, 9), ...still(2, 1)]), [9]);
    assert.deepEqual(await cutsOf([]), []);
  });

  it('are found between moving scenes', async () => {
    const pan = (seed: number) => (i: number) => scene(seed, { x: 3 * i, y: i });
    assert.deepEqual(await cutsOf([...repeat(20, pan(1)), ...repeat(20, pan(2))]), [20]);
  });

  it('to and from a black screen that stays are cuts', async () => {
    const black = repeat(15, () => scene(1, { gain: 0 }));
    assert.deepEqual(await cutsOf([...still(1, 15), ...black, ...still(2, 10)]), [15, 30]);
  });

  it('are not motion: panning, zooming, or the camera swung round', async () => {
    assert.deepEqual(await cutsOf(repeat(40, (i) => scene(1, { x: 5 * i }))), []);
    assert.deepEqual(await cutsOf(repeat(40, (i) => scene(1, { zoom: 1 + i / 20 }))), []);
    const swing = repeat(10, (i) => scene(1, { x: 35 * i }));
    const arrived = repeat(15, () => scene(1, { x: 350 }));
    assert.deepEqual(await cutsOf([...still(1, 15), ...swing, ...arrived]), []);
  });

  it('are not light: a flash, a lamp that is switched on, a fade', async () => {
    const flash = repeat(3, () => scene(1, { lift: 230 }));
    assert.deepEqual(await cutsOf([...still(1, 15), ...flash, ...still(1, 15)]), []);
    const black = repeat(5, () => scene(1, { gain: 0 }));
    assert.deepEqual(await cutsOf([...still(1, 15), ...black, ...still(1, 15)]), []);
    const lamp = repeat(20, () => scene(1, { gain: 0.6, lift: 60 }));
    assert.deepEqual(await cutsOf([...still(1, 15), ...lamp]), []);
    const fade = repeat(20, (i) => scene(1, { gain: 1 - i / 20 }));
    assert.deepEqual(await cutsOf([...still(1, 10), ...fade]), []);
  });
});
