/** The lip-sync stage at 720p, and the whole pipeline, on a still portrait. */
import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { type ClipPayload, objectSource, resolveParameters } from '../../src/contract';
import { avatarFile } from '../../src/runtime/avatar';
import { renderVideo } from '../../src/runtime/pipeline';
import { Studio } from '../../src/runtime/studio';
import type { Speeds } from './network';
import { STAGES } from '../../src/stages';

const PRECISIONS = ['fp32', 'int8'] as const;
const ROUNDS = 3;

const SENTENCES =
  'Good morning, and welcome to the house. The weather today is mild, with a light wind from the ' +
  'west. The train leaves on time, and the museum opens at nine. Please keep your ticket with you.';

export async function lipSync(
  model: string,
  folder: string,
  { speeds, isTrial }: { speeds: Speeds; isTrial: boolean },
): Promise<string> {
  const text = isTrial ? 'Good morning.' : SENTENCES;
  const rounds = isTrial ? 1 : ROUNDS;

  const models = path.join(folder, 'models');
  await mkdir(models, { recursive: true });
  await copyFile(model, path.join(models, 'seeded.onnx'));
  const workspace = path.join(folder, 'workspace');
  const options = { workspace, models, acceptNonCommercial: true, device: 'cpu', idleSeconds: 300 };
  const studio = new Studio(options);
  try {
    const portrait = await portrait720(folder);
    const parameters = <S extends keyof typeof STAGES>(stage: S, values: object) =>
      resolveParameters(STAGES[stage].parameters, [objectSource('', values)]);
    const face = await studio.run(
      'face-detect',
      { kind: 'file', file: portrait },
      parameters('face-detect', {}),
    );
    const speech = await studio.run('tts', { kind: 'text', text }, parameters('tts', {}));
    const clip = (values: object): Promise<ClipPayload> =>
      studio.run(
        'wav2lip',
        { speech, face },
        parameters('wav2lip', { model: 'seeded', silenceGate: true, ...values }),
      );
    const rows: string[] = [];
    const clips = new Map<string, ClipPayload[]>(PRECISIONS.map((name) => [name, []]));
    // The first of each makes the graphs and measures the face. A shift of the mouth by a little
    // makes every clip another one, so that none comes out of the cache.
    for (let round = 0; round <= rounds; round++) {
      for (const precision of PRECISIONS) {
        const made = await clip({ precision, offset: round / 1000 });
        if (round > 0) clips.get(precision)!.push(made);
      }
    }
    for (const precision of PRECISIONS) {
      const made = clips.get(precision)!;
      const seconds = made.map(({ report }) => report.seconds).sort((a, b) => a - b)[rounds >> 1];
      const [{ duration, frames, report, width, height }] = made as [ClipPayload];
      const inferred = frames - (report.silentFrames ?? 0);
      const fps = speeds.lines.find(({ name }) =>
        name.includes(`still, ${precision}, batch 4`),
      )!.fps;
      const alone = inferred / fps;
      const whole = await pipeline(studio, portrait, precision, text);
      rows.push(
        `| ${precision} | ${duration.toFixed(1)} s, ${width}×${height} | ${seconds.toFixed(2)} | ` +
          `${alone.toFixed(2)} (${inferred} of ${frames} frames) | ${(seconds / alone).toFixed(2)} × | ` +
          `${whole.toFixed(2)} × |`,
      );
    }
    return [
      '**A still portrait at 720p**, seconds of the lip-sync stage, and of inference alone at the speed ' +
        'above. The whole pipeline goes from text to the finished video.',
      '',
      '| | clip | stage | inference alone | stage to inference | the whole to real time |',
      '| --- | --- | ---: | ---: | ---: | ---: |',
      ...rows,
    ].join('\n');
  } finally {
    await studio.close();
  }
}

/** Seconds of video a second of work. */
async function pipeline(
  studio: Studio,
  face: string,
  precision: string,
  said: string,
): Promise<number> {
  // No two sentences are alike, so that none comes out of the cache.
  const text = Array.from({ length: 3 }, (_, i) =>
    said.replaceAll('.', `, in ${precision}, ${i}.`),
  );
  const { video, seconds } = await renderVideo(studio, {
    text: text.join('\n\n'),
    face,
    parameters: { wav2lip: { model: 'seeded', precision: precision as 'fp32' } },
  });
  return video.duration / seconds;
}

/** The avatar on a 1280×720 picture. */
async function portrait720(folder: string): Promise<string> {
  const file = path.join(folder, 'portrait.png');
  const avatar = await sharp(avatarFile()).resize(720, 720).toBuffer();
  await sharp(avatar).extend({ left: 280, right: 280, extendWith: 'copy' }).png().toFile(file);
  return file;
}
