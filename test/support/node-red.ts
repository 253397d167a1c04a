/**
 * A real Node-RED for tests: its own process, user directory and temporary folder, with this package
 * linked into it as `npm install` would. Driven over HTTP, like the editor does. Runs what is built.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const PROJECT = path.resolve(__dirname, '../..');

/** Another Node.js and the folder of another Node-RED, to test with other versions of both. */
const NODE = process.env['LIPWIRE_TEST_NODE'] || process.execPath;
const NODE_RED_FOLDER = process.env['LIPWIRE_TEST_NODE_RED'] || PROJECT;

export const PACKAGE = '@lipwire/node-red-lipwire';

/** A node as it stands in a flow file. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  wires?: string[][];
  [property: string]: unknown;
}

/** What a probe saw: the name of the node before it, and the message's plain properties. */
export interface Seen {
  at: string;
  msg: Record<string, unknown> & {
    payload?: unknown;
    error?: { code?: string; message?: string };
  };
}

export interface NodeRedOptions {
  /** Added to, or in place of, this process's environment. */
  environment?: Record<string, string | undefined>;
  settings?: Record<string, unknown>;
  /** Folders of further packages with nodes, by the packages' names. */
  packages?: Record<string, string>;
  /** The folder of an earlier one that ended, to start again with all that it had written. */
  home?: string;
}

/** What the ledger says of a message: it came to one of our nodes, or ended there. */
export interface LedgerLine {
  what: 'came' | 'ended';
  node: string;
  id: string;
  code?: string;
}

export class NodeRed {
  readonly #process: ChildProcess;
  #log = '';
  #runs = 0;

  private constructor(
    readonly url: string,
    /** The folder that holds everything that this Node-RED writes. */
    readonly home: string,
    child: ChildProcess,
  ) {
    this.#process = child;
    child.stdout?.on('data', (chunk) => (this.#log += chunk));
    child.stderr?.on('data', (chunk) => (this.#log += chunk));
  }

  static async start({
    environment = {},
    settings = {},
    packages = {},
    home: earlier,
  }: NodeRedOptions = {}): Promise<NodeRed> {
    if (!existsSync(path.join(PROJECT, 'dist/nodes/tts/node.js'))) {
      throw new Error('These tests run what is built: run `npm run build` first.');
    }
    const home = earlier ?? (await mkdtemp(path.join(tmpdir(), 'lipwire-node-red-')));
    const userDir = path.join(home, 'user');
    const temporary = path.join(home, 'tmp');
    await mkdir(temporary, { recursive: true });
    const links: Record<string, string> = earlier ? {} : { [PACKAGE]: PROJECT, ...packages };
    for (const [name, folder] of Object.entries(links)) {
      await mkdir(path.join(userDir, 'node_modules', path.dirname(name)), { recursive: true });
      await symlink(folder, path.join(userDir, 'node_modules', name), 'junction');
    }
    const port = await freePort();
    const all = {
      uiPort: port,
      uiHost: '127.0.0.1',
      credentialSecret: false,
      telemetry: { enabled: false },
      editorTheme: { tours: false, projects: { enabled: false } },
      logging: { console: { level: 'info', metrics: false, audit: false } },
      ...settings,
    };
    const settingsFile = path.join(userDir, 'settings.js');
    const script = require.resolve('node-red/red.js', { paths: [NODE_RED_FOLDER] });
    const ledger = ledgerCode(script, path.join(home, LEDGER));
    await writeFile(settingsFile, `${ledger}\nmodule.exports = ${JSON.stringify(all)};\n`);
    const child = spawn(NODE, [script, '-u', userDir, '-s', settingsFile], {
      cwd: userDir,
      env: {
        ...process.env,
        TMPDIR: temporary,
        LIPWIRE_MODELS: path.join(home, 'models'),
        LIPWIRE_WORKSPACE: '',
        NODE_OPTIONS: '',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const nodeRed = new NodeRed(`http://127.0.0.1:${port}`, home, child);
    await nodeRed.#untilStarted();
    return nodeRed;
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get temporary(): string {
    return path.join(this.home, 'tmp');
  }

  get log(): string {
    return this.#log;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Deploys flows, replacing those that run. */
  async deploy(flows: FlowNode[], type: 'full' | 'flows' | 'nodes' = 'full'): Promise<void> {
    const before = this.#log.length;
    const response = await fetch(`${this.url}/flows`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'Node-RED-API-Version': 'v2',
        'Node-RED-Deployment-Type': type,
      },
      body: JSON.stringify({ flows }),
    });
    if (!response.ok) throw new Error(`Deploy failed: ${response.status} ${await response.text()}`);
    await until(() => /Started (modified )?(flows|nodes)/.test(this.#log.slice(before)));
  }

  /** Deploys flows with a probe beside each debug node; `seen` then tells what reached them. */
  async deployProbed(flows: FlowNode[]): Promise<Probe> {
    this.#runs += 1;
    const run = `run${this.#runs}`;
    await this.deploy(withProbes(flows, run));
    return new Probe(this, run);
  }

  /** Presses the button of an inject node. */
  async inject(id: string): Promise<void> {
    const response = await fetch(`${this.url}/inject/${id}`, { method: 'POST' });
    if (!response.ok) throw new Error(`Inject failed: ${response.status}`);
  }

  async json<T>(route: string): Promise<T> {
    const response = await fetch(this.url + route, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`GET ${route} answered ${response.status}`);
    return (await response.json()) as T;
  }

  /** Ends it as a service manager does; resolves with the exit code. */
  async end(): Promise<number | null> {
    if (!this.isAlive) return this.#process.exitCode;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), 20_000);
    const [code] = (await ended) as [number | null];
    clearTimeout(killer);
    return code;
  }

  /** Kills it, without a warning. */
  async kill(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  /** Which messages came to our nodes, and how they ended; also of those before with the same home. */
  ledger(): LedgerLine[] {
    const file = path.join(this.home, LEDGER);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    // What follows the last line break is a line that is being written.
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LedgerLine);
  }

  /** The same at once, where nothing can be waited for any more. */
  discard(): void {
    if (this.isAlive) this.#process.kill('SIGKILL');
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Ends it and removes all it wrote. */
  async stop(): Promise<void> {
    await this.end();
    await rm(this.home, { recursive: true, force: true, maxRetries: 3 });
  }

  async #untilStarted(): Promise<void> {
    try {
      await until(() => this.#log.includes('Started flows') || !this.isAlive, 40_000);
      if (!this.isAlive) throw new Error('it ended');
    } catch (error) {
      await this.stop();
      throw new Error(`Node-RED did not start (${String(error)}):\n${this.#log}`);
    }
  }
}

/** What reached the debug nodes of a deployed flow. */
export class Probe {
  readonly #logStart: number;

  constructor(
    readonly nodeRed: NodeRed,
    readonly run: string,
  ) {
    this.#logStart = nodeRed.log.length;
  }

  seen(): Promise<Seen[]> {
    return this.nodeRed.json<Seen[]>(`/test-probe/${this.run}`);
  }

  /** Waits until so many messages came, from any of the nodes, or from those of one name. */
  async wait(count: number, at?: string, milliseconds = 60_000): Promise<Seen[]> {
    let messages: Seen[] = [];
    const enough = async (): Promise<boolean> => {
      messages = (await this.seen()).filter((seen) => at === undefined || seen.at === at);
      if (messages.length >= count) return true;
      // An error that no Catch node takes: nothing will come any more.
      const failed = /\[error\] .*/.exec(this.nodeRed.log.slice(this.#logStart));
      if (failed) throw new Error(failed[0]);
      return false;
    };
    // Each look is a request to a Node-RED that is at work.
    await until(enough, milliseconds, 150).catch((error: unknown) => {
      const log = this.nodeRed.log.slice(-2000);
      throw new Error(`${String(error)}; seen: ${JSON.stringify(messages)}; log: ${log}`);
    });
    return messages;
  }
}

/** Waits until the condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  milliseconds = 20_000,
  pause = 50,
): Promise<void> {
  const limit = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() > limit) throw new Error(`Nothing happened within ${milliseconds} ms`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

let shared: Promise<NodeRed> | undefined;

/** One Node-RED for all test files that do not end or starve it. */
export function sharedNodeRed(): Promise<NodeRed> {
  shared ??= NodeRed.start().then((nodeRed) => {
    process.once('exit', () => nodeRed.discard());
    return nodeRed;
  });
  return shared;
}

// A root hook: it runs when the last test of the whole run has ended; in a process that runs many
// files beside others, when the first file that knows this one has. The last one goes with the process.
after(async function () {
  this.timeout(30_000);
  const nodeRed = await shared;
  shared = undefined;
  await nodeRed?.stop();
});

const LEDGER = 'ledger';

/** Code for the settings file: Node-RED's own hooks write down each message of our nodes. */
function ledgerCode(script: string, file: string): string {
  return `
    const { appendFileSync } = require('fs');
    const { hooks } = require(require.resolve('@node-red/util', { paths: [${JSON.stringify(script)}] }));
    const note = (what, node, msg, error) => {
      if (!/^lipwire-/.test(node.type)) return;
      const line = { what, node: node.name || node.id, id: msg._msgid, code: error && error.code };
      appendFileSync(${JSON.stringify(file)}, JSON.stringify(line) + '\\n');
    };
    hooks.add('onReceive.test', ({ destination, msg }) => note('came', destination.node, msg));
    hooks.add('onComplete.test', ({ node, msg, error }) => note('ended', node.node, msg, error));`;
}

function withProbes(flows: FlowNode[], run: string): FlowNode[] {
  const tab = `${run}-tab`;
  const probes: FlowNode[] = [];
  const result = flows.map((node) => ({ ...node }));
  for (const debug of flows.filter((node) => node.type === 'debug')) {
    const id = `${run}-${debug.id}`;
    probes.push({
      id,
      type: 'function',
      z: debug.z,
      name: id,
      func: probeCode(run, debug),
      outputs: 0,
      x: 10,
      y: 10,
      wires: [],
    });
    for (const node of result) {
      node.wires = node.wires?.map((wire) => (wire.includes(debug.id) ? [...wire, id] : wire));
    }
  }
  const id = (name: string): string => `${run}-${name}`;
  return [
    ...result,
    ...probes,
    { id: tab, type: 'tab', label: 'test' },
    {
      id: id('in'),
      type: 'http in',
      z: tab,
      url: `/test-probe/${run}`,
      method: 'get',
      x: 10,
      y: 10,
      wires: [[id('read')]],
    },
    {
      id: id('read'),
      type: 'function',
      z: tab,
      outputs: 1,
      x: 10,
      y: 10,
      wires: [[id('out')]],
      func: `msg.payload = global.get('${run}') || []; return msg;`,
    },
    { id: id('out'), type: 'http response', z: tab, x: 10, y: 10, wires: [] },
  ];
}

function probeCode(run: string, debug: FlowNode): string {
  const at = JSON.stringify(debug.name ?? debug.id);
  return `
    const { req, res, ...plain } = msg;
    const all = global.get('${run}') || [];
    all.push({ at: ${at}, msg: plain });
    global.set('${run}', all);`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
