import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import type { EngineState } from './worker/engine-state';
import { serializeError } from '../contract';
import type { House } from './house';
import { findUpwards } from '../files/package-root';
import type { StudioSettings } from './settings';
import type { Diagnostics, StudioStats } from './types';

/** What of a studio goes into its diagnostics. */
interface Studied {
  settings: StudioSettings;
  engineState: EngineState;
  stats: StudioStats;
}

const LIBRARIES = [
  'onnxruntime-node',
  'onnxruntime-web',
  'sharp',
  '@vladmandic/human',
  '@echogarden/espeak-ng-emscripten',
  'fluent-ffmpeg',
];

/** Collects what a person who helps somebody else wants to know. Never rejects. */
export async function diagnose(studio: Studied, opening: Promise<House>): Promise<Diagnostics> {
  const house = await opening.catch(() => undefined);
  return {
    lipwire: (await lipwireVersion()) ?? 'unknown',
    node: process.version,
    platform: `${platform()} ${arch()} ${release()}`,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    libraries: Object.fromEntries(
      await Promise.all(LIBRARIES.map(async (name) => [name, await installedVersion(name)])),
    ) as Record<string, string | null>,
    ffmpeg: await opening.then(({ engine }) => engine.ask('ffmpeg')).catch(errorOf),
    engine: studio.engineState,
    workspace: await workspaceOf(studio.settings, opening).catch(errorOf),
    modelsFolder: house?.stageSettings.modelsFolder ?? studio.settings.models,
    stats: studio.stats,
  };
}

/** Version of this package. */
export async function lipwireVersion(): Promise<string | undefined> {
  return versionIn(findUpwards('package.json'));
}

async function workspaceOf(
  { maxBytes, maxAgeHours }: StudioSettings,
  opening: Promise<House>,
): Promise<Diagnostics['workspace']> {
  const { workspace, sweeper } = await opening;
  return { folder: workspace.root, ...(await sweeper.count()), maxBytes, maxAgeHours };
}

/** Reads the version without loading the library: some are native. */
async function installedVersion(name: string): Promise<string | null> {
  const file = findUpwards(path.join('node_modules', ...name.split('/'), 'package.json'));
  return (await versionIn(file)) ?? null;
}

async function versionIn(file: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version?: string };
    return version;
  } catch {
    return undefined;
  }
}

function errorOf(thrown: unknown): { error: ReturnType<typeof serializeError> } {
  const { code, message } = serializeError(thrown);
  return { error: { code, message } };
}
