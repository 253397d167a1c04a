import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir, arch, availableParallelism, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import { WorkerClient } from './worker/client';
import type { Health } from './worker/health';
import { makeFolder } from '../files/make-folder';
import { serializeError, type SerializedError } from '../contract';
import { stageSettingsOf, type Runtime } from './open';
import { LocalQueue } from './queue';
import { openModels, type StudioSettings } from './settings';
import { temporaryFolder } from './workspace';
import type { Diagnostics, StudioStats, Equipment } from './types';
import { mayRun } from '../ml/store/licence';
import type { ModelStatus } from '../ml/store/status';
import type { WorkerState } from './worker/client';
import { findUpwards, installedVersion, versionIn } from '../files/package-root';
import { TTS_ENGINES } from '../tts/engines';

/** What is looked at, in the order in which it is shown. */
const CHECKS = [
  'node',
  'platform',
  'libc',
  'processor',
  'packages',
  'engine',
  'onnx',
  'devices',
  'pictures',
  'ffmpeg',
  'speech',
  'models',
  'workspace',
  'disk',
] as const;

type CheckName = (typeof CHECKS)[number];

/** One thing that was looked at. */
export interface Check {
  name: CheckName;
  ok: boolean;
  /** Whether Lipwire is of no use without it. */
  needed: boolean;
  /** What there is, or what is wrong. */
  text: string;
  /** What to do, where it is not well. */
  remedy?: string;
}

export interface CheckUp {
  /** Whether all that is needed is well. */
  ok: boolean;
  checks: Check[];
}

/**
 * Looks at everything; never rejects.
 * @param diagnostics what is known of the studio already
 * @param runtime undefined where the workspace is not to be had
 */
export async function checkUp(
  settings: StudioSettings,
  diagnostics: Diagnostics,
  runtime: Runtime | undefined,
): Promise<CheckUp> {
  const asked = runtime ? runtime.worker.ask('health') : askAlone(settings);
  const engine = await asked.then(
    (health) => healthChecks(health, diagnostics.libraries),
    (error: unknown) => unhealthy(serializeError(error).message),
  );
  const workspace = await writable(diagnostics.workspace, runtime);
  const checks: Check[] = [
    nodeCheck(diagnostics.node),
    platformCheck(diagnostics),
    ...engine.filter(({ name }) => name === 'libc' || name === 'processor'),
    packagesCheck(diagnostics.libraries),
    ...engine.filter(({ name }) => name !== 'libc' && name !== 'processor'),
    await models(settings),
    workspaceCheck(workspace),
  ];
  if (!('error' in workspace)) {
    const space = await statfs(workspace.folder).catch(() => undefined);
    if (space) checks.push(diskCheck(workspace.folder, space.bavail * space.bsize));
  }
  return { ok: checks.every(({ ok, needed }) => ok || !needed), checks };
}

async function models(settings: StudioSettings): Promise<Check> {
  try {
    const store = await openModels(settings);
    return modelsCheck(await store.list(), store.folder, settings.acceptNonCommercial);
  } catch (error) {
    return modelsUnread(serializeError(error).message);
  }
}

/** A workspace that was opened a while ago may have been deleted or write-protected since. */
async function writable(
  workspace: Diagnostics['workspace'],
  runtime: Runtime | undefined,
): Promise<Diagnostics['workspace']> {
  if (!runtime || 'error' in workspace) return workspace;
  try {
    const trial = await temporaryFolder(runtime.workspace);
    await makeFolder(trial);
    await writeFile(path.join(trial, 'trial'), '');
    await rm(trial, { recursive: true });
    return workspace;
  } catch (error) {
    const { code, message } = serializeError(error);
    return { error: { code, message } };
  }
}

/** A worker of its own, for when the studio has none because its workspace is no good. */
async function askAlone(settings: StudioSettings): Promise<Health> {
  const stageSettings = await stageSettingsOf(settings, tmpdir());
  const worker = new WorkerClient({ ...settings, settings: stageSettings }, new LocalQueue(0, 0));
  try {
    return await worker.ask('health');
  } finally {
    await worker.close();
  }
}

/** What the worker process found. */

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
    speechCheck(speech),
  ];
}

/** All but tts runs without voices, and tts is not needed where sounds are given. */
function speechCheck(engines: Health['speech']): Check {
  const able = engines.flatMap(({ title, health }) =>
    health.usable ? [`${title} with ${health.voices} voices`] : [],
  );
  const sentences = engines.flatMap(({ health }) => (health.usable ? [] : [health.sentence]));
  if (able.length > 0) return good('speech', [able.join(', '), ...sentences].join('; '));
  return { ...bad('speech', sentences.at(-1) ?? ''), needed: false };
}

/** The worker process could not be asked. */
function unhealthy(why: string): Check[] {
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

/** Node.js, the machine, and the packages that are installed. */

/** `engines` of package.json. */
const LEAST_NODE = [20, 9] as const;

/** Without these some stages do not run, but others do; they have checks of their own. */
const OPTIONAL = new Set<string>([
  ...TTS_ENGINES.flatMap(({ packages }) => packages),
  'onnxruntime-node',
  'onnxruntime-web',
  'sharp',
]);

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  const ok = major > least || (major === least && minor >= leastMinor);
  const remedy = `install Node.js ${LEAST_NODE.join('.')} or newer`;
  return { name: 'node', ok, needed: true, text: version, ...(!ok && { remedy }) };
}

function platformCheck({ platform, memoryBytes }: Diagnostics): Check {
  const memory = `${Math.round(memoryBytes / 1024 ** 2)} MiB of memory`;
  return { name: 'platform', ok: true, needed: true, text: `${platform}, ${memory}` };
}

/** @param libraries versions by name; null: not installed */
export function packagesCheck(libraries: Diagnostics['libraries']): Check {
  const all = Object.entries(libraries);
  const missing = all.filter(([name, version]) => version === null && !OPTIONAL.has(name));
  const names = missing.map(([name]) => name);
  const there = all.filter(([, version]) => version !== null);
  if (names.length === 0) {
    const text = there.map(([name, version]) => `${name} ${version}`).join(', ');
    return { name: 'packages', ok: true, needed: true, text };
  }
  return {
    name: 'packages',
    ok: false,
    needed: true,
    text: `${names.join(', ')} not installed`,
    remedy: `run "npm install ${names.join(' ')}" in the folder where Lipwire is installed`,
  };
}

/** The folder could not be read. */
function modelsUnread(why: string): Check {
  return { name: 'models', needed: false, ok: false, ...inTwo(why) };
}

/** @param isAccepted whether licences for non-commercial use are */
export function modelsCheck(
  models: readonly ModelStatus[],
  folder: string,
  isAccepted: boolean,
): Check {
  const check = { name: 'models', needed: false } as const;
  const installed = models.filter((model) => model.installed);
  if (installed.length === 0) {
    const text = `none installed in ${folder}; the built-in engine needs none`;
    return { ...check, ok: true, text };
  }
  const broken = installed.find(({ valid }) => valid === false);
  const closed = installed.filter((model) => !mayRun(model, isAccepted));
  const text = installed
    .map((model) => `${model.name} (${stateOf(model, isAccepted)})`)
    .join(', ')
    .concat(` in ${folder}`);
  if (broken) {
    const remedy = `remove ${broken.name} with "lipwire models remove" and add it again`;
    return { ...check, ok: false, text, remedy };
  }
  if (closed.length === 0) return { ...check, ok: true, text };
  const remedy =
    'if your use is within their licence, accept non-commercial licences in the studio node ' +
    '(on the command line: --accept-non-commercial)';
  return { ...check, ok: false, text, remedy };
}

function stateOf(model: ModelStatus, isAccepted: boolean): string {
  if (model.valid === false) return `broken: the file ${model.problem ?? 'is not whole'}`;
  if (model.commercialUse === true) return 'for any use';
  return mayRun(model, isAccepted) ? 'licence accepted' : 'licence not accepted';
}

/** Where work is kept. */

/** Bytes; a few minutes of video, and what is made on the way to it. */
const LEAST_FREE = 256 * 1024 ** 2;

function workspaceCheck(workspace: Diagnostics['workspace']): Check {
  const check = { name: 'workspace', needed: true } as const;
  if ('error' in workspace) return { ...check, ok: false, ...inTwo(workspace.error.message) };
  const { folder, bytes, maxBytes, maxAgeHours, artifacts } = workspace;
  const text =
    `${folder}, writable, ${artifacts} artifacts in ${mebibytes(bytes)} of at most ` +
    `${mebibytes(maxBytes)}, kept for ${maxAgeHours} hours`;
  return { ...check, ok: true, text };
}

/** @param free bytes that may still be written */
export function diskCheck(folder: string, free: number): Check {
  const ok = free >= LEAST_FREE;
  const remedy = `free ${mebibytes(LEAST_FREE)} or more, or choose a workspace on another disk`;
  const text = `${mebibytes(free)} free for ${folder}`;
  return { name: 'disk', ok, needed: true, text, ...(!ok && { remedy }) };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

/**
 * An error's sentence in two: what is wrong, and what to do, which stands behind the last semicolon
 * that is not in parentheses. A sentence without one is all of the first kind.
 */
export function inTwo(sentence: string): { text: string; remedy?: string } {
  const whole = sentence.trim().replace(/\.$/, '');
  let depth = 0;
  let at = -1;
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] === '(') depth++;
    else if (whole[i] === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0 && whole.startsWith('; ', i)) at = i;
  }
  if (at < 0) return { text: whole };
  return { text: whole.slice(0, at), remedy: whole.slice(at + 2) };
}

/** A line for each check, with a tick or a cross; below a cross, what to do. */
export function checkLines({ checks }: { checks: readonly Check[] }): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  return checks.flatMap(({ name, ok, text, remedy }) => {
    const line = `${ok ? '✔' : '✘'} ${name.padEnd(width)}${text}`;
    return remedy ? [line, `${' '.repeat(width + 2)}→ ${remedy}`] : [line];
  });
}

/** What of a studio goes into its diagnostics. */
interface Studied {
  settings: StudioSettings;
  engineState: WorkerState;
  stats: StudioStats;
}

const LIBRARIES = [
  'onnxruntime-node',
  'onnxruntime-web',
  'sharp',
  '@vladmandic/human',
  ...TTS_ENGINES.flatMap(({ packages }) => packages),
  'fluent-ffmpeg',
];

/** Collects what a person who helps somebody else wants to know. Never rejects. */
export async function diagnose(studio: Studied, opening: Promise<Runtime>): Promise<Diagnostics> {
  const runtime = await opening.catch(() => undefined);
  return {
    lipwire: (await lipwireVersion()) ?? 'unknown',
    node: process.version,
    platform: `${platform()} ${arch()} ${release()}`,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    libraries: Object.fromEntries(
      await Promise.all(LIBRARIES.map(async (name) => [name, await installedVersion(name)])),
    ) as Record<string, string | null>,
    ffmpeg: await opening.then(({ worker }) => worker.ask('ffmpeg')).catch(errorOf),
    engine: studio.engineState,
    workspace: await workspaceOf(studio.settings, opening).catch(errorOf),
    modelsFolder: runtime?.stageSettings.modelsFolder ?? studio.settings.models,
    stats: studio.stats,
  };
}

/** Version of this package. */
export async function lipwireVersion(): Promise<string | undefined> {
  return versionIn(findUpwards('package.json'));
}

async function workspaceOf(
  { maxBytes, maxAgeHours }: StudioSettings,
  opening: Promise<Runtime>,
): Promise<Diagnostics['workspace']> {
  const { workspace, sweeper } = await opening;
  return { folder: workspace.root, ...(await sweeper.count()), maxBytes, maxAgeHours };
}

function errorOf(thrown: unknown): { error: ReturnType<typeof serializeError> } {
  const { code, message } = serializeError(thrown);
  return { error: { code, message } };
}

/** What a worker has to work with. @throws E_CANCELLED, E_ENGINE_LOST */
export async function equipmentOf(worker: WorkerClient, device: string): Promise<Equipment> {
  const [ffmpeg, devices] = await Promise.all([
    worker.ask('ffmpeg').catch(missing),
    worker.ask('devices').catch(missing),
  ]);
  return { ffmpeg, devices, device };
}

/** What is not there is an answer too. @throws where the worker itself is gone */
function missing(thrown: unknown): { error: SerializedError } {
  const { code, message } = serializeError(thrown);
  if (code === 'E_CANCELLED' || code === 'E_ENGINE_LOST') throw thrown;
  return { error: { code, message } };
}
