import { BAR_INTERVAL, BAR_WIDTH, barStep, drawBar, type BarStream } from './bar';
import type { StageName } from '../stages';

const LABELS: Record<StageName, string> = {
  'text-segment': 'text',
  tts: 'speech',
  loudnorm: 'loudness',
  'face-detect': 'face',
  wav2lip: 'lip-sync',
  stitch: 'stitch',
  'hls-export': 'hls',
};

/** Room for ` 100 % (1000/1000)` and a little more. */
const LONGEST_TEXT = 20;

interface StageShare {
  share: number;
  done: number;
  total: number;
}

/** A bar for each stage on a terminal; plain lines elsewhere. */
export class StageBars {
  readonly #bars = new Map<StageName, StageShare>();
  #drawnLines = 0;
  #drawnAt = -Infinity;
  #ended = false;

  constructor(private readonly stream: BarStream) {}

  /** Takes the progress of a stage: a share 0…1 and how many of its pieces are done. */
  update(stage: StageName, share: number, done: number, total: number): void {
    const before = this.#bars.get(stage);
    const bar = { share, done, total };
    this.#bars.set(stage, bar);
    if (!this.stream.isTTY) this.#print(stage, bar, before);
    else if (performance.now() - this.#drawnAt >= BAR_INTERVAL) this.#draw();
  }

  /** Draws the last state. May be called again. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.stream.isTTY && this.#bars.size > 0) this.#draw();
  }

  #print(stage: StageName, bar: StageShare, before: StageShare | undefined): void {
    if (before && barStep(before.share) >= barStep(bar.share)) return;
    this.stream.write(`${LABELS[stage]}: ${text(bar)}\n`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    const up = this.#drawnLines > 0 ? `\x1b[${this.#drawnLines}A` : '';
    const lines = [...this.#bars].map(([stage, bar]) => `\r\x1b[K${this.#line(stage, bar)}\n`);
    this.#drawnLines = lines.length;
    this.stream.write(up + lines.join(''));
  }

  #line(stage: StageName, bar: StageShare): string {
    const label = LABELS[stage].padEnd(9);
    // A line that wraps could not be drawn over.
    const room = (this.stream.columns ?? 80) - label.length - LONGEST_TEXT;
    const width = Math.max(4, Math.min(BAR_WIDTH, room));
    return `${label} ${drawBar(bar.share, width)} ${text(bar)}`;
  }
}

function text({ share, done, total }: StageShare): string {
  const percent = `${Math.floor(share * 100)} %`;
  return total > 1 ? `${percent} (${done}/${total})` : percent;
}
