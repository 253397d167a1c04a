#!/usr/bin/env node
/**
 * Makes the moving picture of the README from the real thing: Node-RED's editor in chromium while the
 * first example makes a video, then that video in its player page. The work is shown faster than it
 * was, the video as fast as it is.
 *
 *   node scripts/moving-picture.mjs [--out docs/pictures/lipwire.webp] [--frames FOLDER]
 *
 * It needs what `npm run setup` brings: chromium and FFmpeg.
 */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { deployExample, inject, startNodeRed } from './demo/node-red.mjs';
import { followText } from './demo/follow.mjs';
import { encode, writeFrames } from './picture/compose.mjs';
import { openEditor, watchJob } from './picture/editor.mjs';
import { playVideo } from './picture/player.mjs';

const TEXT = 'Hello! A moment ago I was only a picture. Now I can say whatever you type.';
/** Bytes; a README has to open quickly. */
const LIMIT = 1_500_000;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: path.join(root, 'docs', 'pictures', 'lipwire.webp') },
    frames: { type: 'string' },
    chromium: { type: 'string', default: process.env.CHROMIUM_PATH || '/usr/bin/chromium' },
  },
});

const home = mkdtempSync(path.join(tmpdir(), 'lipwire-picture-'));
process.env.LIPWIRE_WORKSPACE = path.join(home, 'workspace');
const folder = values.frames ?? path.join(home, 'frames');
mkdirSync(folder, { recursive: true });
const nodeRed = await startNodeRed({ root, userFolder: home, port: 0 });
const browser = await chromium.launch({
  executablePath: values.chromium,
  args: ['--no-sandbox', '--font-render-hinting=none'],
});
try {
  const shots = await film();
  await writeFrames(folder, shots);
  encode(folder, values.out);
  const { size } = statSync(values.out);
  console.log(`${values.out}: ${Math.round(size / 1000)} kB`);
  if (size > LIMIT) throw new Error(`Expected at most ${LIMIT} bytes but it has ${size}.`);
} finally {
  await browser.close();
  await nodeRed.stop();
  rmSync(home, { recursive: true, force: true });
}

/** Screenshots of the editor while the job runs, and of the player while the video plays. */
async function film() {
  const { RED, address } = nodeRed;
  const file = path.join(root, 'examples', 'flows', '01 - Text to talking head.json');
  await deployExample({ RED, address, userFolder: home, file });
  const page = await openEditor(browser, address);
  const library = require('../dist/src/runtime/run-events.js');
  const made = followText({ RED, library, onProgress: () => undefined });
  const button = require(file).find(({ type }) => type === 'inject').id;
  const job = watchJob(page, made);
  await inject({ address, id: button, properties: [{ p: 'payload', v: TEXT, vt: 'str' }] });
  const { stream } = await made;
  const editor = await job;
  const player = await playVideo(browser, address + stream.watchUrl, stream.duration);
  return { editor, player };
}
