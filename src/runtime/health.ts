/**
 * The health of an installation: worker, machine, models and workspace. `lipwire doctor`, the sidebar's
 * diagnostics and the dialogs' equipment are views of it.
 */
import { rm, statfs, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, platform, release, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { healthOf, serializeError, type Health } from '../contract';
import { makeFolder } from '../files/make-folder';
import { findUpwards, installedVersion, versionIn } from '../files/package-root';
import { mayRun } from '../ml/store/manifest';
import type { ModelStatus } from '../ml/store/store';
import { TTS_ENGINES } from '../tts/engines';
import { stageSettingsOf, type Runtime } from './open';
import { LocalQueue } from './queue';
import { openModels, type StudioSettings } from './settings';
import type { Diagnostics, Equipment, StudioStats } from './types';
import { WorkerClient, type WorkerState } from './worker/client';
import type { HealthPart, WorkerHealth } from './worker/health';
import { temporaryFolder } from './workspace';

type CheckName =
  | ('node' | 'platform' | 'libc' | 'processor' | 'packages' | 'engine' | 'onnx' | 'devices')
  | ('pictures' | 'ffmpeg' | 'speech' | 'models' | 'workspace' | 'disk');

export interface Check {
  name: CheckName;
  ok: boolean;
  /** Whether Lipwire does not work at all without it. */
  needed: boolean;
  /** What was found. */
  text: string;
  /** What to do, where it is not ok. */
  remedy?: string;
}

export interface CheckUp {
  /** Whether every needed check is ok. */
  ok: boolean;
  checks: Check[];
}

/** `engines` of package.json. */
const LEAST_NODE = [20, 9] as const;
/** Bytes: a few minutes of video with its intermediate files. */
const LEAST_FREE = 256 * 1024 ** 2;

const SPEECH_PACKAGES = TTS_ENGINES.flatMap(({ packages }) => packages);
/** Some stages run without these; they have checks of their own. */
const OPTIONAL: string[] = [
  ...SPEECH_PACKAGES,
  ...['@vladmandic/human', 'onnxruntime-node', 'onnxruntime-web', 'sharp'],
];
const LIBRARIES = [
  'onnxruntime-node',
  'onnxruntime-web',
  'sharp',
  '@mediapipe/face_mesh',
  '@vladmandic/human',
  ...SPEECH_PACKAGES,
  'fluent-ffmpeg',
];

/** Has the worker check these parts; left out: all. @throws E_CANCELLED, E_ENGINE_LOST */
function ask<P extends HealthPart = HealthPart>(
  worker: WorkerClient,
  parts?: readonly P[],
): Promise<Pick<WorkerHealth, P>> {
  return worker.ask('health', parts) as Promise<Pick<WorkerHealth, P>>;
}

/**
 * `lipwire doctor`. Never rejects.
 * @param runtime undefined where the workspace cannot be opened
 */
export async function checkUp(
  settings: StudioSettings,
  diagnostics: Diagnostics,
  runtime: Runtime | undefined,
): Promise<CheckUp> {
  const worker = await healthOf(() => (runtime ? ask(runtime.worker) : askAlone(settings)));
  const models = await healthOf(async () => {
    const store = await openModels(settings);
    return { list: await store.list(), folder: store.folder };
  });
  const { node, libraries, platform: system, memoryBytes } = diagnostics;
  const [libc, processor, ...others] = worker.usable
    ? healthChecks(worker, libraries)
    : [undefined, undefined, bad('engine', worker.sentence)];
  const checks = [
    nodeCheck(node),
    good('platform', `${system}, ${mebibytes(memoryBytes)} of memory`),
    libc,
    processor,
    packagesCheck(libraries),
    ...others,
    models.usable
      ? modelsCheck(models.list, models.folder, settings.acceptNonCommercial)
      : { ...bad('models', models.sentence), needed: false },
    ...(await workspaceChecks(diagnostics.workspace, runtime)),
  ].filter((check) => check !== undefined);
  return { ok: checks.every(({ ok, needed }) => ok || !needed), checks };
}

/** Asks a worker of its own, where the studio's workspace cannot be opened. */
async function askAlone(settings: StudioSettings): Promise<WorkerHealth> {
  const stageSettings = await stageSettingsOf(settings, tmpdir());
  const worker = new WorkerClient({ ...settings, settings: stageSettings }, new LocalQueue(0, 0));
  try {
    return await ask(worker);
  } finally {
    await worker.close();
  }
}

/** A line for each check, with a tick or a cross; below a cross, what to do. */
export function checkLines({ checks }: { checks: readonly Check[] }): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  return checks.flatMap(({ name, ok, text, remedy }) => {
    const line = `${ok ? '✔' : '✘'} ${name.padEnd(width)}${text}`;
    return remedy ? [line, `${' '.repeat(width + 2)}→ ${remedy}`] : [line];
  });
}

/** Facts for a fault report. Never rejects. */
export async function diagnose(
  studio: { settings: StudioSettings; engineState: WorkerState; stats: StudioStats },
  opening: Promise<Runtime>,
): Promise<Diagnostics> {
  const { models, maxBytes, maxAgeHours } = studio.settings;
  const opened = <T>(look: (runtime: Runtime) => Promise<T>) => opening.then(look).catch(errorOf);
  const [versions, ffmpeg, workspace, modelsFolder] = await Promise.all([
    Promise.all(LIBRARIES.map(async (name) => [name, await installedVersion(name)] as const)),
    opened(async ({ worker }) => told((await ask(worker, ['ffmpeg'])).ffmpeg)),
    opened(async ({ workspace: { root: folder }, sweeper }) => {
      return { folder, ...(await sweeper.count()), maxBytes, maxAgeHours };
    }),
    opening.then(
      ({ stageSettings }) => stageSettings.modelsFolder,
      () => models,
    ),
  ]);
  return {
    lipwire: (await lipwireVersion()) ?? 'unknown',
    node: process.version,
    platform: `${platform()} ${arch()} ${release()}`,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    libraries: Object.fromEntries(versions),
    ffmpeg,
    engine: studio.engineState,
    workspace,
    modelsFolder,
    stats: studio.stats,
  };
}

/** Version of this package. */
export async function lipwireVersion(): Promise<string | undefined> {
  return versionIn(findUpwards('package.json'));
}

/** @throws E_CANCELLED, E_ENGINE_LOST */
export async function equipmentOf(worker: WorkerClient, device: string): Promise<Equipment> {
  const { ffmpeg, onnx } = await ask(worker, ['ffmpeg', 'onnx']);
  return { ffmpeg: told(ffmpeg), devices: onnx.usable ? onnx.devices : told(onnx), device };
}

type Failure = ReturnType<typeof errorOf>;

/** As admin routes and `--json` have it: the facts, or an error. */
function told(health: Health<never>): Failure;
function told<Facts>(health: Health<Facts>): Facts | Failure;
function told<Facts>({ usable, ...facts }: Health<Facts>): Facts | Failure {
  if (usable) return facts as Facts;
  const { code, sentence: message } = facts as Extract<Health, { usable: false }>;
  return { error: { code, message } };
}

function errorOf(thrown: unknown) {
  const { code, message } = serializeError(thrown);
  return { error: { code, message } };
}

/** What the worker found. @param libraries versions by name */
export function healthChecks(
  { machine, onnx, ffmpeg, pictures, speech }: WorkerHealth,
  libraries: Diagnostics['libraries'],
): Check[] {
  const { libc, processor } = machine;
  const features = processor.features.join(', ') || 'features not known';
  return [
    good('libc', libc ?? 'the system’s own'),
    good('processor', `${processor.count} × ${processor.name}: ${features}`),
    good('engine', 'its process starts and answers'),
    checked('onnx', onnx, (facts) => runtimeText(facts, libraries[facts.library] ?? '')),
    ...(onnx.usable ? [good('devices', devicesText(onnx))] : []),
    checked('pictures', pictures, ({ version }) => `sharp ${version}`),
    checked(
      'ffmpeg',
      ffmpeg,
      ({ version, ffmpegPath }) => `${version} with all filters and encoders, ${ffmpegPath}`,
    ),
    speechCheck(speech),
  ];
}

type Facts<P extends HealthPart> = Omit<Extract<WorkerHealth[P], { usable: true }>, 'usable'>;

function runtimeText({ library, device, threads, reason }: Facts<'onnx'>, version: string): string {
  const name = `${library} ${version}`;
  if (device !== 'wasm') return name;
  const count = threads === 1 ? '1 thread' : `${threads} threads`;
  return `${name} (WebAssembly, ${count}, several times slower): ${reason ?? 'chosen'}`;
}

function devicesText({ device, devices }: Facts<'onnx'>): string {
  const usable = devices.filter(({ state }) => state === 'usable').slice(1);
  const failed = devices.filter(({ state }) => state === 'failed');
  const names = [device, ...usable.map((each) => each.device)].join(', ');
  return [names, ...failed.map((each) => `${each.device} does not work (${each.reason})`)].join(
    '; ',
  );
}

/** Not needed: flows may bring their own sounds. */
function speechCheck(engines: WorkerHealth['speech']): Check {
  const able = engines.flatMap(({ title, health }) =>
    health.usable ? [`${title} with ${health.voices} voices`] : [],
  );
  const sentences = engines.flatMap(({ health }) => (health.usable ? [] : [health.sentence]));
  if (able.length > 0) return good('speech', [able.join(', '), ...sentences].join('; '));
  return { ...bad('speech', sentences.at(-1) ?? ''), needed: false };
}

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  if (major > least || (major === least && minor >= leastMinor)) return good('node', version);
  return failed('node', version, `install Node.js ${LEAST_NODE.join('.')} or newer`);
}

/** @param libraries versions by name; null: not installed */
export function packagesCheck(libraries: Diagnostics['libraries']): Check {
  const all = Object.entries(libraries);
  const missing = all
    .filter(([name, version]) => version === null && !OPTIONAL.includes(name))
    .map(([name]) => name);
  if (missing.length > 0) {
    const remedy = `run "npm install ${missing.join(' ')}" in the folder where Lipwire is installed`;
    return failed('packages', `${missing.join(', ')} not installed`, remedy);
  }
  const there = all.filter(([, version]) => version !== null);
  return good('packages', there.map((entry) => entry.join(' ')).join(', '));
}

/** @param isAccepted whether licences for non-commercial use are */
export function modelsCheck(
  models: readonly ModelStatus[],
  folder: string,
  isAccepted: boolean,
): Check {
  const installed = models.filter((model) => model.installed);
  const names = installed.map((model) => `${model.name} (${stateOf(model, isAccepted)})`);
  const text =
    installed.length > 0
      ? `${names.join(', ')} in ${folder}`
      : `none installed in ${folder}; the built-in engine needs none`;
  const broken = installed.find(({ valid }) => valid === false);
  let remedy: string | undefined;
  if (broken) {
    remedy = `remove ${broken.name} with "lipwire models remove" and add it again`;
  } else if (!installed.every((model) => mayRun(model, isAccepted))) {
    remedy =
      'if your use is within their licence, accept non-commercial licences in the studio node ' +
      '(on the command line: --accept-non-commercial)';
  }
  const check = remedy ? failed('models', text, remedy) : good('models', text);
  return { ...check, needed: false };
}

function stateOf(model: ModelStatus, isAccepted: boolean): string {
  if (model.valid === false) return `broken: the file ${model.problem ?? 'is not whole'}`;
  if (model.commercialUse === true) return 'for any use';
  return mayRun(model, isAccepted) ? 'licence accepted' : 'licence not accepted';
}

/** The folder may have been deleted or write-protected since it was opened. */
async function workspaceChecks(
  workspace: Diagnostics['workspace'],
  runtime: Runtime | undefined,
): Promise<Check[]> {
  if ('error' in workspace) return [bad('workspace', workspace.error.message)];
  const trial = await healthOf(async () => {
    if (!runtime) return {};
    const temporary = await temporaryFolder(runtime.workspace);
    await makeFolder(temporary);
    await writeFile(path.join(temporary, 'trial'), '');
    await rm(temporary, { recursive: true });
    return {};
  });
  const { folder, bytes, maxBytes, maxAgeHours, artifacts } = workspace;
  if (!trial.usable) return [bad('workspace', trial.sentence)];
  const text =
    `${folder}, writable, ${artifacts} artifacts in ${mebibytes(bytes)} of at most ` +
    `${mebibytes(maxBytes)}, kept for ${maxAgeHours} hours`;
  const space = await statfs(folder).catch(() => undefined);
  const disk = space ? [diskCheck(folder, space.bavail * space.bsize)] : [];
  return [good('workspace', text), ...disk];
}

/** @param free bytes that may still be written */
export function diskCheck(folder: string, free: number): Check {
  const text = `${mebibytes(free)} free for ${folder}`;
  if (free >= LEAST_FREE) return good('disk', text);
  const remedy = `free ${mebibytes(LEAST_FREE)} or more, or choose a workspace on another disk`;
  return failed('disk', text, remedy);
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function good(name: CheckName, text: string): Check {
  return { name, ok: true, needed: true, text };
}

function failed(name: CheckName, text: string, remedy?: string): Check {
  return { name, ok: false, needed: true, text, ...(remedy && { remedy }) };
}

function bad(name: CheckName, sentence: string): Check {
  const { text, remedy } = inTwo(sentence);
  return failed(name, text, remedy);
}

function checked<F>(name: CheckName, health: Health<F>, text: (facts: F) => string): Check {
  return health.usable ? good(name, text(health)) : bad(name, health.sentence);
}

/** Splits an error's sentence into fault and remedy at its last semicolon outside parentheses. */
export function inTwo(sentence: string): { text: string; remedy?: string } {
  const whole = sentence.trim().replace(/\.$/, '');
  let depth = 0;
  let at = -1;
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] === '(') depth++;
    else if (whole[i] === ')') depth = Math.max(0, depth - 1);
    else if (depth === 0 && whole.startsWith('; ', i)) at = i;
  }
  return at < 0 ? { text: whole } : { text: whole.slice(0, at), remedy: whole.slice(at + 2) };
}
