/** Renders a text and prints the number of cores, and hashes of the raw picture, raw sound and file. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { avatarFile } from '../../src/runtime/avatar';
import { renderVideo } from '../../src/runtime/pipeline';
import { Studio } from '../../src/runtime/studio';

async function main(): Promise<void> {
  const studio = new Studio();
  try {
    const parameters = { wav2lip: { fps: 12 } };
    const { video } = await renderVideo(studio, { text: 'One.', face: avatarFile(), parameters });
    const raw = (...args: string[]): string =>
      execFileSync('ffmpeg', ['-loglevel', 'error', '-i', video.file, ...args, '-f', 'md5', '-'], {
        encoding: 'utf8',
      })
        .replace('MD5=', '')
        .trim();
    const file = createHash('sha256').update(readFileSync(video.file)).digest('hex');
    const [picture, sound] = [raw('-an', '-c:v', 'rawvideo'), raw('-vn', '-c:a', 'pcm_s16le')];
    const cores = availableParallelism();
    process.stdout.write(`${cores} core${cores === 1 ? '' : 's'}\n${picture} ${sound} ${file}\n`);
  } finally {
    await studio.close();
  }
}

void main();
