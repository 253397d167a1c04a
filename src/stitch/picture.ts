/** Encodes the joined picture, section by section. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { backdropInput } from '../av/clip-writer';
import {
  BITEXACT,
  COLOUR_FILTER,
  even,
  KEY_FRAME_SECONDS,
  ONE_FILTER_THREAD,
  type Quality,
  videoPicture,
} from '../av/encoding';
import type { Ffmpeg, FfmpegInput } from '../av/ffmpeg/types';
import { type ClipBackdrop, fpsOf, type FrameRate, LipwireError, rateText } from '../contract';
import { isAlike, type PlannedClip, type Section, sections, type StitchPlan } from './plan';

interface PictureOptions {
  ffmpeg: Ffmpeg;
  plan: StitchPlan;
  quality: Quality;
  /** A folder for the pieces; the caller removes it. */
  folder: string;
  signal: AbortSignal;
  /** Called with the frames so far. */
  onProgress(frames: number): void;
}

/**
 * Encodes the picture of a plan into pieces.
 * @returns a list of the pieces for FFmpeg's concat demuxer
 */
export async function encodePicture(options: PictureOptions): Promise<string> {
  const { ffmpeg, plan, quality, folder, signal, onProgress } = options;
  const keyFrames = Math.round(KEY_FRAME_SECONDS * fpsOf(plan.rate));
  const list = ['ffconcat version 1.0'];
  for (const [index, section] of sections(plan, keyFrames).entries()) {
    const name = `piece${index}.mp4`;
    const { start, end } = section;
    let written = 0;
    await ffmpeg.run({
      inputs: sectionInputs(plan, section),
      filterGraph: sectionGraph(plan, section),
      outputs: [
        {
          target: path.join(folder, name),
          options: [
            ...ONE_FILTER_THREAD,
            ...['-map', '[joined]', ...videoPicture(quality, keyFrames), ...BITEXACT],
          ],
        },
      ],
      signal,
      onProgress: ({ frames }) => {
        written = frames;
        onProgress(Math.min(end, start + frames));
      },
    });
    checkFrames(written, end - start);
    onProgress(end);
    list.push(`file ${name}`);
  }
  const file = path.join(folder, 'pieces.txt');
  await writeFile(file, `${list.join('\n')}\n`);
  return file;
}

function checkFrames(frames: number, expected: number): void {
  if (frames === expected) return;
  throw new LipwireError(
    'E_INTERNAL',
    `A part of the video has ${frames} frames instead of ${expected}.`,
  );
}

/** The inputs that {@link sectionGraph} is for: the clips, then the backdrops that it needs. */
function sectionInputs(plan: StitchPlan, section: Section): FfmpegInput[] {
  const clips = plan.clips.slice(section.firstClip, section.endClip);
  const backdrops = plan.shared
    ? [backdropInput(plan.shared.file, plan, plan.rate)]
    : clips.flatMap((clip) =>
        clip.backdrop ? [backdropInput(clip.backdrop.file, clip, clip.rate)] : [],
      );
  return [
    // A clip decodes faster than x264 encodes; more threads would only cost memory.
    ...clips.map(({ file, backdrop }) => ({
      source: file,
      options: ['-threads', backdrop ? '1' : '2', '-an', '-sn', '-dn'],
    })),
    ...backdrops,
  ];
}

/**
 * The graph of a section; the output is `[joined]`. A clip gives up to three parts: its head, into
 * which the end of the clip before is faded, its body, and its tail, which is faded into the next
 * clip's head. Only heads and tails go through xfade, which works on full chroma only and would blur
 * the colours of everything else. Clips that move on one backdrop are joined first and laid on it
 * then; others are laid on their own first.
 */
function sectionGraph(plan: StitchPlan, section: Section): string {
  const chains: string[] = [];
  const joined: string[] = [];
  let stills = section.endClip - section.firstClip;
  for (let index = section.firstClip; index < section.endClip; index++) {
    const input = index - section.firstClip;
    const parts = partsOf(plan, section, index);
    const labels = parts.map(({ name }) => `[${name}${input}in]`).join('');
    const clip = plan.clips[index];
    let picture = `${input}:v:0`;
    if (clip.backdrop && !plan.shared) {
      // One frame more than there are: the frame rate filter leaves out the very last one.
      const form = { rate: clip.rate, frames: clip.frames + 1 };
      chains.push(...lay(clip.backdrop, stills++, picture, form, `whole${input}`));
      picture = `whole${input}`;
    }
    chains.push(`[${picture}]${conform(plan, clip)},split=${parts.length}${labels}`);
    for (const { name, start, end } of parts) {
      const range = `trim=start_frame=${start}:end_frame=${end},setpts=PTS-STARTPTS`;
      const form = name === 'body' ? '' : `,${FULL_CHROMA}`;
      chains.push(`[${name}${input}in]${range}${form}[${name}${input}]`);
      if (name === 'head') chains.push(fade(plan, input));
      if (name !== 'tail') joined.push(name === 'head' ? `[faded${input}]` : `[body${input}]`);
    }
  }
  const cutOut = `${joined.join('')}concat=n=${joined.length},${cut(plan, section)}`;
  if (!plan.shared) return [...chains, `${cutOut},${COLOUR_FILTER}[joined]`].join(';');
  const form = { rate: plan.rate, frames: section.end - section.start };
  const laid = lay(plan.shared, stills, 'moving', form, 'joined');
  return [...chains, `${cutOut}[moving]`, ...laid].join(';');
}

/**
 * Lays the frames of a stream on a still picture, which is exact: both are 4:2:0, and even numbers
 * of pixels apart.
 * @param still the still's number among the inputs
 */
function lay(
  { x, y }: ClipBackdrop,
  still: number,
  moving: string,
  { rate, frames }: { rate: FrameRate; frames: number },
  output: string,
): string[] {
  const clock = `settb=${rate.den}/${rate.num},setpts=N`;
  return [
    `[${still}:v:0]loop=loop=${frames - 1}:size=1,${clock}[${output}still]`,
    `[${moving}]${clock}[${output}part]`,
    `[${output}still][${output}part]overlay=x=${x}:y=${y}:format=yuv420,${COLOUR_FILTER}[${output}]`,
  ];
}

/** The section's frames with new time stamps, so that none is dropped or doubled. */
function cut({ clips, rate }: StitchPlan, { start, end, firstClip }: Section): string {
  const { startFrame } = clips[firstClip];
  const range = `trim=start_frame=${start - startFrame}:end_frame=${end - startFrame}`;
  return `${range},settb=${rate.den}/${rate.num},setpts=N`;
}

interface Part {
  name: 'head' | 'body' | 'tail';
  start: number;
  end: number;
}

/** The parts of a clip that a section uses, in frames. */
function partsOf(plan: StitchPlan, { firstClip, endClip }: Section, index: number): Part[] {
  const frames = plan.clips[index].outFrames;
  const bodyStart = index > firstClip ? plan.crossFade : 0;
  const bodyEnd = index + 1 < endClip ? frames - plan.crossFade : frames;
  const parts: Part[] = [
    { name: 'head', start: 0, end: bodyStart },
    { name: 'body', start: bodyStart, end: bodyEnd },
    { name: 'tail', start: bodyEnd, end: frames },
  ];
  return parts.filter(({ start, end }) => end > start);
}

const SWS_FLAGS = 'accurate_rnd+full_chroma_int+bitexact';
const FULL_CHROMA = `scale=flags=bicubic+${SWS_FLAGS},format=yuv444p`;

function fade({ transition, crossFade, rate }: StitchPlan, input: number): string {
  const duration = (crossFade / fpsOf(rate)).toFixed(6);
  const options = `transition=${transition}:duration=${duration}:offset=0`;
  const back = `scale=flags=bicubic+${SWS_FLAGS},format=yuv420p`;
  return `[tail${input - 1}][head${input}]xfade=${options},${back}[faded${input}]`;
}

/** One size, pixel format, colour space and frame rate, and exactly as many frames as planned. */
function conform(plan: StitchPlan, clip: PlannedClip): string {
  const { num, den } = plan.rate;
  return [
    ...(isAlike(plan, clip) ? [] : resize(plan, clip)),
    'setsar=1',
    'setpts=PTS-STARTPTS',
    `fps=${rateText(plan.rate)}`,
    `settb=${den}/${num}`,
    'tpad=stop_mode=clone:stop=-1',
    `trim=end_frame=${clip.outFrames}`,
  ].join(',');
}

const SCALE_FLAGS = `flags=lanczos+${SWS_FLAGS}`;

function resize({ width, height, fit }: StitchPlan, clip: PlannedClip): string[] {
  const ratios = [width / clip.width, height / clip.height] as const;
  const ratio = fit === 'cover' ? Math.max(...ratios) : Math.min(...ratios);
  const inner =
    fit === 'stretch'
      ? { width, height }
      : {
          width: fitted(clip.width * ratio, width, fit),
          height: fitted(clip.height * ratio, height, fit),
        };
  const scale = `scale=${inner.width}:${inner.height}:${SCALE_FLAGS}:out_color_matrix=bt709:out_range=tv`;
  const filters = [scale, 'format=yuv420p'];
  if (fit === 'cover') filters.push(`crop=${width}:${height}`);
  if (fit === 'contain') filters.push(`pad=${width}:${height}:-1:-1`);
  return filters;
}

/** A side of the scaled picture: even, and not beyond (or, for cover, short of) the frame by rounding. */
function fitted(side: number, frame: number, fit: 'contain' | 'cover'): number {
  return fit === 'cover' ? Math.max(frame, even(side)) : Math.min(frame, even(side));
}
