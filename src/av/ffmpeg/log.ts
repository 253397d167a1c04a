/** What FFmpeg prints on stderr: log lines with their level, and blocks of progress. */
import type { FfmpegJob } from './types';

/** Kept of the log, in characters. */
const KEPT = 128 * 1024;
const PROGRESS =
  /^(frame|fps|stream_\d+_\d+_\w+|bitrate|total_size|out_time\w*|(?:dup|drop)_frames|speed|progress)=\s*(.*)$/;
const FAILURE = /\[(?:error|fatal|panic)\]/;
/** `[mov,mp4 @ 0x55d0] [error] ` before a message. */
const ORIGIN = /^(?:\[[^\]]*\] )+/;
/** A format that formats.ts leaves out; FFmpeg would recite all that it has. */
const REFUSED = /^\[([^\] ]+) @ [^\]]*\] .*Format not on whitelist .*$/;

/** Collects the end of the log and tells progress from it. */
export class FfmpegLog {
  #lines: string[] = [];
  #length = 0;
  #frames = 0;
  #seconds = 0;
  readonly #onProgress: FfmpegJob['onProgress'];

  constructor(onProgress?: FfmpegJob['onProgress']) {
    this.#onProgress = onProgress;
  }

  /** Takes one line as FFmpeg printed it. */
  line(text: string): void {
    const progress = PROGRESS.exec(text);
    if (progress?.[1] !== undefined) return this.#progress(progress[1], progress[2] ?? '');
    this.#lines.push(text);
    this.#length += text.length + 1;
    while (this.#length > KEPT && this.#lines.length > 1) {
      this.#length -= (this.#lines.shift()?.length ?? 0) + 1;
    }
  }

  /** The log's end. */
  get text(): string {
    return this.#lines.join('\n');
  }

  /** What went wrong, in FFmpeg's words: the first complaint and the last, which names the file. */
  get complaint(): string {
    const failures = this.#lines.filter((text) => FAILURE.test(text));
    const candidates = failures.length > 0 ? failures : this.#lines.filter((text) => text.trim());
    const first = failures.length > 0 ? candidates[0] : candidates.at(-1);
    const said = [first ?? '', candidates.at(-1) ?? ''].map((text) =>
      text
        .replace(REFUSED, 'the format $1 is not taken')
        .replace(ORIGIN, '')
        .trim()
        .replace(/\.$/, '')
        .slice(0, 300),
    );
    return [...new Set(said)].filter(Boolean).join('; ');
  }

  #progress(key: string, value: string): void {
    if (key === 'frame') this.#frames = Math.max(this.#frames, Number(value) || 0);
    if (key === 'out_time_us') this.#seconds = Math.max(this.#seconds, Number(value) / 1e6 || 0);
    if (key === 'progress') this.#onProgress?.({ frames: this.#frames, seconds: this.#seconds });
  }
}
