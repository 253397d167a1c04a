/**
 * Progress bars: drawn over themselves on a terminal, lines elsewhere. Our own, as a package may have six
 * dependencies at run time before Node-RED's scorecard complains.
 */
import type { WriteStream } from 'node:tty';
import type { ModelProgress } from '../ml/store/tasks';
import type { StageName } from '../stages';

type BarStream = Pick<WriteStream, 'write'> & { isTTY?: boolean; columns?: number };

const BAR_WIDTH = 24;
/** Milliseconds between two drawings. */
const BAR_INTERVAL = 100;
/** Without a terminal a line is printed for each quarter. */
const STEPS = 4;

/** The quarter that a share 0…1 lies in. */
function barStep(share: number): number {
  return Math.floor(share * STEPS);
}

/** A bar that is full to a share 0…1, so many characters wide. */
function drawBar(share: number, width = BAR_WIDTH): string {
  const full = Math.round(share * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

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

/** One bar on a terminal for work that is counted in bytes; plain lines elsewhere. */
export class ByteBar {
  #last: ModelProgress | undefined;
  #printedStep = -1;
  #drawnAt = -Infinity;
  #isDrawn = false;

  constructor(private readonly stream: BarStream) {}

  update(progress: ModelProgress): void {
    const isNew = this.#last?.doing !== progress.doing;
    this.#last = { ...progress };
    if (!this.stream.isTTY) this.#print(isNew);
    else if (isNew || performance.now() - this.#drawnAt >= BAR_INTERVAL) this.#draw();
  }

  /** Draws the last state and leaves the line. May be called again. */
  end(): void {
    if (!this.#isDrawn) return;
    this.#draw();
    this.stream.write('\n');
    this.#isDrawn = false;
  }

  #print(isNew: boolean): void {
    const step = barStep(this.#share);
    if (!isNew && step <= this.#printedStep) return;
    this.#printedStep = step;
    this.stream.write(`${this.#text}\n`);
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.#isDrawn = true;
    this.stream.write(`\r\x1b[K${drawBar(this.#share)} ${this.#text}`);
  }

  get #share(): number {
    const { done = 0, total = 0 } = this.#last ?? {};
    return total > 0 ? Math.min(1, done / total) : 0;
  }

  get #text(): string {
    const { doing = 'downloading', done = 0, total = 0 } = this.#last ?? {};
    return `${doing} ${Math.floor(this.#share * 100)} % (${megabytes(done)} of ${megabytes(total)})`;
  }
}

/** Decimal, as file hosts and file managers say it. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}
