/** A Node-RED with its default settings, on loopback, for the pack test. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START = 60_000;
const END = 20_000;

export class RunningNodeRed {
  log = '';
  #process;

  /** Starts it with an existing user folder; resolves when its flows have started. */
  static async start({ program, script, user }) {
    const running = new RunningNodeRed();
    await running.#start(program, script, user);
    return running;
  }

  get version() {
    return /Node-RED version: v(\S+)/.exec(this.log)?.[1];
  }

  get nodeVersion() {
    return /Node\.js\s+version: v(\S+)/.exec(this.log)?.[1];
  }

  get exitCode() {
    return this.#process.exitCode;
  }

  async json(route) {
    const response = await fetch(this.url + route, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`GET ${route} answered ${response.status}.`);
    return response.json();
  }

  async deploy(flows) {
    const headers = { 'content-type': 'application/json', 'Node-RED-API-Version': 'v2' };
    const body = JSON.stringify({ flows });
    const response = await fetch(`${this.url}/flows`, { method: 'POST', headers, body });
    if (!response.ok) throw new Error(`Deploying answered ${response.status}.`);
  }

  /** Ends it as a service manager does. */
  async end() {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const killer = setTimeout(() => this.#process.kill('SIGKILL'), END);
    await ended;
    clearTimeout(killer);
  }

  async #start(program, script, user) {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const temporary = path.join(user, 'temporary');
    mkdirSync(temporary);
    const env = { ...process.env, TMPDIR: temporary };
    for (const name of Object.keys(env)) {
      if (/^(LIPWIRE_|NODE_OPTIONS|npm_)/.test(name)) delete env[name];
    }
    const args = [script, '-u', user, '-p', String(port), '-D', 'uiHost=127.0.0.1'];
    this.#process = spawn(program, args, { cwd: user, env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on('data', (chunk) => (this.log += chunk));
    }
    const limit = Date.now() + START;
    while (!this.log.includes('Started flows')) {
      if (this.#process.exitCode !== null || Date.now() > limit) {
        await this.end();
        throw new Error(`Node-RED did not start:\n${this.log}`);
      }
      await sleep(100);
    }
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
