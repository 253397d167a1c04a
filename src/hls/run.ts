/** Makes an HLS stream of a video (docs/design.md section 5). */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { checkCaptions } from '../av/captions';
import { chooseRenditions, parseRenditions, segmentFrames } from './ladder';
import { inspectVideo } from './source';
import { writeHls } from './write';
import type { hlsExport } from './stage';
import type { ClipPayload, MediaFile, RunOf, VideoPayload } from '../contract';
import { openFfmpeg } from '../av/ffmpeg/open';

/** What the player page wants to know; it lies beside the master playlist. */
interface StreamFacts {
  title: string;
  /** Seconds. */
  duration: number;
  width: number;
  height: number;
  captions: boolean;
}

export const run: RunOf<typeof hlsExport> = async (input, parameters, context) => {
  const { folder, signal } = context;
  const wanted = parseRenditions(parameters.renditions);
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const source = await inspectVideo(ffmpeg, input.file, input.kind !== 'file', signal);
  const total = source.duration;
  context.progress({ type: 'running', done: 0, total, unit: 'seconds' });
  let done = 0;
  const segment = segmentFrames(source, parameters.segmentLength);
  const captions = 'captions' in input ? input.captions : undefined;
  if (captions !== undefined) await checkCaptions(captions);
  const written = await writeHls({
    ...{ ffmpeg, source, folder, signal, captions },
    steps: chooseRenditions(source, wanted),
    segmentFrames: segment.frames,
    keepsGroups: segment.keepsGroups,
    container: parameters.container,
    language: 'language' in input ? input.language : undefined,
    onProgress: (seconds) => {
      done = Math.max(done, seconds);
      context.progress({ type: 'running', done, total, unit: 'seconds' });
    },
  });
  const facts: StreamFacts = {
    ...{ title: titleOf(input), duration: written.duration, captions: captions !== undefined },
    ...{ width: source.width, height: source.height },
  };
  await writeFile(path.join(folder, 'stream.json'), `${JSON.stringify(facts)}\n`);
  context.progress({ type: 'running', done: total, total, unit: 'seconds' });
  return { kind: 'hls', folder, ...written };
};

function titleOf(input: VideoPayload | ClipPayload | MediaFile): string {
  if ('chapters' in input) return input.chapters[0]?.title ?? '';
  return 'text' in input ? (input.text ?? '') : '';
}
