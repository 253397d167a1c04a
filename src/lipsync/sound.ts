/** The sound of a clip. */
import path from 'node:path';
import { inputError, LipwireError, toLipwireError, type StageContext } from '../contract';
import { readWavFormat } from '../av/wav';
import type { LipsyncInput } from './stage';
import { openFfmpeg } from '../av/ffmpeg/open';

/** The speech as a WAV file; anything else that has sound is converted first. */
export async function soundOf(
  speech: LipsyncInput['speech'],
  context: StageContext,
): Promise<string> {
  if (await isWav(speech.file)) return speech.file;
  const ffmpeg = await openFfmpeg(context.settings.ffmpegPath);
  const { streams } = await ffmpeg.probe(speech.file, context.signal);
  if (!streams.some(({ type }) => type === 'audio')) {
    throw inputError('the speech', 'a file with sound', speech.file);
  }
  const target = path.join(context.folder, 'sound.wav');
  await ffmpeg.run({
    inputs: [{ source: speech.file }],
    outputs: [{ target, options: ['-map', '0:a:0', '-vn', '-c:a', 'pcm_s16le'] }],
    signal: context.signal,
  });
  return target;
}

async function isWav(file: string): Promise<boolean> {
  try {
    await readWavFormat(file);
    return true;
  } catch (error) {
    if (error instanceof LipwireError && error.code === 'E_INPUT') return false;
    throw toLipwireError(error);
  }
}
