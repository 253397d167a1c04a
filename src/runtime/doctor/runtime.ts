/** What the engine process found. */
import type { Health } from '../worker/health';
import { inTwo } from './sentence';
import type { Check, CheckName } from './types';

/** @param libraries versions by name */
export function healthChecks(
  health: Health,
  libraries: Readonly<Record<string, string | null>>,
): Check[] {
  const { libc, processor, onnx, ffmpeg, pictures, speech } = health;
  const features = processor.features.join(', ') || 'features not known';
  return [
    good('libc', libc ?? 'the system’s own'),
    good('processor', `${processor.count} × ${processor.name}: ${features}`),
    good('engine', 'its process starts and answers'),
    'error' in onnx
      ? bad('onnx', onnx.error.message)
      : good('onnx', runtimeText(onnx, libraries[onnx.library] ?? '')),
    ...('error' in onnx ? [] : [good('devices', devicesText(onnx))]),
    'error' in pictures
      ? bad('pictures', pictures.error.message)
      : good('pictures', `sharp ${pictures.version}`),
    'error' in ffmpeg
      ? bad('ffmpeg', ffmpeg.error.message)
      : good('ffmpeg', `${ffmpeg.version} with all filters and encoders, ${ffmpeg.ffmpegPath}`),
    'error' in speech
      ? // All but tts runs without it, and tts is not needed where sounds are given.
        { ...bad('speech', speech.error.message), needed: false }
      : good('speech', `eSpeak NG with ${speech.voices} voices`),
  ];
}

/** The engine process could not be asked. */
export function unhealthy(why: string): Check[] {
  return [bad('engine', why)];
}

type Onnx = Exclude<Health['onnx'], { error: unknown }>;

function runtimeText({ library, device, threads, reason }: Onnx, version: string): string {
  const name = `${library} ${version}`;
  if (device !== 'wasm') return name;
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  return `${name} (WebAssembly, ${count}, several times slower): ${reason ?? 'chosen'}`;
}

function devicesText({ device, devices, failures }: Onnx): string {
  const absent = Object.entries(failures).map(([name, why]) => `${name} does not work (${why})`);
  return [[device, ...devices].join(', '), ...absent].join('; ');
}

function good(name: CheckName, text: string): Check {
  return { name, ok: true, needed: true, text };
}

function bad(name: CheckName, sentence: string): Check {
  return { name, ok: false, needed: true, ...inTwo(sentence) };
}
