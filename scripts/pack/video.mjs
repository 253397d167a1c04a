/** What a person does first with the package: import the first example, press its button, watch. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PACKAGE = '@lipwire/node-red-lipwire';
const LIMIT = 240_000;
const PROBE = '/pack-test';

/** Checks that all nodes are there, makes the first example's video, and looks at what is served. */
export async function makeVideo(running) {
  const sets = (await running.json('/nodes')).filter(({ module }) => module === PACKAGE);
  assert.equal(sets.length, 8, 'not all nodes are there');
  for (const set of sets) assert.ok(set.enabled && !set.err, `${set.id}: ${set.err}`);
  const library = `/library/examples/flows/${PACKAGE}/flows`;
  const [first] = await running.json(library);
  const flow = await running.json(`${library}/${encodeURIComponent(first.fn)}`);
  await running.deploy(withProbe(flow));
  const started = performance.now();
  const button = flow.find(({ type }) => type === 'inject');
  await press(`${running.url}/inject/${button.id}`);
  const stream = await resultOf(running);
  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const watchUrl = running.url + stream.watchUrl;
  await served(watchUrl, /html/);
  await served(new URL('player.js', watchUrl), /javascript/);
  await served(running.url + stream.url, /mpegurl/);
  const { frames, duration } = probe(new URL('video.mp4', watchUrl).href);
  assert.ok(Math.abs(duration - stream.duration) < 0.1, `${duration} s, not ${stream.duration}`);
  return { nodes: sets.length, frames, duration, seconds };
}

/** What this machine never loads can be deleted; all that it needs is still there. */
export function renderSlim(program, user) {
  const folder = path.join(user, 'node_modules', PACKAGE);
  const script = path.join(folder, 'dist', 'src', 'cli', 'main.js');
  const lipwire = (...args) =>
    execFileSync(program, [script, ...args], { cwd: user, stdio: ['ignore', 'ignore', 'pipe'] });
  lipwire('slim', '--yes');
  const out = path.join(user, 'hello.mp4');
  lipwire('render', '--text', 'Hello from the package.', '--out', out);
  assert.ok(statSync(out).size > 10_000);
}

/** The flow with nodes that tell what reached its debug nodes. */
function withProbe(flow) {
  const debugs = new Set(flow.filter(({ type }) => type === 'debug').map(({ id }) => id));
  const isDebugged = (node) => node.wires?.flat().some((id) => debugs.has(id));
  const place = { z: 'pack-test', x: 100, y: 100 };
  const wired = flow.map((node) =>
    isDebugged(node) ? { ...node, wires: node.wires.map((wire) => [...wire, 'pt-keep']) } : node,
  );
  const keep = `global.set('result', { payload: msg.payload, error: msg.error && msg.error.message });`;
  const read = `msg.payload = global.get('result') || {}; return msg;`;
  return [
    ...wired,
    { id: 'pack-test', type: 'tab', label: 'pack test' },
    { id: 'pt-keep', type: 'function', ...place, func: keep, outputs: 0, wires: [] },
    { id: 'pt-in', type: 'http in', ...place, url: PROBE, method: 'get', wires: [['pt-read']] },
    { id: 'pt-read', type: 'function', ...place, func: read, outputs: 1, wires: [['pt-out']] },
    { id: 'pt-out', type: 'http response', ...place, wires: [] },
  ];
}

/** Presses a button; Node-RED answers a deploy before the new nodes have started. */
async function press(address) {
  for (let patience = 50; patience > 0; patience--) {
    const { status } = await fetch(address, { method: 'POST' });
    if (status === 200) return;
    assert.equal(status, 404);
    await sleep(100);
  }
  throw new Error('The button of the example is not there.');
}

async function resultOf(running) {
  const limit = Date.now() + LIMIT;
  while (Date.now() < limit) {
    const { payload, error } = await running.json(PROBE);
    if (error) throw new Error(error);
    if (payload?.kind === 'stream') return payload;
    await sleep(250);
  }
  throw new Error(`No video within ${LIMIT / 1000} s.`);
}

async function served(address, type) {
  const response = await fetch(address);
  assert.equal(response.status, 200, `${address} answered ${response.status}`);
  assert.match(response.headers.get('content-type') ?? '', type);
  assert.ok((await response.arrayBuffer()).byteLength > 100, `${address} is empty`);
}

/** What FFprobe, which shares no code with the package, finds in the video. */
function probe(address) {
  const show = ['-show_entries', 'stream=codec_type,nb_read_frames:format=duration'];
  const args = ['-v', 'error', '-count_frames', ...show, '-of', 'json', address];
  const { streams, format } = JSON.parse(execFileSync('ffprobe', args, { encoding: 'utf8' }));
  const find = (type) => streams.find(({ codec_type: kind }) => kind === type);
  const video = find('video');
  assert.ok(video && find('audio'), 'picture or sound is missing');
  return { frames: Number(video.nb_read_frames), duration: Number(format.duration) };
}
