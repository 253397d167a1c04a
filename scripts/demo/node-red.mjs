/** A real Node-RED for the demo: embedded, with a user folder of its own, on loopback only. */
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const HOST = '127.0.0.1';
const USUAL_PORT = 1880;

/**
 * Starts Node-RED with the package at `root` installed into `userFolder`.
 * @returns the runtime, its address and how to stop it
 */
export async function startNodeRed({ root, userFolder, port }) {
  linkPackage(root, userFolder);
  const RED = require('node-red');
  const server = createServer((request, response) => {
    RED.httpAdmin(request, response, () => RED.httpNode(request, response));
  });
  const actualPort = await listen(server, port);
  RED.init(server, {
    userDir: userFolder,
    flowFile: 'flows.json',
    uiPort: actualPort,
    uiHost: HOST,
    httpAdminRoot: '/',
    httpNodeRoot: '/',
    credentialSecret: false,
    telemetry: { enabled: false },
    editorTheme: { tours: false },
    logging: { console: { level: 'error', metrics: false, audit: false } },
  });
  const started = flowsStarted(RED);
  await RED.start();
  await started;
  return {
    RED,
    address: `http://${HOST}:${actualPort}`,
    async stop() {
      await RED.stop();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Deploys an example flow, unless the user's own flows hold its nodes already. */
export async function deployExample({ RED, address, userFolder, file }) {
  const example = JSON.parse(readFileSync(file, 'utf8'));
  const stored = path.join(userFolder, 'flows.json');
  if (existsSync(stored)) {
    const ids = new Set(JSON.parse(readFileSync(stored, 'utf8')).map((node) => node.id));
    if (example.every((node) => ids.has(node.id))) return;
  }
  const started = flowsStarted(RED);
  const response = await fetch(`${address}/flows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'Node-RED-API-Version': 'v2' },
    body: JSON.stringify({ flows: example }),
  });
  if (!response.ok) throw new Error(`Node-RED did not take the example flow: ${response.status}.`);
  await started;
}

/** Presses an inject node's button, with properties of our own in its message. */
export async function inject({ address, id, properties }) {
  const response = await fetch(`${address}/inject/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ __user_inject_props__: properties }),
  });
  if (!response.ok)
    throw new Error(`The example's button could not be pressed: ${response.status}.`);
}

function linkPackage(root, userFolder) {
  const { name } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const link = path.join(userFolder, 'node_modules', ...name.split('/'));
  if (existsSync(link)) return;
  mkdirSync(path.dirname(link), { recursive: true });
  symlinkSync(root, link, 'junction');
}

/** Listens on the port that was asked for; without one on the usual port, or any free one. */
async function listen(server, port) {
  const candidates = port === undefined ? [USUAL_PORT, 0] : [port];
  for (const [index, candidate] of candidates.entries()) {
    try {
      server.listen(candidate, HOST);
      await once(server, 'listening');
      return server.address().port;
    } catch (error) {
      if (index === candidates.length - 1) throw error;
    }
  }
  throw new Error('No port to listen on.');
}

/** Resolves when Node-RED has started its flows; ask before doing what starts them. */
function flowsStarted(RED) {
  return new Promise((resolve) => RED.events.once('flows:started', resolve));
}
