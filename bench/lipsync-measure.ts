/**
 * Measures the built-in engine against itself: FaceMesh looks at every rendered frame, and its
 * openness is compared with the one that was asked for.
 *   node --import tsx bench/lipsync-measure.ts PORTRAIT [PORTRAIT …] [--text T] [--language L]
 * Prints a line a portrait: correlation, and openness at closures as a share of the largest.
 */
import path from 'node:path';
import { openFaceNetworks, landmarksOfFrame } from '../src/face';
import { BuiltinEngine, listen } from '../src/lipsync';
import { frameRate, framesForSamples, measureOpenness } from '../src/media';
import { resolveParameters, TTS } from '../src/stages/parameters';
import { tts } from '../src/stages/tts';
import { benchContext, portraitOf } from './lipsync-support';

const TEXTS: Record<string, string> = {
  en: 'My mother bought five blue boats from a big happy farmer. We wonder who will move them by the moon.',
  ar: 'مرحبا بكم في بيتنا. هذا كتاب جميل عن البحر والمدن الكبيرة.',
};

function option(args: string[], name: string, otherwise: string): string {
  const at = args.indexOf(name);
  return at >= 0 ? args.splice(at, 2)[1]! : otherwise;
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((x, y) => x + y, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (p: readonly number[], mp: number, q: readonly number[], mq: number) =>
    p.reduce((sum, value, i) => sum + (value - mp) * (q[i]! - mq), 0);
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const language = option(args, '--language', 'en');
  const text = option(args, '--text', TEXTS[language] ?? TEXTS.en!);
  const context = benchContext();
  const speech = await tts({ kind: 'text', text, language }, resolveParameters(TTS, []), context);
  const { format, features } = await listen(speech.file, context.signal);
  const rate = frameRate(25);
  const frameCount = framesForSamples(format.samples, format.sampleRate, rate);
  const networks = await openFaceNetworks({
    modelsFolder: context.settings.modelsFolder,
    device: 'cpu',
  } as Parameters<typeof openFaceNetworks>[0]);
  for (const file of args) {
    const { picture, landmarks } = await portraitOf(file);
    const engine = new BuiltinEngine({
      picture,
      landmarks,
      features,
      cues: speech.cues,
      frameCount,
      rate,
      blinks: false,
    });
    const { region } = engine;
    const whole = new Uint8Array(picture.data);
    const wanted: number[] = [];
    const seen: number[] = [];
    const closures: number[] = [];
    let index = 0;
    let milliseconds = 0;
    let before = performance.now();
    for await (const part of engine.frames(context.signal)) {
      milliseconds += performance.now() - before;
      const pose = engine.performance.poseAt(index++);
      for (let y = 0; y < region.height; y++) {
        const row = part.subarray(y * region.width * 3, (y + 1) * region.width * 3);
        whole.set(row, ((region.y + y) * picture.width + region.x) * 3);
      }
      if (pose.active > 0.99) {
        const found = await landmarksOfFrame({ ...picture, data: whole }, networks, { landmarks });
        if (found) {
          const openness = measureOpenness(found.landmarks);
          seen.push(openness);
          wanted.push(pose.open * (1 - pose.closure));
          if (pose.closure > 0.97) closures.push(openness);
        }
      }
      before = performance.now();
    }
    const most = Math.max(...seen);
    const line = {
      portrait: path.basename(file),
      language,
      frames: frameCount,
      size: `${region.width}×${region.height}`,
      millisecondsAFrame: Number((milliseconds / frameCount).toFixed(2)),
      correlation: Number(correlation(wanted, seen).toFixed(3)),
      most: Number(most.toFixed(3)),
      closures: closures.length,
      closureMean: Number(
        (closures.reduce((a, b) => a + b, 0) / closures.length / most).toFixed(3),
      ),
      closureMax: Number((Math.max(...closures) / most).toFixed(3)),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

void main();
