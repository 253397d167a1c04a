/** What happens to frames without a face. */
import type { FaceReport, TrackedFace } from '../../contract';

export interface GapOptions {
  /** `error` throws what `refuse` gives. */
  mode: 'error' | 'pass' | 'hold' | 'interpolate';
  /** The longest gap that `interpolate` fills in, in frames. */
  most: number;
  refuse(frame: number): Error;
}

/** Gaps that the report lists one by one. */
const MOST_RANGES = 100;

/**
 * Passes the frames of a track on. `hold` repeats the last face of the shot; `interpolate` moves it
 * linearly to where it is found again in the same shot, and holds back as many frames as the longest
 * gap. A frame with the user's own box counts as one with a face.
 * @param report is updated
 */
export async function* fillGaps(
  frames: AsyncIterable<TrackedFace>,
  { mode, most, refuse }: GapOptions,
  report: FaceReport['framesWithoutFace'],
): AsyncGenerator<TrackedFace> {
  let last: TrackedFace | undefined;
  let waiting: TrackedFace[] = [];
  let index = -1;
  for await (const frame of frames) {
    index++;
    if (last?.shot !== frame.shot) last = undefined;
    if (waiting[0] && waiting[0].shot !== frame.shot) {
      yield* waiting;
      waiting = [];
    }
    if (frame.box) {
      if (last) yield* between(last, waiting, frame);
      report.interpolated += waiting.length;
      waiting = [];
      last = frame;
      yield frame;
      continue;
    }
    if (mode === 'error') throw refuse(index);
    count(report, index);
    if (mode === 'hold' && last) {
      report.held++;
      yield { ...last, state: 'held' };
    } else if (mode === 'interpolate' && last) {
      waiting.push(frame);
      if (waiting.length <= most) continue;
      yield* waiting;
      waiting = [];
      last = undefined;
    } else {
      yield frame;
    }
  }
  yield* waiting;
}

function count(report: FaceReport['framesWithoutFace'], index: number): void {
  report.count++;
  const range = report.ranges.at(-1);
  if (range && range[1] === index - 1) range[1] = index;
  else if (report.ranges.length < MOST_RANGES) report.ranges.push([index, index]);
}

/** The frames of a gap, interpolated linearly. */
function between(from: TrackedFace, gap: readonly TrackedFace[], to: TrackedFace): TrackedFace[] {
  return gap.map(({ shot }, index): TrackedFace => {
    const share = (index + 1) / (gap.length + 1);
    const mix = (a: number, b: number): number => a + (b - a) * share;
    const face: TrackedFace = {
      state: 'interpolated',
      shot,
      score: mix(from.score, to.score),
      roll: from.roll + shortestTurn(from.roll, to.roll) * share,
    };
    if (from.box && to.box) {
      face.box = from.box.map((side, i) => mix(side, to.box![i])) as TrackedFace['box'];
    }
    for (const points of ['landmarks', 'refined'] as const) {
      const [start, end] = [from[points], to[points]];
      if (!start || !end) continue;
      face[points] = start.map(([x, y], i) => [mix(x, end[i][0]), mix(y, end[i][1])]);
    }
    return face;
  });
}

/** Degrees from one roll to another, −180 to 180. */
function shortestTurn(from: number, to: number): number {
  return ((((to - from) % 360) + 540) % 360) - 180;
}
