import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker, type Broker } from '../support/broker';
import { example, lighter } from '../support/flows';
import { KioskEvents } from '../support/kiosk-events';
import { sharedNodeRed, until, type NodeRed } from '../support/node-red';
import { smallAvatar } from '../support/portrait';
import { skipWithout } from '../support/optional';

/** What these tests use of the client that Node-RED's MQTT nodes bring along. */
interface Client {
  subscribeAsync(topic: string): Promise<unknown>;
  publishAsync(topic: string, payload: string): Promise<unknown>;
  on(event: 'message', listener: (topic: string, payload: Buffer) => void): void;
  endAsync(): Promise<void>;
}

const nodesRequire = createRequire(createRequire(__filename).resolve('@node-red/nodes'));
const mqtt = nodesRequire('mqtt') as { connectAsync(url: string): Promise<Client> };

describe('The example 14, with a real MQTT broker', function () {
  this.timeout(120_000);
  let broker: Broker;
  let client: Client;
  let nodeRed: NodeRed;
  let screen: KioskEvents;
  let folder: string;
  const heard: { topic: string; text: string }[] = [];

  before(async function () {
    broker = (await startBroker()) ?? skipWithout(this, 'an MQTT broker');
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-mqtt-'));
    const portrait = await smallAvatar(folder);
    client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    client.on('message', (topic, payload) => heard.push({ topic, text: payload.toString() }));
    await client.subscribeAsync('kiosk/#');
    nodeRed = await sharedNodeRed();
    const address = { broker: '127.0.0.1', port: `${broker.port}` };
    const flow = lighter(example('14'), portrait);
    await nodeRed.deploy(
      flow.map((node) => (node.type === 'mqtt-broker' ? { ...node, ...address } : node)),
    );
    screen = await KioskEvents.open(`${nodeRed.url}/announcements/kiosk-events`);
    await until(() => on('kiosk/online').length > 0);
  });
  after(async () => {
    screen?.close();
    // The broker's node would try to connect for ever.
    await nodeRed?.deploy([]);
    await client?.endAsync();
    await broker?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  const on = (topic: string): string[] =>
    heard.filter((each) => each.topic === topic).map(({ text }) => text);
  const results = (): Record<string, string>[] =>
    on('kiosk/result').map((text) => JSON.parse(text) as Record<string, string>);

  it('says that it is there, and gives the screens an idle portrait', async () => {
    assert.equal(on('kiosk/online')[0], 'online');
    await until(() => screen.all.some(({ item }) => item?.idle), 60_000);
    assert.equal(screen.announced.length, 0);
    assert.deepEqual(results(), []);
  });

  it('announces a text, plain or as JSON, and publishes where the video is', async () => {
    await client.publishAsync('kiosk/say', 'Good morning.');
    await client.publishAsync('kiosk/say', '{"text": "Bonjour.", "language": "fr", "priority": 5}');
    await until(() => results().length >= 2, 60_000);
    assert.deepEqual([...screen.announced].sort(), ['Bonjour.', 'Good morning.']);
    const french = screen.all.find(({ item }) => item?.title === 'Bonjour.');
    assert.equal(french!.item!.priority, 5);
    for (const { state, video } of results()) {
      assert.equal(state, 'ready');
      assert.equal((await fetch(nodeRed.url + video)).headers.get('content-type'), 'video/mp4');
    }
  });

  it('says what went wrong', async () => {
    const before = results().length;
    await client.publishAsync('kiosk/say', '{"words": "Hello"}');
    await until(() => results().length > before);
    assert.deepEqual(
      [results().at(-1)!['state'], results().at(-1)!['code']],
      ['failed', 'E_INPUT'],
    );
  });

  it('publishes what a screen does, for those who come later too', async () => {
    const body = JSON.stringify({
      screen: 'hall/#+',
      state: 'playing',
      title: 'Bonjour.',
      queued: 1,
    });
    const headers = { 'content-type': 'application/json' };
    const address = `${nodeRed.url}/announcements/state`;
    assert.equal((await fetch(address, { method: 'POST', headers, body })).status, 204);
    await until(() => on('kiosk/screen/hall').length > 0);
    const late = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    try {
      const kept = new Promise<string>((resolve) =>
        late.on('message', (_topic, payload) => resolve(payload.toString())),
      );
      await late.subscribeAsync('kiosk/screen/+');
      const state = JSON.parse(await kept) as Record<string, unknown>;
      assert.deepEqual(
        [state['state'], state['title'], state['queued']],
        ['playing', 'Bonjour.', 1],
      );
    } finally {
      await late.endAsync();
    }
  });

  it('stops the screens when it is told to', async () => {
    await client.publishAsync('kiosk/stop', '1');
    await until(() => screen.all.some(({ type }) => type === 'clear'));
  });
});
