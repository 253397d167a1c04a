/**
 * A text that is rendered in a real Node-RED, and interrupted at random moments: the engine, FFmpeg or
 * Node-RED itself is killed without a warning, and the same message is sent again.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { example, named, withText } from '../../test/support/flows';
import { NodeRed, until, type FlowNode } from '../../test/support/node-red';
import { commandOf, descendants, isAlive } from '../../test/support/processes';

export type Victim = 'engine' | 'ffmpeg' | 'node-red';

export interface Interruption {
  victim: Victim;
  /** It happens when so many artifacts are there, and so many milliseconds later. */
  artifacts: number;
  delay: number;
}

export interface Outcome {
  /** SHA-256 of the finished video. */
  video: string;
  /** When each artifact was made, by its key. */
  made: ReadonlyMap<string, string>;
  /** What was killed, and how many artifacts were there then. */
  kills: { victim: Victim; artifacts: number }[];
  /** Artifacts that were made a second time. */
  again: number;
}

/** The flow of the first example with that text; the video is the payload of its debug node. */
function flowOf(text: string): FlowNode[] {
  return withText(example('01'), text);
}

/** When each artifact was made; those of other stages that come and go do not exist. */
function artifactsOf(nodeRed: NodeRed): Map<string, { stage: string; created: string }> {
  const workspace = path.join(nodeRed.temporary, `lipwire-${process.getuid?.() ?? ''}`);
  const folder = path.join(workspace, 'artifacts');
  const found = new Map<string, { stage: string; created: string }>();
  for (const key of existsSync(folder) ? readdirSync(folder) : []) {
    const record = path.join(folder, key, 'artifact.json');
    if (!existsSync(record)) continue;
    const { stage, created } = JSON.parse(readFileSync(record, 'utf8')) as Record<string, string>;
    found.set(key, { stage: stage, created: created });
  }
  return found;
}

/** SHA-256 of the stitched video. */
function videoOf(nodeRed: NodeRed): string {
  const all = [...artifactsOf(nodeRed)].filter(([, { stage }]) => stage === 'stitch');
  if (all.length !== 1) throw new Error(`There are ${all.length} videos.`);
  const workspace = path.join(nodeRed.temporary, `lipwire-${process.getuid?.() ?? ''}`);
  const folder = path.join(workspace, 'artifacts', all[0][0]);
  const file = readdirSync(folder).find((name) => name.endsWith('.mp4'))!;
  return createHash('sha256')
    .update(readFileSync(path.join(folder, file)))
    .digest('hex');
}

/**
 * Renders a text, with these interruptions. After each of them the same message is sent again.
 * @param say told of every kill
 */
export async function renderInterrupted(
  text: string,
  interruptions: readonly Interruption[],
  say: (line: string) => void = () => undefined,
): Promise<Outcome> {
  const flow = flowOf(text);
  let nodeRed = await NodeRed.start();
  const { home } = nodeRed;
  const seen = new Map<string, string>();
  const kills: Outcome['kills'] = [];
  let again = 0;
  /** Notes what is there, and counts what was there before and is newer now, or gone. */
  const count = (): number => {
    const now = artifactsOf(nodeRed);
    for (const [key, created] of seen) if (now.get(key)?.created !== created) again += 1;
    for (const [key, { created }] of now) seen.set(key, created);
    return now.size;
  };
  const isFinished = (): boolean =>
    [...artifactsOf(nodeRed).values()].some(({ stage }) => stage === 'hls-export');
  try {
    for (const { victim, artifacts, delay } of interruptions) {
      await nodeRed.deploy(flow);
      await nodeRed.inject(named(flow, 'text').id);
      await until(() => artifactsOf(nodeRed).size >= artifacts || isFinished(), 300_000);
      await sleep(delay);
      const working = descendants(nodeRed.pid);
      const killed = await kill(nodeRed, victim);
      kills.push({ victim, artifacts: count() });
      say(`${victim} killed with ${artifactsOf(nodeRed).size} artifacts (process ${killed})`);
      if (victim === 'node-red') {
        await until(() => !working.some(isAlive));
        nodeRed = await NodeRed.start({ home });
      }
      // What waited in Node-RED is given up, as a user would who deploys and sends again.
      await nodeRed.deploy([{ id: 'empty', type: 'tab', label: 'empty' }]);
      count();
    }
    await nodeRed.deploy(flow);
    await nodeRed.inject(named(flow, 'text').id);
    await until(isFinished, 300_000);
    count();
    return { video: videoOf(nodeRed), made: new Map(seen), kills, again };
  } finally {
    await nodeRed.stop();
  }
}

/** Kills without a warning; FFmpeg when the next one runs. */
async function kill(nodeRed: NodeRed, victim: Victim): Promise<number> {
  if (victim === 'node-red') {
    const { pid } = nodeRed;
    await nodeRed.kill();
    return pid;
  }
  const wanted = victim === 'ffmpeg' ? /ffmpeg .*-i / : /engine[\\/]server/;
  let pid: number | undefined;
  await until(() => {
    pid = descendants(nodeRed.pid).find((each) => wanted.test(commandOf(each)));
    return pid !== undefined;
  }, 60_000);
  process.kill(pid!, 'SIGKILL');
  return pid!;
}
