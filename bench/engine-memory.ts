/**
 * Memory of the engine process over time: one short text after the other through the whole pipeline, no
 * two alike, without Node-RED. After a minute of warming up it should stay where it is.
 *
 *   node --import tsx bench/engine-memory.ts [--minutes 8]
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { avatarFile } from '../src/runtime/avatar';
import { renderVideo } from '../src/runtime/pipeline';
import { Studio } from '../src/runtime/studio';
import { slopeOf } from './support/slope';

const MEBIBYTE = 2 ** 20;

/** Of a process's status in /proc, in bytes. */
function memoryOf(pid: number | undefined, field: 'VmRSS' | 'RssAnon'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return 1024 * Number(new RegExp(`${field}:\\s*(\\d+)`).exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: 'string', default: '8' } } });
  const seconds = Number(values.minutes) * 60;
  const home = await mkdtemp(path.join(tmpdir(), 'lipwire-memory-'));
  const studio = new Studio({ workspace: home, idleSeconds: 600, maxBytes: 100 * MEBIBYTE });
  const samples: [seconds: number, bytes: number][] = [];
  const start = performance.now();
  const passed = (): number => (performance.now() - start) / 1000;
  let texts = 0;
  let told = 0;
  try {
    while (passed() < seconds) {
      texts += 1;
      await renderVideo(studio, {
        text: `Text ${texts}, part one. Part two.`,
        face: avatarFile(),
        hls: true,
        parameters: { tts: { rate: 320 }, wav2lip: { fps: 10 }, stitch: { quality: 'draft' } },
      });
      const { pid } = studio.engineState;
      const resident = memoryOf(pid, 'VmRSS');
      samples.push([passed(), resident]);
      if (passed() - told < 30) continue;
      told = passed();
      const [all, own] = [resident, memoryOf(pid, 'RssAnon')].map((bytes) => bytes / MEBIBYTE);
      process.stdout.write(
        `${told.toFixed(0)} s: ${all?.toFixed(0)} MiB, own ${own?.toFixed(0)}\n`,
      );
    }
    const late = samples.slice(Math.floor(samples.length / 2));
    const slope = (60 * slopeOf(late)) / MEBIBYTE;
    const { losses, starts } = studio.engineState;
    process.stdout.write(
      `${texts} texts, ${slope.toFixed(2)} MiB a minute in the second half, ` +
        `${starts} engine process, ${losses} lost\n`,
    );
  } finally {
    await studio.close();
    await rm(home, { recursive: true, force: true });
  }
}

void main();
