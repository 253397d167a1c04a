import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { example, httpFlow, lighter, named, withText } from '../support/flows';
import { IdleTicker } from '../support/idle-ticker';
import { NodeRed, sharedNodeRed, until } from '../support/node-red';
import { smallAvatar } from '../support/portrait';
import { descendants, isAlive } from '../support/processes';

const LONG = Array.from({ length: 12 }, (_, n) => `This is sentence number ${n + 1} of them.`).join(
  ' ',
);

/** Names of what is unfinished in the workspace of a Node-RED, and of what lies beside it. */
function leftOvers(nodeRed: NodeRed): string[] {
  const workspace = path.join(nodeRed.temporary, `lipwire-${process.getuid!()}`);
  const work = path.join(workspace, 'tmp');
  // The npm of Node-RED 5 keeps its compiled code there.
  const others = [path.basename(workspace), 'node-compile-cache'];
  const beside = readdirSync(nodeRed.temporary).filter((name) => !others.includes(name));
  return [...(existsSync(work) ? readdirSync(work) : []), ...beside];
}

/** Waits until the clips of a text are being rendered. */
async function untilRendering(nodeRed: NodeRed): Promise<number[]> {
  const artifacts = path.join(nodeRed.temporary, `lipwire-${process.getuid!()}`, 'artifacts');
  const made = (): number => (existsSync(artifacts) ? readdirSync(artifacts).length : 0);
  const before = made();
  await until(() => made() > before + 3 && descendants(nodeRed.pid).length > 0, 60_000);
  return descendants(nodeRed.pid);
}

describe('Node-RED while a text is rendered', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await sharedNodeRed();
  });

  it('is deployed anew: the work ends, nothing hangs, and the next text works', async () => {
    const flow = withText(example('01'), `Deploy. ${LONG}`);
    await nodeRed.deploy(flow);
    await nodeRed.inject(named(flow, 'text').id);
    const working = await untilRendering(nodeRed);
    const start = nodeRed.log.length;
    const next = lighter(example('06'), await smallAvatar(nodeRed.home));
    const probe = await nodeRed.deployProbed(withText(next, 'And now this.'));
    assert.doesNotMatch(nodeRed.log.slice(start), /timed out|error/i);
    await until(() => !working.some(isAlive));
    await nodeRed.inject(named(example('06'), 'sentence').id);
    const [seen] = await probe.wait(1);
    assert.equal((seen.msg.payload as { kind: string }).kind, 'clip');
  });

  it('is reset: every waiting message fails with E_CANCELLED, and the next text works', async () => {
    const flow = withText(example('01'), `Reset. ${LONG}`);
    const stages = flow.filter(({ type }) => type.startsWith('lipwire-')).map(({ id }) => id);
    const props = [{ p: 'reset', v: 'true', vt: 'bool' }];
    const place = { z: flow[0].id, x: 1, y: 1 };
    flow.push({ id: 'reset', type: 'inject', name: 'reset', ...place, props, wires: [stages] });
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'text').id);
    await untilRendering(nodeRed);
    await nodeRed.inject('reset');
    const caught = await probe.wait(1, 'errors');
    assert.deepEqual([...new Set(caught.map(({ msg }) => msg.error!.code))], ['E_CANCELLED']);
    await until(() => leftOvers(nodeRed).length === 0).catch(() =>
      assert.deepEqual(leftOvers(nodeRed), []),
    );
    assert.deepEqual(
      (await probe.seen()).filter(({ at }) => at === 'stream'),
      [],
    );
  });

  it('keeps at least 80 % of the ticks of a 10 ms timer', async () => {
    const flow = withText(example('01'), 'Tick, tock. The clock goes on.').map((node) =>
      node.type === 'lipwire-wav2lip' ? { ...node, fps: 12 } : node,
    );
    const ticker = `
      const state = { ticks: 0, from: Date.now(), to: 0 };
      global.set('ticks', state);
      setInterval(() => { state.ticks += 1; state.to = Date.now(); }, 10);`;
    const tab = flow[0].id;
    flow.push({
      id: 'ticker',
      type: 'function',
      z: tab,
      name: 'ticker',
      func: 'return msg;',
      initialize: ticker,
      outputs: 0,
      x: 1,
      y: 1,
      wires: [],
    });
    const read = httpFlow('ticks', [
      { type: 'function', outputs: 1, func: "msg.payload = global.get('ticks'); return msg;" },
    ]);
    const probe = await nodeRed.deployProbed([...flow, ...read]);
    const idle = new IdleTicker();
    idle.begin();
    await nodeRed.inject(named(flow, 'text').id);
    const [seen] = await probe.wait(1, undefined, 110_000);
    const least = idle.leastShare();
    await idle.stop();
    assert.equal(seen.msg.error, undefined, seen.msg.error?.message);
    const response = await fetch(`${nodeRed.url}/ticks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message: {} }),
    });
    const { payload } = (await response.json()) as {
      payload: { ticks: number; from: number; to: number };
    };
    const expected = (payload.to - payload.from) / 10;
    assert.ok(expected > 100);
    assert.ok(payload.ticks >= least * expected, `${payload.ticks} of ${expected}`);
  });
});

describe('Node-RED that is ended while a text is rendered', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await NodeRed.start();
  });
  after(() => nodeRed.stop());

  it('ends in order, and leaves no process and no unfinished file behind', async () => {
    const flow = withText(example('01'), `The end. ${LONG}`);
    await nodeRed.deploy(flow);
    await nodeRed.inject(named(flow, 'text').id);
    const working = await untilRendering(nodeRed);
    assert.equal(await nodeRed.end(), 0);
    assert.doesNotMatch(nodeRed.log, /timed out|uncaught/i);
    await until(() => !working.some(isAlive));
    assert.deepEqual(leftOvers(nodeRed), []);
  });
});

describe('Node-RED on a machine without FFmpeg', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  before(async () => {
    const nowhere = path.join(__dirname, 'nowhere');
    const environment = {
      PATH: nowhere,
      Path: nowhere,
      FFMPEG_PATH: undefined,
      FFPROBE_PATH: undefined,
    };
    nodeRed = await NodeRed.start({ environment });
  });
  after(() => nodeRed.stop());

  it('still has all nodes, speaks, and tells Catch what is missing', async () => {
    const sets =
      await nodeRed.json<{ module: string; enabled: boolean; err?: unknown }[]>('/nodes');
    const ours = sets.filter(({ module }) => module.startsWith('@lipwire/'));
    assert.equal(ours.filter(({ enabled, err }) => enabled && !err).length, 8);
    const probe = await nodeRed.deployProbed(example('03'));
    await nodeRed.inject(named(example('03'), 'English').id);
    const [spoken] = await probe.wait(1);
    assert.equal((spoken.msg.payload as { kind: string }).kind, 'speech');
    const flow = example('06');
    const broken = await nodeRed.deployProbed([
      ...flow,
      {
        id: 'catch',
        type: 'catch',
        z: flow[0].id,
        name: 'catch',
        scope: null,
        x: 1,
        y: 1,
        wires: [['caught']],
      },
      {
        id: 'caught',
        type: 'debug',
        z: flow[0].id,
        name: 'caught',
        active: false,
        x: 1,
        y: 1,
        wires: [],
      },
    ]);
    await nodeRed.inject(named(flow, 'sentence').id);
    const [caught] = await broken.wait(1, 'caught');
    assert.equal(caught.msg.error!.code, 'E_FFMPEG_MISSING');
    assert.ok(nodeRed.isAlive);
  });
});
