import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { example, lighter, named, withText } from '../support/flows';
import { NodeRed, until, type FlowNode, type LedgerLine } from '../support/node-red';
import { smallAvatar } from '../support/portrait';
import { descendants, isAlive } from '../support/processes';

const SHORT = 'One. Two. Three.';
const LONG = Array.from({ length: 9 }, (_, n) => `This is sentence number ${n + 1} of them.`).join(
  ' ',
);
const place = { x: 1, y: 1 };
const STUDIO = 'the-studio';

/** How often each message came to a node and has not ended there; empty when all is well. */
function unbalanced(ledger: readonly LedgerLine[]): Record<string, number> {
  const open: Record<string, number> = {};
  for (const { what, node, id } of ledger) {
    const key = `${node} ${id}`;
    open[key] = (open[key] ?? 0) + (what === 'came' ? 1 : -1);
  }
  return Object.fromEntries(Object.entries(open).filter(([, count]) => count !== 0));
}

/** What is unfinished in the workspace. */
function unfinished(nodeRed: NodeRed): string[] {
  const work = path.join(nodeRed.temporary, `lipwire-${process.getuid!()}`, 'tmp');
  return existsSync(work) ? readdirSync(work) : [];
}

function made(nodeRed: NodeRed): number {
  const folder = path.join(nodeRed.temporary, `lipwire-${process.getuid!()}`, 'artifacts');
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

/** A flow whose stages all name a studio with these settings. */
function withStudio(flow: FlowNode[], settings: Record<string, unknown>): FlowNode[] {
  const stages = flow.map((node) =>
    node.type.startsWith('lipwire-') ? { ...node, studio: STUDIO } : node,
  );
  return [...stages, { id: STUDIO, type: 'lipwire-studio', name: '', ...settings }];
}

/** A sound file that is brought to a loudness, and a debug node for the error. */
function hanging(sound: string): FlowNode[] {
  const tab = { z: 'hanging', ...place };
  const props = [{ p: 'payload', v: sound, vt: 'str' }];
  return [
    { id: 'hanging', type: 'tab', label: 'hanging' },
    { id: 'go', type: 'inject', ...tab, props, wires: [['loud']] },
    { id: 'loud', type: 'lipwire-loudnorm', ...tab, wires: [[]] },
    { id: 'catch', type: 'catch', ...tab, scope: null, wires: [['caught']] },
    { id: 'caught', type: 'debug', ...tab, name: 'caught', wires: [] },
  ];
}

describe('The life of a job in Node-RED', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let from = 0;

  before(async () => {
    nodeRed = await NodeRed.start();
  });
  after(() => nodeRed.stop());
  beforeEach(() => {
    from = nodeRed.ledger().length;
  });

  const ledger = (): LedgerLine[] => nodeRed.ledger().slice(from);
  const untilBalanced = (): Promise<void> =>
    until(() => Object.keys(unbalanced(ledger())).length === 0).catch(() =>
      assert.deepEqual(unbalanced(ledger()), {}),
    );

  /** Renders until some clips are there; says which processes work. */
  async function untilRendering(): Promise<number[]> {
    const before = made(nodeRed);
    await until(() => made(nodeRed) > before + 2 && descendants(nodeRed.pid).length > 1, 60_000);
    return descendants(nodeRed.pid);
  }

  for (const [what, type, change] of [
    ['the node that works is changed', 'nodes', (node: FlowNode) => ({ ...node, fps: 20 })],
    ['the flow is deployed anew', 'flows', (node: FlowNode) => ({ ...node, fps: 21 })],
    ['the node that works is deleted', 'nodes', () => undefined],
  ] as const) {
    it(`ends everything of a node when ${what}`, async () => {
      const flow = withText(example('01'), `${what}. ${LONG}`);
      await nodeRed.deploy(flow);
      await nodeRed.inject(named(flow, 'text').id);
      const working = await untilRendering();
      const start = nodeRed.log.length;
      const changed = flow.flatMap((node) => {
        const next = node.type === 'lipwire-wav2lip' ? change(node) : node;
        return next ? [next] : [];
      });
      await nodeRed.deploy(changed, type);
      assert.doesNotMatch(nodeRed.log.slice(start), /timed out/i);
      await nodeRed.deploy([{ id: 'empty', type: 'tab', label: 'empty' }]);
      await untilBalanced();
      await until(() => !working.some(isAlive));
      assert.deepEqual(unfinished(nodeRed), []);
      const failed = ledger().flatMap(({ code }) => code ?? []);
      assert.deepEqual(
        [...new Set(failed)].filter((code) => code !== 'E_CANCELLED'),
        [],
      );
    });
  }

  it('ends each of ten thousand messages that come at once, in bounded memory', async () => {
    const tab = 'flood';
    await nodeRed.deploy([
      { id: tab, type: 'tab', label: tab },
      { id: 'go', type: 'inject', z: tab, ...place, name: 'go', props: [], wires: [['many']] },
      {
        ...{ id: 'many', type: 'function', z: tab, ...place, outputs: 1, wires: [['first']] },
        func: `for (let i = 0; i < 10000; i += 1) {
          node.send({ payload: 'Text number ' + (i % 20) + ' of many.', number: i });
        }`,
      },
      { id: 'first', type: 'lipwire-text-segment', z: tab, ...place, name: 'first', wires: [[]] },
    ]);
    const memory = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${nodeRed.pid}/status`, 'utf8'))![1]) / 1024;
    const before = memory();
    await nodeRed.inject('go');
    let most = before;
    const ended = (): number => ledger().filter(({ what }) => what === 'ended').length;
    let looks = 0;
    await until(() => {
      most = Math.max(most, memory());
      // The ledger is long: to read it each time would be most of the work.
      looks += 1;
      return looks % 10 === 0 && ended() >= 10_000;
    }, 90_000);
    assert.deepEqual(unbalanced(ledger()), {});
    assert.equal(ended(), 10_000);
    assert.deepEqual(
      ledger().filter(({ code }) => code),
      [],
    );
    assert.ok(most - before < 250, `${Math.round(before)} MiB grew to ${Math.round(most)} MiB`);
  });

  for (const [how, script] of [
    ['sleeps', 'sleep 300'],
    ['is stopped', 'kill -STOP $$'],
  ] as const) {
    it(`ends work as E_TIMEOUT when its FFmpeg ${how}, and kills that`, async () => {
      const real = execFileSync('which', ['ffmpeg'], { encoding: 'utf8' }).trim();
      const fake = path.join(nodeRed.home, 'ffmpeg');
      const check = 'case "$*" in *-version*|*-filters*|*-encoders*)';
      writeFileSync(fake, `#!/bin/sh\n${check} exec ${real} "$@";; esac\n${script}\n`);
      chmodSync(fake, 0o755);
      const probe = path.join(nodeRed.home, 'ffprobe');
      writeFileSync(probe, `#!/bin/sh\nexec ${path.join(path.dirname(real), 'ffprobe')} "$@"\n`);
      chmodSync(probe, 0o755);
      const sound = path.join(nodeRed.home, `${how}.mp3`);
      const tone = ['-f', 'lavfi', '-i', 'sine=duration=1', sound];
      execFileSync(real, ['-hide_banner', '-loglevel', 'error', ...tone]);
      const flow = withStudio(hanging(sound), { ffmpeg: fake, timeLimit: 0.02 });
      const seen = await nodeRed.deployProbed(flow);
      await nodeRed.inject('go');
      const [caught] = await seen.wait(1, 'caught');
      assert.equal(caught.msg.error!.code, 'E_TIMEOUT', caught.msg.error!.message);
      assert.match(caught.msg.error!.message!, /to be done within .* raise the time limit/);
      await untilBalanced();
      const hung = (): string[] =>
        descendants(nodeRed.pid)
          .filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(fake))
          .map(String);
      await until(() => hung().length === 0);
      assert.ok(nodeRed.isAlive);
    });
  }

  it('makes the video without a segment that failed, where stitch is told to, and says so', async () => {
    const portrait = await smallAvatar(nodeRed.home);
    const flow = lighter(withText(example('01'), SHORT), portrait).map((node) =>
      node.type === 'lipwire-stitch' ? { ...node, onFailure: 'skip' } : node,
    );
    const tts = flow.find(({ type }) => type === 'lipwire-tts')!;
    const split = flow.find(({ type }) => type === 'lipwire-text-segment')!;
    split.wires = [['spoil']];
    const func = "if (msg.parts.index === 1) msg.voice = 'nobody'; return msg;";
    flow.push({
      ...{ id: 'spoil', type: 'function', z: tts.z!, ...place, func, outputs: 1 },
      wires: [[tts.id]],
    });
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'text').id);
    const [stream] = await probe.wait(1, 'stream', 100_000);
    const leftOut = stream.msg['leftOut'] as { index: number; code: string }[];
    assert.deepEqual(
      leftOut.map(({ index, code }) => [index, code]),
      [[1, 'E_VOICE']],
    );
    await untilBalanced();
  });
});

describe('Node-RED with a journal', function () {
  this.timeout(180_000);
  let nodeRed: NodeRed;

  after(() => nodeRed?.stop());

  it('goes on after kill -9 and after a stop, and finishes each text once', async () => {
    nodeRed = await NodeRed.start();
    const { home } = nodeRed;
    const workspace = path.join(home, 'workspace');
    const settings = { workspace, journal: 'resume' };
    const fewPictures = withText(example('01'), SHORT).map((node) =>
      node.type === 'lipwire-wav2lip' ? { ...node, fps: 10 } : node,
    );
    const flow = withStudio(fewPictures, settings);
    const tab = flow[0].id;
    const result = path.join(home, 'results');
    const last = flow.find(({ type }) => type === 'lipwire-hls-export')!;
    last.wires = [[...last.wires![0], 'note']];
    flow.push({
      ...{ id: 'note', type: 'file', z: tab, ...place, filename: result, filenameType: 'str' },
      ...{ appendNewline: true, overwriteFile: 'false', wires: [[]] },
    });
    const artifacts = (): number => {
      const folder = path.join(workspace, 'artifacts');
      return existsSync(folder) ? readdirSync(folder).length : 0;
    };
    await nodeRed.deploy(flow);
    await nodeRed.inject(named(flow, 'text').id);
    await until(() => artifacts() > 3, 60_000);
    const working = descendants(nodeRed.pid);
    await nodeRed.kill();
    await until(() => !working.some(isAlive));
    nodeRed = await NodeRed.start({ home });
    await until(() => artifacts() > 6, 60_000);
    assert.equal(await nodeRed.end(), 0);
    assert.ok(!existsSync(result), 'the text was finished before it was interrupted');
    nodeRed = await NodeRed.start({ home });
    await until(() => existsSync(result), 90_000);
    // What was to come twice would come now.
    await until(() => descendants(nodeRed.pid).length <= 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const lines = readFileSync(result, 'utf8').trim().split('\n');
    assert.equal(lines.length, 1, lines.join('\n'));
  });
});
