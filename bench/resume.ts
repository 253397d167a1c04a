/**
 * Interrupted work resumes: kills the engine, FFmpeg or Node-RED at random moments of one job, sends
 * the same message again after each, and compares the video with that of an undisturbed run.
 *
 *   node --import tsx bench/resume.ts [--kills 20] [--segments 20] [--seed 1]
 */
import { parseArgs } from 'node:util';
import type { Interruption, Victim } from './support/interrupted';

const VICTIMS: Victim[] = ['engine', 'ffmpeg', 'node-red'];

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Random numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

async function main(): Promise<void> {
  // The tests' Node-RED has a hook of mocha; here nothing is shared.
  Object.assign(globalThis, { after: () => undefined });
  const { renderInterrupted } = await import('./support/interrupted.js');
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '20' },
      segments: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [kills, segments, seed] = [values.kills, values.segments, values.seed].map(Number) as [
    number,
    number,
    number,
  ];
  const text = Array.from({ length: segments }, (_, i) => `Sentence ${i + 1}.`).join(' ');
  // Of the text, the face, speech, level and clip of each segment; the video and its stream remain.
  const artifacts = 2 + 3 * segments;
  const next = random(seed);
  const interruptions = Array.from({ length: kills }, (): Interruption => {
    const victim = VICTIMS[Math.floor(next() * VICTIMS.length)];
    return { victim, artifacts: Math.floor(next() * artifacts), delay: Math.floor(next() * 400) };
  }).sort((a, b) => a.artifacts - b.artifacts);

  print(`${kills} kills in a text of ${segments} segments, seed ${seed}`);
  const whole = await renderInterrupted(text, []);
  print(`undisturbed: ${whole.made.size} artifacts, video ${whole.video.slice(0, 16)}…`);
  const broken = await renderInterrupted(text, interruptions, print);
  const counts = VICTIMS.map(
    (victim) => `${broken.kills.filter((one) => one.victim === victim).length} × ${victim}`,
  );
  print(`killed: ${counts.join(', ')}`);
  print(`interrupted: ${broken.made.size} artifacts, video ${broken.video.slice(0, 16)}…`);
  const isSame = broken.video === whole.video;
  print(`the same video, byte for byte: ${isSame ? 'yes' : 'NO'}`);
  print(`artifacts rendered again: ${broken.again}`);
  if (!isSame || broken.again > 0 || broken.made.size !== whole.made.size) process.exitCode = 1;
}

void main();
