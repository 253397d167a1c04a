import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  MelStream,
  melColumns,
  type EdgePadding,
  corners,
  hertzToMel,
  melFilters,
  melToHertz,
} from '../../../src/lipsync/wav2lip/mel';
import { RealFourier } from '../../../src/av/fourier';
import { noise } from '../../support/noise';
import { goldenSound } from './golden-sound';

/** [band, column, zeros, reflect]: values of librosa on the same samples. */
const GOLDEN: [number, number, number, number][] = [
  [0, 0, -4, -4],
  [5, 10, -0.326537, -0.326537],
  [10, 20, -3.610359, -3.610359],
  [20, 40, -3.11733, -3.11733],
  [30, 80, -3.246627, -3.246627],
  [40, 100, 1.091629, 1.091629],
  [50, 120, -2.663209, -2.663209],
  [60, 140, -2.266811, -2.266811],
  [79, 160, -2.225403, -2.041428],
  [79, 0, -2.239592, -2.102387],
  [2, 60, -2.431761, -2.431761],
  [12, 60, -3.453524, -3.453524],
  [25, 60, -2.962652, -2.962652],
  [45, 60, -2.751864, -2.751864],
];

function mel(samples: Float32Array, padding?: EdgePadding, block = samples.length): Float32Array {
  const stream = new MelStream(padding);
  const pieces: Float32Array[] = [];
  for (let from = 0; from < samples.length; from += Math.max(1, block)) {
    pieces.push(stream.push(samples.subarray(from, from + block)));
  }
  pieces.push(stream.finish());
  return Float32Array.from(pieces.flatMap((piece) => [...piece]));
}

const sum = (values: Iterable<number>): number => [...values].reduce((total, v) => total + v, 0);
const near = (actual: number, expected: number, tolerance: number, what = ''): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual} is not ${expected}`);

describe('Wav2Lip mel spectrogram', () => {
  it('is tested with the very samples that the golden values were made from', () => {
    const samples = goldenSound();
    near(samples[0], 0.0006206161924637854, 1e-12);
    near(samples[5], -3.850860593956895e-5, 1e-12);
    near(sum(samples), 0.01928994395348127, 1e-9);
  });

  for (const [padding, at, total] of [
    ['zeros', 2, -33245.09211],
    ['reflect', 3, -33220.88299],
  ] as const) {
    it(`equals librosa to 1e-5 with ${padding} beyond the edges`, () => {
      const columns = mel(goldenSound(), padding);
      assert.equal(columns.length, 161 * 80);
      for (const golden of GOLDEN) {
        const [band, column] = golden;
        near(columns[column * 80 + band], golden[at], 1e-5, `band ${band} column ${column}:`);
      }
      near(sum(columns), total, 0.01, 'sum');
    });
  }

  it('takes zeros beyond the edges unless told otherwise', () => {
    assert.deepEqual(mel(goldenSound()), mel(goldenSound(), 'zeros'));
  });

  it('gives the same columns however the sound is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.constantFrom<EdgePadding>('zeros', 'reflect'),
        (length, block, padding) => {
          const samples = noise(length, -0.3, 0.3, length + 1);
          const columns = mel(samples, padding, block);
          assert.equal(columns.length, melColumns(length) * 80);
          assert.deepEqual(columns, mel(samples, padding));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives columns as soon as their sound is there', () => {
    const stream = new MelStream();
    assert.equal(stream.push(new Float32Array(400)).length, 80);
    assert.equal(stream.push(new Float32Array(199)).length, 0);
    assert.equal(stream.push(new Float32Array(1)).length, 80);
  });

  it('calls pure silence −4 everywhere', () => {
    assert.ok(mel(new Float32Array(4000)).every((value) => value === -4));
    assert.ok(mel(new Float32Array(4000), 'reflect').every((value) => value === -4));
  });

  it('moves every unclipped value by 0.08 for each decibel', () => {
    const quiet = mel(goldenSound());
    const louder = mel(goldenSound().map((sample) => sample * 10 ** (5 / 20)));
    quiet.forEach((value, i) => {
      if (value > -3.5 && louder[i] < 4) near(louder[i] - value, 0.4, 1e-4);
    });
  });

  it('refuses samples that are not numbers', () => {
    for (const bad of [NaN, Infinity]) {
      assert.throws(() => new MelStream().push(Float32Array.of(0, bad)), { code: 'E_INPUT' });
    }
  });
});

describe('Slaney’s mel filters', () => {
  it('have the corners that librosa gives', () => {
    const points = corners();
    [55, 90.9461527, 126.8923053, 162.838458].forEach((hz, i) => near(points[i], hz, 1e-6));
    [7056.91079, 7323.42283, 7600].forEach((hz, i) => near(points[79 + i], hz, 1e-5));
  });

  it('cover the bins and weigh what librosa says', () => {
    const filters = melFilters();
    // librosa keeps its weights in single precision.
    near(sum(filters.flatMap(({ weights }) => [...weights])), 3.999497819412113, 1e-8);
    for (const [band, first, last] of [
      [0, 3, 6],
      [1, 5, 8],
      [10, 21, 24],
      [27, 52, 55],
      [40, 84, 89],
      [60, 175, 187],
      [79, 353, 379],
    ] as const) {
      const filter = filters[band];
      assert.deepEqual([filter.first, filter.first + filter.weights.length - 1], [first, last]);
    }
    near(Math.max(...filters[0].weights), 0.0208124, 1e-7);
    near(Math.max(...filters[79].weights), 0.00363534, 1e-8);
  });

  it('turn hertz into mel and back', () => {
    for (const hertz of [55, 440, 999, 1000, 1001, 7600]) {
      near(melToHertz(hertzToMel(hertz)), hertz, 1e-9 * hertz);
    }
  });
});

describe('mixed-radix Fourier transform', () => {
  it('equals the definition for lengths of many factors', () => {
    for (const size of [2, 6, 10, 14, 60, 96, 200, 800]) {
      const signal = Float64Array.from(noise(size, -1, 1, size));
      const fourier = new RealFourier(size);
      fourier.transform(signal);
      for (let k = 0; k <= size / 2; k++) {
        let re = 0;
        let im = 0;
        signal.forEach((x, n) => {
          re += x * Math.cos((2 * Math.PI * ((k * n) % size)) / size);
          im -= x * Math.sin((2 * Math.PI * ((k * n) % size)) / size);
        });
        near(fourier.re[k], re, 1e-12 * size, `real part of bin ${k} of ${size}:`);
        near(fourier.im[k], im, 1e-12 * size, `imaginary part of bin ${k} of ${size}:`);
      }
    }
  });
});
