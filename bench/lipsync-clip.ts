/**
 * Renders one clip with the built-in engine, for eye and ear, and says what a frame costs.
 *   node --import tsx bench/lipsync-clip.ts OUT_FOLDER PORTRAIT TRACK.json (TEXT LANGUAGE | FILE.wav) [--fps N] [--head]
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { openFfmpeg } from '../src/ffmpeg';
import type { FacePayload } from '../src/media';
import { objectSource, resolveParameters, TTS, WAV2LIP } from '../src/stages/parameters';
import type { StageContext, StageInput } from '../src/stages/stage';
import { tts } from '../src/stages/tts';
import { wav2lip } from '../src/stages/wav2lip';

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const fpsAt = args.indexOf('--fps');
  const fps = fpsAt >= 0 ? Number(args.splice(fpsAt, 2)[1]) : 25;
  const headMotion = args.includes('--head');
  const [folder, portrait, track, text, language] = args.filter((arg) => !arg.startsWith('--')) as [
    string,
    string,
    string,
    string,
    string?,
  ];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const context: StageContext = {
    signal: new AbortController().signal,
    folder,
    settings: { ffmpegPath: '', modelsFolder: '', device: 'auto', acceptNonCommercial: false },
    progress: () => undefined,
    ffmpeg: () => openFfmpeg(),
  };
  const { width = 0, height = 0 } = await sharp(portrait).metadata();
  const face: FacePayload = {
    kind: 'face',
    source: { file: path.resolve(portrait), type: 'image', width, height },
    detector: 'bench',
    faces: [{ box: [0, 0, 1, 1], score: 1, roll: 0 }],
    selected: 0,
    track,
  };
  const speech: StageInput<'wav2lip'>['speech'] = text.endsWith('.wav')
    ? { kind: 'file', file: text }
    : await tts(
        { kind: 'text', text, ...(language && { language }) },
        resolveParameters(TTS, []),
        context,
      );
  const parameters = resolveParameters(WAV2LIP, [objectSource('--', { fps, headMotion })]);
  const clip = await wav2lip({ speech, face }, parameters, context);
  const frame = (clip.report.seconds / clip.frames) * 1000;
  process.stdout.write(
    `${JSON.stringify({ ...clip, millisecondsAFrame: Number(frame.toFixed(2)) })}\n`,
  );
}

void main();
