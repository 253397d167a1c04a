import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { escapeFilterValue } from '../../src/av/ffmpeg/run';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { normalise } from '../../src/loudness/normalise';
import { openSound } from '../../src/av/loudness/measure';
import { seriesOf } from '../../src/loudness/run';
import type { LoudnessOverTime } from '../../src/loudness/stage';

describe('Loudness over time', function () {
  this.timeout(20_000);
  let folder: string;
  before(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lipwire-series-'))));
  after(() => rm(folder, { recursive: true }));

  /** Noise that is loud, then quiet, then silent. */
  async function sound(seconds: number): Promise<string> {
    const file = path.join(folder, `${seconds}.wav`);
    const ffmpeg = await openFfmpeg();
    const volume = `volume='if(lt(t,${seconds / 3}),0.3,if(lt(t,${seconds / 2}),0.05,0))':eval=frame`;
    await ffmpeg.run({
      inputs: [
        { source: `anoisesrc=d=${seconds}:c=pink:r=24000:seed=7`, options: ['-f', 'lavfi'] },
      ],
      outputs: [{ target: file, options: ['-af', volume, '-ac', '1'] }],
    });
    return file;
  }

  async function measured(file: string): Promise<{ series: LoudnessOverTime; made: string }> {
    const ffmpeg = await openFfmpeg();
    const made = path.join(folder, 'made.wav');
    const pcm = await openSound(file, path.join(folder, 'decoded'), async () => ffmpeg);
    const found: LoudnessOverTime[] = [];
    await normalise(
      pcm,
      made,
      { integrated: -16, truePeak: -1.5, range: 11 },
      {
        onContours: (before, after) =>
          found.push({ before: seriesOf(before), after: seriesOf(after) }),
      },
    );
    assert.equal(found.length, 1);
    return { series: found[0], made };
  }

  it('agrees with FFmpeg’s own meter in every window, before and after', async () => {
    const file = await sound(9);
    const { series, made } = await measured(file);
    for (const [each, measuredFile] of [
      [series.before, file],
      [series.after, made],
    ] as const) {
      const { momentary, shortTerm } = await meter(measuredFile);
      assert.equal(each.step, 0.1);
      // A window that begins at i × 0.1 s ends, for the meter, after 0.4 or 3 s.
      compare(each.momentary, momentary.slice(3));
      compare(each.shortTerm, shortTerm.slice(29));
      assert.equal(each.momentary.at(-1), null, 'silence');
    }
  });

  it('has at most 500 points for a long sound, and hides no loud moment in them', async () => {
    const { series } = await measured(await sound(120));
    const { step, momentary } = series.before;
    assert.ok(momentary.length <= 500 && momentary.length > 350, `${momentary.length}`);
    assert.ok(Math.abs(step - 0.3) < 1e-9, `${step}`);
    const whole = await meter(path.join(folder, '120.wav'));
    const loudest = Math.max(...whole.momentary.filter((each) => each !== null));
    assert.ok(Math.abs(Math.max(...momentary.map((each) => each ?? -99)) - loudest) <= 0.2);
    assert.ok(JSON.stringify(series).length < 20_000);
  });

  function compare(ours: (number | null)[], theirs: (number | null)[]): void {
    assert.ok(Math.abs(ours.length - theirs.length) <= 1, `${ours.length} of ${theirs.length}`);
    ours.forEach((value, i) => {
      const other = theirs[i];
      // Rounded to tenths on both sides; what falls into silence is steep.
      if (value === null || other === null || other === undefined || other < -60) return;
      assert.ok(Math.abs(value - other) <= 0.25, `window ${i}: ${value}, the meter says ${other}`);
    });
    assert.ok(ours.filter((value) => value !== null).length > 20);
  }

  /** FFmpeg's ebur128 filter, every 100 ms. */
  async function meter(
    file: string,
  ): Promise<{ momentary: (number | null)[]; shortTerm: (number | null)[] }> {
    const log = path.join(folder, 'meter.txt');
    const ffmpeg = await openFfmpeg();
    const print = `ametadata=mode=print:file=${escapeFilterValue(log)}`;
    await ffmpeg.run({
      inputs: [{ source: file }],
      outputs: [{ target: '-', options: ['-af', `ebur128=metadata=1,${print}`, '-f', 'null'] }],
    });
    const text = await readFile(log, 'utf8');
    const values = (key: string): (number | null)[] =>
      [...text.matchAll(new RegExp(`lavfi\\.r128\\.${key}=(\\S+)`, 'g'))].map(([, value]) =>
        Number(value) > -70 ? Number(value) : null,
      );
    return { momentary: values('M'), shortTerm: values('S') };
  }
});
