#!/usr/bin/env node
/**
 * Builds the image of docker/ with this checkout packed into it, starts it as docker/compose.yaml does,
 * and makes the first example's video in it: what docs/guides/docker.md promises.
 *
 *   node scripts/docker-test.mjs                              with Docker, else with Podman
 *   node scripts/docker-test.mjs --engine podman --keep       the image `lipwire-test` stays
 *   node scripts/docker-test.mjs -- --network host            what follows `--` is for `build`
 *
 * FFprobe has to be installed. The base image and all packages come from the network.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pack } from './pack/install.mjs';
import { RunningNodeRed } from './pack/running.mjs';
import { makeVideo } from './pack/video.mjs';

const IMAGE = 'lipwire-test';
const USER = '1000';
const FPS = 25;
const START = 60_000;
/** As in docker/compose.yaml. */
const LIMITS = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const { values, positionals } = parseArgs({
  options: { engine: { type: 'string' }, keep: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const engine = values.engine ?? ['docker', 'podman'].find(answers);
if (!engine) throw new Error('Neither a Docker nor a Podman answers here.');

const context = mkdtempSync(path.join(tmpdir(), 'lipwire-docker-'));
const containers = [];
try {
  build();
  const container = run([...LIMITS, '--publish', '127.0.0.1::1880']);
  await healthy(container, run([], ['sleep', 'infinity']));
  await video(container);
  stop(container);
} finally {
  for (const id of containers) attempt('rm', '--force', '--volumes', id);
  if (!values.keep) attempt('rmi', '--force', IMAGE);
  rmSync(context, { recursive: true, force: true });
}

function build() {
  cpSync(path.join(root, 'docker'), context, { recursive: true });
  const { name } = pack(root, context);
  // Podman's own format has no health checks.
  const format = engine === 'podman' ? ['--format', 'docker'] : [];
  const from = ['--build-arg', `LIPWIRE=./${name}`, ...positionals];
  call('build', '--tag', IMAGE, ...format, ...from, context);
  const bytes = Number(call('image', 'inspect', '--format', '{{.Size}}', IMAGE));
  say(`built with ${engine}: ${Math.round(bytes / 1e6)} MB`);
}

function run(options, command = []) {
  const id = call('run', '--detach', ...options, IMAGE, ...command);
  containers.push(id);
  return id;
}

/** The health check tells a container with Node-RED from one without. */
async function healthy(container, idle) {
  const health = inspect(container).Config.Healthcheck.Test.slice(1);
  const started = performance.now();
  while (attempt('exec', container, ...health).status !== 0) {
    const late = performance.now() - started > START;
    if (late || !inspect(container).State.Running) {
      throw new Error(`Node-RED did not start:\n${logs(container)}`);
    }
    await sleep(500);
  }
  say(`healthy after ${secondsSince(started)} s`);
  assert.equal(attempt('exec', idle, ...health).status, 1, 'healthy without a Node-RED');
  assert.deepEqual(processOwners(container), [USER], 'a process of another user runs');
  say(`not healthy without Node-RED; all processes run as ${USER}`);
}

async function video(container) {
  const [, port] = /:(\d+)\s*$/m.exec(call('port', container, '1880/tcp'));
  const running = Object.assign(new RunningNodeRed(), { url: `http://127.0.0.1:${port}` });
  const { frames, duration, seconds } = await makeVideo(running).catch((error) => {
    throw new Error(`${error.message}\n${logs(container)}`, { cause: error });
  });
  assert.ok(Math.abs(frames - duration * FPS) <= 1, `${frames} frames in ${duration} s`);
  assert.ok(call('exec', container, 'find', '/rendered', '-name', '*.mp4'), '/rendered is empty');
  say(`${frames} frames, ${duration} s of video after ${seconds} s, in /rendered`);
}

function stop(container) {
  const started = performance.now();
  // After ten seconds it would be killed, and end with 137.
  call('stop', container);
  assert.equal(inspect(container).State.ExitCode, 0);
  say(`ended on SIGTERM after ${secondsSince(started)} s`);
  // Volumes are not part of it; the engine itself lays files over some in /etc.
  const written = call('diff', container)
    .split('\n')
    .filter((line) => line && line !== 'C /etc');
  assert.deepEqual(written, [], 'something was written outside of the volumes');
  say('nothing was written outside of the volumes');
}

/** The users of all processes, each once. */
function processOwners(container) {
  const list = `require('fs').readdirSync('/proc').filter(Number)`;
  const owner = (name) => `require('fs').statSync('/proc/' + ${name}).uid`;
  const script = `console.log([...new Set(${list}.map((id) => ${owner('id')}))].join(' '))`;
  return call('exec', container, 'node', '-e', script).split(' ');
}

function inspect(container) {
  return JSON.parse(call('inspect', container))[0];
}

function logs(container) {
  const { stdout, stderr } = attempt('logs', container);
  return stdout + stderr;
}

function answers(name) {
  return spawnSync(name, ['info'], { stdio: 'ignore' }).status === 0;
}

function call(...args) {
  const { status, stdout, stderr } = attempt(...args);
  if (status === 0) return stdout.trim();
  throw new Error(`${engine} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

function attempt(...args) {
  return spawnSync(engine, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
}

function secondsSince(started) {
  return Math.round((performance.now() - started) / 100) / 10;
}

function say(text) {
  console.log(text);
}
