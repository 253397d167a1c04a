import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { TRANSITIONS } from '../../src/stitch/stage';
import { transitions as drawn, type Colour } from '../../nodes/stitch/editor/transitions';

const [W, H] = [96, 54];
const FRAME = 3 * W * H;
/** The transition takes ten frames from the second one on. */
const [RATE, BEGIN, FRAMES] = [10, 2, 14];

function card(colour: (x: number, y: number) => Colour): Buffer {
  const data = Buffer.alloc(FRAME);
  for (let y = 0; y < H; y++) for (let x = 0; x < W; x++) data.set(colour(x, y), 3 * (y * W + x));
  return data;
}

const pixelOf =
  (data: Buffer) =>
  (x: number, y: number): Colour => {
    const at = 3 * (Math.floor(y) * W + Math.floor(x));
    return [data[at], data[at + 1], data[at + 2]];
  };

describe('The moving pictures of the transitions', function () {
  this.timeout(30_000);
  const first = card((x, y) => [220 - x, 180, 30 + 3 * y]);
  const second = card((x, y) => [40 + x, 60 + 2 * y, 200]);
  const names = TRANSITIONS.filter((name) => name !== 'cut');
  let filtered: Buffer;

  /** All of them at once, one below the other. */
  before(async () => {
    const ffmpeg = await openFfmpeg();
    const chunks: Buffer[] = [];
    const target = new PassThrough();
    target.on('data', (chunk: Buffer) => chunks.push(chunk));
    // Both cards come in one stream, one below the other.
    const both = Buffer.concat([first, second]);
    const split = (side: string): string => names.map((_, i) => `[${side}${i}]`).join('');
    const graph = [
      `[0]format=gbrp,split=2[top][bottom]`,
      `[top]crop=${W}:${H}:0:0,split=${names.length}${split('a')}`,
      `[bottom]crop=${W}:${H}:0:${H},split=${names.length}${split('b')}`,
      ...names.map(
        (name, i) =>
          `[a${i}][b${i}]xfade=transition=${name}:duration=1:offset=${BEGIN / RATE}[o${i}]`,
      ),
      `${split('o')}vstack=inputs=${names.length},format=rgb24[out]`,
    ];
    await ffmpeg.run({
      inputs: [
        {
          source: Readable.from(Array.from({ length: FRAMES }, () => both)),
          options: ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${W}x${2 * H}`, '-r', `${RATE}`],
        },
      ],
      filterGraph: graph.join(';'),
      outputs: [
        {
          target,
          options: ['-map', '[out]', '-pix_fmt', 'rgb24', '-c:v', 'rawvideo', '-f', 'rawvideo'],
        },
      ],
    });
    filtered = Buffer.concat(chunks);
  });

  it('are there for every transition that can be chosen', () => {
    assert.deepEqual(Object.keys(drawn).sort(), [...TRANSITIONS].sort());
  });

  for (const [index, name] of names.entries()) {
    it(`do to each pixel what the filter does: ${name}`, () => {
      for (const frame of [4, 7, 10]) {
        const left = 1 - (frame - BEGIN) / RATE;
        const [a, b] = [pixelOf(first), pixelOf(second)];
        let wrong = 0;
        let firsts = 0;
        let theirs = 0;
        for (let y = 0; y < H; y++) {
          for (let x = 0; x < W; x++) {
            const at = (frame * names.length + index) * FRAME + 3 * (y * W + x);
            const colour = drawn[name]({ x, y, w: W, h: H, left, a, b });
            if (colour.some((value, i) => Math.abs(value - filtered[at + i]) > 4)) wrong++;
            if (colour[1] === 180) firsts++;
            if (filtered[at + 1] === 180) theirs++;
          }
        }
        // The noise is another one: as many pixels, but not the same.
        if (name === 'dissolve') assert.ok(Math.abs(firsts - theirs) < 0.06 * W * H, `${frame}`);
        else assert.ok(wrong <= 0.002 * W * H, `frame ${frame}: ${wrong} pixels differ`);
      }
    });
  }
});
