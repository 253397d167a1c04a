import assert from 'node:assert/strict';
import fc from 'fast-check';
import { YuvConverter } from '../../src/av/yuv';

describe('conversion to BT.709', () => {
  it('gives the colours of the standard in limited range', () => {
    // ITU-R BT.709-6, 8 bit: luma 16…235, chroma 16…240.
    const cases: [number[], number[]][] = [
      [
        [255, 255, 255],
        [235, 128, 128],
      ],
      [
        [0, 0, 0],
        [16, 128, 128],
      ],
      [
        [128, 128, 128],
        [126, 128, 128],
      ],
      [
        [255, 0, 0],
        [63, 102, 240],
      ],
      [
        [0, 255, 0],
        [173, 42, 26],
      ],
      [
        [0, 0, 255],
        [32, 240, 118],
      ],
    ];
    for (const [rgb, [y, u, v]] of cases) {
      const yuv = new YuvConverter(2, 2).convert(Buffer.from([...rgb, ...rgb, ...rgb, ...rgb]));
      assert.deepEqual([...yuv], [y, y, y, y, u, v]);
    }
  });

  it('gives for changed frames what it gives for the first', () => {
    const [width, height] = [70, 8];
    const bytes = width * height * 3;
    const change = fc.record({ at: fc.nat(bytes - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 6 }), (frames) => {
        const picture = Buffer.alloc(bytes, 90);
        const converter = new YuvConverter(width, height);
        for (const changes of frames) {
          for (const { at, value } of changes) picture[at] = value;
          assert.deepEqual(
            converter.convert(picture),
            new YuvConverter(width, height).convert(picture),
          );
        }
      }),
    );
  });
});
