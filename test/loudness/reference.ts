/** FFmpeg's own meter, the judge of ours. */
import type { Ffmpeg } from '../../src/av/ffmpeg/types';

export interface Reference {
  integrated: number;
  range: number;
  truePeak: number;
}

/** What FFmpeg's ebur128 filter measures; it prints one decimal. */
export async function reference(ffmpeg: Ffmpeg, file: string): Promise<Reference> {
  const filter = ['-map', '0:a:0', '-af', 'ebur128=peak=true', '-f', 'null'];
  const log = await ffmpeg.run({
    inputs: [{ source: file }],
    outputs: [{ target: '-', options: filter }],
  });
  const summary = log.slice(log.lastIndexOf('Summary'));
  const read = (pattern: RegExp): number => Number(pattern.exec(summary)?.[1]);
  return {
    integrated: read(/I:\s+(\S+) LUFS/),
    range: read(/LRA:\s+(\S+) LU/),
    truePeak: read(/Peak:\s+(\S+) dBFS/),
  };
}
