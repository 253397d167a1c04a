/** Admin routes by which dialogs read a node's last result. */
import path from 'node:path';
import type { NodeAPI } from 'node-red';
import { jsonAnswer, sendMedia } from './admin-routes';
import { notesOf } from './job-board';
import { keepResults, lastResults, type LastResults, type LastResult } from './last-results';
import { readFile, stat } from 'node:fs/promises';
import type { ClipPayload, SpeechPayload, VideoPayload } from '../../src/contract';
import type { ClipPreview } from '../../src/face/previews';
import { leaseStudio } from './studios';
import type { HlsFiles } from '../../src/hls/stage';
import { LOUDNESS_FILE, type LoudnessOverTime } from '../../src/loudness/stage';

const ROUTE = '/lipwire-preview/nodes/:id';
/** Under the user directory. */
const FILE = ['lipwire', 'last-results.json'];

/** Registers the routes. The files that are sent come from results, never from a request. */
export function servePreviews(RED: NodeAPI, results: LastResults = lastResults): void {
  const { userDir } = RED.settings;
  if (userDir) process.once('exit', keepResults(path.join(userDir, ...FILE), results));
  const mayRead = RED.auth.needsPermission('lipwire-preview.read');
  const facts = jsonAnswer(({ params }) => {
    const last = results.get(String(params['id']));
    return last ? factsOf(RED, last) : { nothing: true };
  });
  RED.httpAdmin.get(ROUTE, mayRead, facts);
  RED.httpAdmin.get(`${ROUTE}/media`, mayRead, ({ params }, response) => {
    const last = results.get(String(params['id']));
    return sendMedia(response, last && fileOf(last));
  });
}

/** Segments that a timeline shows. */
const MOST_SEGMENTS = 500;

/** Each clip is measured once. */
const clipPreviews = new WeakMap<LastResult, Promise<ClipPreview>>();

/** Plain JSON without paths. `gone`: swept from the workspace. */
type Facts = { stage: string; at: number } & Record<string, unknown>;

/** @throws what measuring a clip throws */
async function factsOf(RED: NodeAPI, last: LastResult): Promise<Facts> {
  const { stage, at } = last;
  const notes = notesOf(last.result);
  const head = { stage, at, ...(notes && { notes }) };
  const file = fileOf(last);
  const found = file && (await stat(file).catch(() => undefined));
  if (file && !(found && found.isFile())) return { ...head, gone: true };
  switch (stage) {
    case 'loudnorm':
      return { ...head, ...(await loudnessFacts(last.result as SpeechPayload)) };
    case 'wav2lip':
      return { ...head, ...(await clipFacts(RED, last)) };
    case 'stitch':
      return { ...head, ...timelineOf(last.result as VideoPayload) };
    case 'hls-export':
      return { ...head, ...streamFacts(last) };
    default:
      return head;
  }
}

function fileOf({ result }: LastResult): string | undefined {
  const { file } = result as { file?: unknown };
  return typeof file === 'string' ? file : undefined;
}

async function loudnessFacts(speech: SpeechPayload): Promise<object> {
  const { text, duration, loudness } = speech;
  const series = path.join(path.dirname(speech.file), LOUDNESS_FILE);
  const read = await readFile(series, 'utf8').catch(() => 'null');
  return { text, duration, loudness, series: JSON.parse(read) as LoudnessOverTime | null };
}

async function clipFacts(RED: NodeAPI, last: LastResult): Promise<object> {
  const clip = last.result as ClipPayload;
  const { file, width, height, fps, frames, duration, text } = clip;
  let measured = clipPreviews.get(last);
  if (!measured) {
    const { studio, release } = leaseStudio(RED, last.studio);
    const about = {
      clip: { file, width, height, fps, frames, duration },
      ...(last.cues && { cues: last.cues }),
    };
    measured = studio.preview('clip', about).finally(release);
    clipPreviews.set(last, measured);
    measured.catch(() => clipPreviews.delete(last));
  }
  return { text, duration, fps, frames, model: clip.engine.model, ...(await measured) };
}

/** Where each clip is on the timeline; clips overlap under a cross-fade. */
export function timelineOf(video: VideoPayload) {
  const { duration, fps, chapters, report } = video;
  const crossFade = (report?.crossFadeFrames ?? 0) / fps;
  const last = chapters.length - 1;
  const segments = chapters.slice(0, MOST_SEGMENTS).map(({ title, start, end }, index) => ({
    text: title,
    // Chapters meet in the middle of the cross-fades.
    start: index > 0 ? start - crossFade / 2 : start,
    end: index < last ? end + crossFade / 2 : end,
    chapter: { start, end },
  }));
  return { duration, crossFade, clips: chapters.length, segments };
}

function streamFacts({ result, watchUrl }: LastResult): object {
  const { duration, renditions, segments } = result as HlsFiles;
  const sizes = renditions.map(({ width, height, bandwidth }) => ({ width, height, bandwidth }));
  return { watchUrl, duration, renditions: sizes, segments };
}
