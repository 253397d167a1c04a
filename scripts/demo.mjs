#!/usr/bin/env node
/** The first minutes: a real Node-RED, the first example flow, one text, one video. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { followText } from './demo/follow.mjs';
import { deployExample, inject, startNodeRed } from './demo/node-red.mjs';
import { HELP, readOptions } from './demo/options.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const EXAMPLE = path.join(root, 'examples', 'flows', '01 - Text to talking head.json');

try {
  build();
  const { readOptions: parse } = require('../dist/src/cli/options.js');
  const options = readOptions(process.argv.slice(2), parse);
  if (options.help) console.log(HELP);
  else await demo(options);
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exit(1);
}

async function demo(options) {
  const userFolder = options.once
    ? mkdtempSync(path.join(tmpdir(), 'lipwire-demo-'))
    : path.join(root, '.demo');
  mkdirSync(userFolder, { recursive: true });
  // Once means: from nothing, so that the times are those of real work.
  if (options.once) process.env.LIPWIRE_WORKSPACE = path.join(userFolder, 'workspace');
  say(`Starting Node-RED (user folder ${userFolder}) …`);
  const nodeRed = await startNodeRed({ root, userFolder, port: options.port });
  const end = ending(nodeRed, options.once ? userFolder : undefined);
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  try {
    const result = await render(nodeRed, userFolder, options);
    if (options.once) {
      console.log(JSON.stringify(result));
      await end(0);
    } else {
      say('Node-RED keeps running. Ctrl-C ends it.');
    }
  } catch (error) {
    console.error(`demo: ${error.message}`);
    await end(1);
  }
}

function build() {
  const script = path.join(root, 'scripts', 'build.mjs');
  const { status } = spawnSync(process.execPath, [script, '--if-stale'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The build failed; its messages are above.');
}

/** A function that stops everything once, however often it is called. */
function ending(nodeRed, temporaryFolder) {
  let ended;
  return (code) => {
    ended ??= nodeRed.stop().finally(() => {
      if (temporaryFolder) rmSync(temporaryFolder, { recursive: true, force: true });
      process.exit(code);
    });
    return ended;
  };
}

async function render({ RED, address }, userFolder, options) {
  const { StageBars } = require('../dist/src/cli/bars.js');
  await deployExample({ RED, address, userFolder, file: EXAMPLE });
  const bars = new StageBars(process.stderr);
  const following = followText({
    RED,
    library: require('../dist/src/runtime/run-events.js'),
    onProgress: (...update) => bars.update(...update),
  });
  say(`Node-RED runs at ${address}. Sending: "${options.text}"`);
  await inject({ address, id: buttonId(), properties: properties(options) });
  const outcome = await following.finally(() => bars.end());
  return announce(address, outcome, options.out);
}

function buttonId() {
  return require(EXAMPLE).find((node) => node.type === 'inject').id;
}

function properties({ text, face }) {
  const list = [{ p: 'payload', v: text, vt: 'str' }];
  if (face) list.push({ p: 'portrait', v: face, vt: 'str' });
  return list;
}

/** Copies the results to where they stay, and says where everything is. */
function announce(address, { video, stream, engine, stages, seconds }, out) {
  const file = path.join(out, 'talking-head.mp4');
  const streamFolder = path.join(out, 'hls');
  mkdirSync(out, { recursive: true });
  cpSync(video.file, file);
  rmSync(streamFolder, { recursive: true, force: true });
  const isRecord = (file) => path.basename(file) === 'artifact.json';
  cpSync(path.dirname(stream.playlist), streamFolder, {
    recursive: true,
    filter: (file) => !isRecord(file),
  });
  // The workspace is closed to others; what people take out of it is what the umask says.
  chmodSync(streamFolder, 0o777 & ~process.umask());
  const playlist = path.join(streamFolder, path.basename(stream.playlist));
  const watchUrl = address + stream.watchUrl;
  say(`Video     ${file}`);
  say(`Playlist  ${playlist}`);
  say(`Watch     ${watchUrl}`);
  say(`Editor    ${address}/`);
  const { duration, frames, fps, width, height } = video;
  return {
    video: file,
    playlist,
    watchUrl,
    ...{ duration, frames, fps, width, height, engine },
    stages: stages.map(({ stage, seconds: span }) => ({ stage, seconds: rounded(span) })),
    realTimeFactor: rounded(seconds / duration),
  };
}

function rounded(value) {
  return Math.round(value * 1000) / 1000;
}

function say(text) {
  console.log(text);
}
