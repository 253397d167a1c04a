import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { NodeRed, type FlowNode } from '../support/node-red';
import { httpServer, KEY, toneWav, type TestServer } from '../tts/voice-servers';

const STUDIO = 'keys-studio';
const TAB = { z: 'keys', x: 1, y: 1 };

/** Two texts for a server with a key: one that it speaks, one that it refuses with the key's name. */
function flow(address: string): FlowNode[] {
  const text = (id: string, v: string): FlowNode => ({
    ...{ id, type: 'inject', ...TAB, props: [{ p: 'payload', v, vt: 'str' }] },
    wires: [['speaker']],
  });
  return [
    { id: 'keys', type: 'tab', label: 'keys' },
    {
      ...{ id: STUDIO, type: 'lipwire-studio', name: '', journal: 'keep', version: 2 },
      openaiAddress: address,
      // By hand, where no key belongs: it does not count.
      elevenlabsKey: 'not-a-credential',
      credentials: { openaiKey: KEY },
    },
    text('well', 'All is well.'),
    text('bad', 'Refuse this.'),
    {
      ...{ id: 'speaker', type: 'lipwire-tts', name: 'speaker', ...TAB, studio: STUDIO },
      ...{ engine: 'openai', engineType: 'choice', voice: 'v', voiceType: 'str', version: 3 },
      wires: [['told']],
    },
    { id: 'caught', type: 'catch', ...TAB, scope: null, wires: [['told']] },
    { id: 'status', type: 'status', ...TAB, scope: null, wires: [['states']] },
    { id: 'told', type: 'debug', ...TAB, name: 'told', wires: [] },
    { id: 'states', type: 'debug', ...TAB, name: 'states', wires: [] },
  ];
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

describe('The key of a server', function () {
  this.timeout(90_000);
  let nodeRed: NodeRed;
  let server: TestServer;
  before(async () => {
    server = await httpServer(({ body }, response) => {
      if (!body.includes('Refuse')) response.end(toneWav(0.5, 24_000, 0));
      else response.writeHead(401, { 'X-Key': KEY }).end(`{"error":{"message":"No ${KEY}!"}}`);
    });
    const level = { console: { level: 'trace', metrics: false, audit: true } };
    nodeRed = await NodeRed.start({ settings: { credentialSecret: 'secret', logging: level } });
  });
  after(async () => {
    await nodeRed?.stop();
    await server?.close();
  });

  it('reaches the server, and is in no message, status, log, journal, file, export or report', async () => {
    const probe = await nodeRed.deployProbed(flow(server.address));
    await nodeRed.inject('well');
    const [spoken] = await probe.wait(1, 'told');
    assert.equal((spoken.msg.payload as { engine: string }).engine, 'openai');
    await nodeRed.inject('bad');
    const [, refused] = await probe.wait(2, 'told');
    assert.equal(
      refused.msg.error?.code ?? (refused.msg.error as { code?: string }).code,
      'E_SERVER',
    );
    assert.match(refused.msg.error?.message ?? '', /refuses the key \(status 401: No •••!\)/);
    const sent = server.asked.map(({ headers }) => headers.authorization);
    assert.deepEqual(sent, [`Bearer ${KEY}`, `Bearer ${KEY}`]);

    const routes = [
      ...['/flows', '/flow/keys', `/lipwire-studio/${STUDIO}/diagnostics`],
      ...[`/lipwire-studio/${STUDIO}/doctor`, '/lipwire-sidebar/jobs'],
      ...[`/lipwire-sidebar/studios/${STUDIO}`, `/lipwire-sidebar/studios/${STUDIO}/report`],
      `/credentials/lipwire-studio/${STUDIO}`,
    ];
    const seen: Record<string, string> = { log: nodeRed.log };
    for (const route of routes) seen[route] = JSON.stringify(await nodeRed.json(route));
    seen['messages and statuses'] = JSON.stringify(await probe.seen());
    const files = filesUnder(nodeRed.home).filter((file) => statSync(file).size < 16e6);
    assert.ok(
      files.some((file) => /journal/.test(file)),
      'there is a journal',
    );
    assert.ok(
      files.some((file) => file.endsWith('speech.wav')),
      'there is an artifact',
    );
    for (const file of files) seen[file] = readFileSync(file, 'latin1');
    const found = Object.entries(seen).filter(([, text]) => text.includes(KEY));
    assert.deepEqual(
      found.map(([place]) => place),
      [],
    );
    // The export says that there is a key at most.
    assert.match(seen['/flows'], /openaiAddress/);
    assert.ok(!seen['/flows'].includes('openaiKey'));
  });
});
