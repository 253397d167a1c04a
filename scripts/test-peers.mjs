#!/usr/bin/env node
/**
 * `npm run test:peers`: voice engines against the real servers of other projects. They are installed
 * from PyPI into virtual environments under .cache/peers (once), given the models of the fixtures, and
 * started on free ports; nothing is downloaded while they run. Where pip has no index, or a model is
 * absent, that peer counts as skipped. Words choose peers by their names: `npm run test:peers wyoming`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const CACHE = path.join(root, '.cache', 'peers');
const FIXTURES = [process.env['LIPWIRE_FIXTURES'], path.join(root, '../shared/fixtures')].find(
  (folder) => folder && existsSync(folder),
);
const MODELS = FIXTURES ? path.join(FIXTURES, 'models') : '';
/** Milliseconds that a server gets to load its model, and pip to install. */
const START = 90_000;
const INSTALL = 600_000;

const PIPER = ['en_US-joe-medium.onnx', 'en_US-joe-medium.onnx.json'];
const TEXT = 'The train leaves at nine. Please do not be late.';

/**
 * A peer: what to install, the files of the fixtures that it needs, how it starts, and which of our
 * engines asks it. `folder` holds its files.
 */
const PEERS = [
  {
    name: 'wyoming-piper',
    packages: ['wyoming-piper==2.5.2'],
    files: PIPER.map((name) => `piper/${name}`),
    engine: 'wyoming',
    address: (port) => `tcp://127.0.0.1:${port}`,
    start: (port, folder) => [
      ...['python', '-m', 'wyoming_piper', '--uri', `tcp://127.0.0.1:${port}`],
      ...['--voice', 'en_US-joe-medium', '--data-dir', folder, '--download-dir', folder],
    ],
    voice: 'en_US-joe-medium',
    rate: 22_050,
    seconds: [2, 4.5],
  },
  {
    name: 'piper-http',
    packages: ['piper-tts[http]==1.8.0'],
    files: PIPER.map((name) => `piper/${name}`),
    engine: 'coqui',
    address: (port) => `http://127.0.0.1:${port}`,
    start: (port, folder) => [
      ...['python', '-m', 'piper.http_server', '-m', path.join(folder, PIPER[0])],
      ...['--data-dir', folder, '--host', '127.0.0.1', '--port', String(port)],
    ],
    voice: 'en_US-joe-medium',
    rate: 22_050,
    seconds: [2, 4.5],
  },
  {
    name: 'local-tts-studio',
    packages: ['local-tts-studio==1.0.0', 'piper-tts==1.8.0'],
    files: PIPER.map((name) => `piper/${name}`),
    engine: 'openai',
    address: (port) => `http://127.0.0.1:${port}`,
    prepare(folder) {
      mkdirSync(path.join(folder, 'voices'), { recursive: true });
      for (const name of PIPER)
        symlinkSync(path.join(folder, name), path.join(folder, 'voices', name));
      const settings = { api_default_voice: 'en_US-joe-medium' };
      writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings));
    },
    environment: (port, folder) => ({ LOCAL_TTS_DATA_DIR: folder }),
    start: (port) => ['local-tts', '--host', '127.0.0.1', '--port', String(port)],
    named: 'en_US-joe-medium',
    rate: 22_050,
    seconds: [2, 4.5],
  },
  {
    name: 'fastkokoro',
    packages: ['fastkokoro==0.7.0', 'onnxruntime'],
    files: ['kokoro/kokoro-v1.0.int8.onnx', 'kokoro/voices_ja.npz'],
    engine: 'openai',
    address: (port) => `http://127.0.0.1:${port}/v1`,
    environment: (port, folder) => ({
      FASTKOKORO_MODEL_PATH: path.join(folder, 'kokoro-v1.0.int8.onnx'),
      FASTKOKORO_VOICES_PATH: path.join(folder, 'voices_ja.npz'),
      FASTKOKORO_DEFAULT_VOICE: 'jf_alpha',
      FASTKOKORO_WARMUP: '0',
      FASTKOKORO_HOST: '127.0.0.1',
      FASTKOKORO_PORT: String(port),
    }),
    start: () => ['fastkokoro'],
    named: 'jf_alpha',
    rate: 24_000,
    seconds: [1.5, 6],
  },
];

class Skip extends Error {}

const counts = { passed: 0, failed: 0, skipped: 0 };
const chosen = process.argv.slice(2);
for (const peer of PEERS) {
  if (chosen.length > 0 && !chosen.some((word) => peer.name.includes(word))) continue;
  try {
    const facts = await meet(peer);
    counts.passed++;
    console.log(`✔ ${peer.name}: ${facts}`);
  } catch (error) {
    const isSkip = error instanceof Skip;
    counts[isSkip ? 'skipped' : 'failed']++;
    console.log(`${isSkip ? '–' : '✘'} ${peer.name}: ${isSkip ? 'skipped, ' : ''}${error.message}`);
    if (!isSkip && error.stack) console.log(error.stack);
  }
}
const { passed, failed, skipped } = counts;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 ? 1 : 0;

async function meet(peer) {
  const missing = peer.files.find((file) => !existsSync(path.join(MODELS, file)));
  if (missing) throw new Skip(`as the fixture models/${missing} is absent`);
  const bin = install(peer);
  const folder = mkdtempSync(path.join(tmpdir(), 'lipwire-peer-'));
  const { Studio } = require('../dist/src/runtime/studio.js');
  const port = await freePort();
  const address = peer.address(port);
  const studio = new Studio({
    workspace: path.join(folder, 'workspace'),
    servers: { [peer.engine]: { address } },
    // The machine may be busy.
    timeLimit: 5,
  });
  let server;
  try {
    // Copies: some servers write beside their models.
    for (const file of peer.files) {
      copyFileSync(path.join(MODELS, file), path.join(folder, path.basename(file)));
    }
    peer.prepare?.(folder);
    const begin = async () => (server = await run(peer, bin, port, folder));
    await begin();
    return await exercise(peer, studio, { begin, end: () => stop(server) });
  } finally {
    await studio.close();
    if (server) await stop(server);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What every server must do with us, and we with it. @returns what was measured */
async function exercise(peer, studio, { begin, end }) {
  const { engine, title, health } = await studio.testEngine(peer.engine);
  expect(health?.usable, `${title ?? engine} is not usable: ${health?.sentence}`);
  const { voices } = await studio.voices();
  const own = voices.filter((voice) => voice.engine === peer.engine);
  if (peer.voice) {
    const found = own.find(({ id }) => id === peer.voice);
    expect(
      found?.installed,
      `it does not list ${peer.voice} but ${own.map(({ id }) => id).slice(0, 5)}`,
    );
  }

  const before = performance.now();
  const speech = await say(studio, peer, TEXT);
  const took = (performance.now() - before) / 1000;
  checkSpeech(peer, speech);

  // Two at once.
  const both = await Promise.all(
    ['Two voices speak.', 'Both at one time.'].map((text) => say(studio, peer, text)),
  );
  for (const each of both) expect(each.duration > 0.5, `one of two lasts ${each.duration} s`);

  // Stopped in mid-sentence, it speaks the next text.
  const abort = new AbortController();
  const stopped = say(studio, peer, `${TEXT} Stop. `.repeat(4), abort.signal).catch(
    ({ code }) => code,
  );
  await sleep(400);
  abort.abort();
  expect((await stopped) === 'E_CANCELLED', `a stopped text ended with ${await stopped}`);
  checkSpeech(peer, await say(studio, peer, `${TEXT} `));

  // Killed and back.
  await end();
  const gone = await say(studio, peer, 'Nobody hears this.').catch((error) => error);
  expect(gone.code === 'E_SERVER', `without a server: ${gone.code} ${gone.message}`);
  await begin();
  checkSpeech(peer, await say(studio, peer, `Again: ${TEXT}`));
  const factor = (took / speech.duration).toFixed(2);
  return `${own.length} voices, ${speech.duration.toFixed(2)} s in ${took.toFixed(2)} s (${factor} of real time), two at once, stopped, killed and back`;
}

function checkSpeech({ rate, seconds: [least, most] }, { duration, sampleRate }) {
  expect(sampleRate === rate, `${sampleRate} Hz instead of ${rate}`);
  expect(duration > least && duration < most * 1.6, `${duration} s instead of ${least} to ${most}`);
}

function expect(isTrue, sentence) {
  if (!isTrue) throw new Error(sentence);
}

function say(studio, { engine, named = '' }, text, signal) {
  const { resolveParameters, objectSource } = require('../dist/src/contract/index.js');
  const { STAGES } = require('../dist/src/stages.js');
  const settings = objectSource('', { engine, voice: named, lead: 0, pause: 0 });
  const parameters = resolveParameters(STAGES.tts.parameters, [settings]);
  return studio.run('tts', { kind: 'text', text, language: 'en' }, parameters, { signal });
}

/** Makes the peer's virtual environment, once. @returns its folder of programs @throws Skip */
function install({ name, packages }) {
  const venv = path.join(CACHE, `${name}-${packages[0].split('==')[1]}`);
  const bin = path.join(venv, process.platform === 'win32' ? 'Scripts' : 'bin');
  const mark = path.join(venv, 'installed');
  if (existsSync(mark)) return bin;
  rmSync(venv, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const made = spawnSync(python, ['-m', 'venv', venv], { encoding: 'utf8' });
  if (made.status !== 0) throw new Skip('as there is no Python 3 with venv');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const options = ['--retries', '1', '--timeout', '20', ...packages];
  const done = spawnSync(path.join(bin, 'python'), [...pip, ...options], {
    encoding: 'utf8',
    timeout: INSTALL,
  });
  if (done.status !== 0) {
    const lines = `${done.stderr}${done.error?.message ?? ''}`.trim().split('\n');
    throw new Skip(`as pip cannot install it: ${lines.at(-1)}`);
  }
  writeFileSync(mark, packages.join('\n'));
  return bin;
}

/** Starts a server and waits until it takes connections. */
async function run(peer, bin, port, folder) {
  const [program, ...args] = peer.start(port, folder);
  const child = spawn(path.join(bin, program), args, {
    cwd: folder,
    env: { ...process.env, HF_HUB_OFFLINE: '1', ...peer.environment?.(port, folder) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (output = (output + text).slice(-4000)));
  }
  const until = Date.now() + START;
  while (!(await takesConnections(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop(child);
      throw new Error(`the server does not start:\n${output}`);
    }
    await sleep(200);
  }
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function takesConnections(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
