import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StreamPayload } from '../../src/contract';
import { EXAMPLES, example, lighter, named, withEnvironment } from '../support/flows';
import { KioskEvents } from '../support/kiosk-events';
import { sharedNodeRed, type FlowNode, type NodeRed } from '../support/node-red';
import { smallAvatar } from '../support/portrait';
import { Receiver } from '../support/receiver';
import { toneWav } from '../support/tone';

/**
 * Each of the further examples is used as its comment says, from outside: by HTTP, files, or what a
 * screen is told. Only speed, pictures a second and the size of the avatar differ from what is
 * imported. MQTT and the dashboard, which need more, are tested beside.
 */
describe('The example flows, used from outside', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let folder: string;
  let portrait: string;

  before(async () => {
    nodeRed = await sharedNodeRed();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-examples-'));
    portrait = await smallAvatar(folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  const load = (number: string, environment: Record<string, string> = {}): FlowNode[] =>
    withEnvironment(lighter(example(number), portrait), environment);

  async function get<T>(address: string): Promise<T> {
    return (await (await fetch(nodeRed.url + address)).json()) as T;
  }

  function post(address: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return fetch(nodeRed.url + address, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  it('11: speaks two languages with one face, each under its own path', async () => {
    const flow = load('11');
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'welcome').id);
    for (const [name, key] of [
      ['English', 'en'],
      ['Arabic', 'ar'],
    ] as const) {
      const [seen] = await probe.wait(1, name);
      const stream = seen.msg.payload as StreamPayload;
      assert.match(stream.url, new RegExp(`^/lipwire/${key}/[0-9a-f]{16}/master\\.m3u8$`));
      const facts = await get<{ title: string }>(stream.url.replace('master.m3u8', 'stream.json'));
      assert.match(facts.title, key === 'en' ? /^Welcome/ : /^أهلاً/);
      assert.equal((await fetch(`${nodeRed.url}/lipwire/${key}/kiosk`)).status, 200);
    }
  });

  it('12: takes its voice from a speech server, and says which model is missing', async () => {
    const speech = await Receiver.start(() => ({ body: toneWav(0.8) }));
    try {
      const flow = load('12', { VOICE_URL: `${speech.url}/v1/audio/speech` });
      const probe = await nodeRed.deployProbed(flow);
      for (const button of ['eSpeak, built-in', 'speech server', 'eSpeak, Wav2Lip']) {
        await nodeRed.inject(
          flow.find(({ name, type }) => name === button && type === 'inject')!.id,
        );
      }
      const streams = (await probe.wait(2, 'stream')).map(
        ({ msg }) => msg.payload as StreamPayload,
      );
      const ours = streams.find(({ duration }) => Math.abs(duration - 0.8) < 0.11);
      assert.ok(ours, JSON.stringify(streams.map(({ duration }) => duration)));
      const [request] = speech.requests;
      assert.equal(request.path, '/v1/audio/speech');
      const asked = JSON.parse(request.body) as Record<string, string>;
      assert.equal(asked['input'], 'I was spoken somewhere else.');
      assert.equal(asked['response_format'], 'wav');
      const [failed] = await probe.wait(1, 'errors');
      assert.match(failed.msg.error!.code!, /^E_MODEL_(MISSING|LICENCE)$/);
    } finally {
      await speech.stop();
    }
  });

  it('13: gives a job number at once, tells how far it is, and calls back', async () => {
    interface Job {
      id: string;
      status: string;
      state: string;
      segments: number;
      segmentsDone: number;
      result?: { video: string; duration: number };
      error?: { code: string };
    }
    const receiver = await Receiver.start();
    try {
      await nodeRed.deploy(load('13'));
      const callback = `${receiver.url}/done`;
      const answer = await post('/talking-head/jobs', { text: 'One. Two.', callback });
      assert.equal(answer.status, 202);
      const job = (await answer.json()) as Job;
      assert.equal(job.state, 'queued');
      assert.equal((await get<Job>(job.status)).id, job.id);
      const [call] = await receiver.wait(1);
      assert.equal(call.path, '/done');
      const done = JSON.parse(call.body) as Job;
      assert.deepEqual(
        [done.id, done.state, done.segments, done.segmentsDone],
        [job.id, 'done', 2, 2],
      );
      assert.equal((await fetch(nodeRed.url + done.result!.video)).status, 200);
      assert.deepEqual(await get<Job>(job.status), done);

      // A language that is not there: the job fails, and that is told in the same way.
      const bad = (await (
        await post('/talking-head/jobs', { text: 'Hm.', language: 'xx', callback })
      ).json()) as Job;
      await receiver.wait(2);
      assert.equal((await get<Job>(bad.status)).error?.code, 'E_VOICE');
      for (const body of [
        { words: 'Hello' },
        { text: 'Hello', callback: 'http://192.0.2.1/' },
        { text: 'Hello', callback: 'file:///etc/passwd' },
        { text: 'Hello', callback: 7 },
      ]) {
        assert.equal((await post('/talking-head/jobs', body)).status, 400, JSON.stringify(body));
      }
      assert.equal((await fetch(`${nodeRed.url}/talking-head/jobs/__proto__`)).status, 404);
      assert.equal(receiver.requests.length, 2);
    } finally {
      await receiver.stop();
    }
  });

  it('15: says the time, and what the calendar holds', async () => {
    const utc = (minutes: number): string =>
      new Date(Date.now() + minutes * 60_000).toISOString().replace(/[-:]|\.\d+/g, '');
    const event = (title: string, minutes: number): string =>
      `BEGIN:VEVENT\r\nDTSTART:${utc(minutes)}\r\nSUMMARY:${title}\r\nEND:VEVENT\r\n`;
    const events =
      event('Choir\\, the long\r\n  one', 8) + event('Tomorrow', 24 * 60) + event('Gone', -5);
    const calendar = await Receiver.start(() => ({
      body: `BEGIN:VCALENDAR\r\n${events}END:VCALENDAR\r\n`,
    }));
    try {
      const flow = load('15', { CALENDAR_URL: `${calendar.url}/family.ics` });
      const probe = await nodeRed.deployProbed(flow);
      await nodeRed.inject(named(flow, 'every hour').id);
      await probe.wait(2, 'announced');
      // What was said is not said again.
      await nodeRed.inject(named(flow, 'every minute').id);
      const streams = (await probe.seen()).map(({ msg }) => msg.payload as StreamPayload);
      const titles = await Promise.all(
        streams.map(({ url }) => get<{ title: string }>(url.replace('master.m3u8', 'stream.json'))),
      );
      const texts = titles.map(({ title }) => title).sort();
      assert.equal(texts.length, 2);
      assert.equal(texts[0], 'Choir, the long one begins in 8 minutes.');
      assert.match(
        texts[1],
        /^It is \d+( \d+| oh \d| o'clock) in the (morning|afternoon|evening)\.$/,
      );
    } finally {
      await calendar.stop();
    }
  });

  it('16: lets the bell be heard before the news, and the alarm end everything else', async () => {
    /** The flow with other news. */
    const withNews = (payload: string): FlowNode[] =>
      load('16').map((node) => (node.name === 'news' ? { ...node, payload } : node));
    const flow = withNews('Here is the news. One. Two. Three. Four. Five. That was it.');
    const probe = await nodeRed.deployProbed(flow);
    const screen = await KioskEvents.open(`${nodeRed.url}/house/kiosk-events`);
    try {
      await nodeRed.inject(named(flow, 'news').id);
      assert.equal((await fetch(`${nodeRed.url}/doorbell`)).status, 204);
      await probe.wait(2, 'announced');
      assert.deepEqual(screen.announced, ['Somebody is at the door.', 'Here is the news.']);
      const bell = screen.all.find(({ type }) => type === 'announce')!;
      assert.equal(bell.item!.priority, 10);

      // Another text, so that it is not in the cache.
      const other = withNews('More news. It goes on. And on.');
      const second = await nodeRed.deployProbed(other);
      const newScreen = await KioskEvents.open(`${nodeRed.url}/house/kiosk-events`);
      await nodeRed.inject(named(other, 'news').id);
      await nodeRed.inject(named(other, 'alarm').id);
      await second.wait(1, 'announced');
      const failed = await second.wait(1, 'errors');
      assert.ok(failed.every(({ msg }) => msg.error!.code === 'E_CANCELLED'));
      const told = newScreen.all.map(({ type, item }) => item?.title ?? type);
      assert.deepEqual(told, ['hello', 'ready', 'clear', 'Attention please.']);
      newScreen.close();
    } finally {
      screen.close();
    }
  });

  it('17: answers a text file with a JSON file beside it', async () => {
    const watched = path.join(folder, 'announcements');
    await mkdir(watched);
    const flow = load('17', { FOLDER: watched });
    const probe = await nodeRed.deployProbed(flow);
    await writeFile(path.join(watched, 'hello.txt'), 'Hello from a file.');
    await writeFile(path.join(watched, 'empty.txt'), '');
    await writeFile(path.join(watched, 'notes.md'), 'Not to be spoken.');
    await probe.wait(2, 'written');
    const read = async (name: string): Promise<Record<string, string>> =>
      JSON.parse(await readFile(path.join(watched, name), 'utf8')) as Record<string, string>;
    const { video } = await read('hello.json');
    assert.equal((await fetch(nodeRed.url + video)).status, 200);
    assert.equal((await read('empty.json'))['code'], 'E_INPUT');
    await assert.rejects(read('notes.json'), /ENOENT/);
  });

  it('18: shows a slide with each text, in front of them the speaker', async () => {
    const flow = load('18');
    const probe = await nodeRed.deployProbed(flow);
    await nodeRed.inject(named(flow, 'talk').id);
    const [seen] = await probe.wait(1, 'stream');
    const { url, duration } = seen.msg.payload as StreamPayload;
    const base = url.replace('master.m3u8', '');
    const { slides } = await get<{ slides: { picture: string; start: number }[] }>(
      `${base}stream.json`,
    );
    assert.equal(slides.length, 3);
    assert.equal(slides[0].start, 0);
    const starts = slides.map(({ start }) => start);
    assert.deepEqual(
      starts,
      [...starts].sort((a, b) => a - b),
    );
    assert.ok(starts[2] > 1 && starts[2] < duration);
    const picture = await fetch(`${nodeRed.url}${base}${slides[1].picture}`);
    assert.equal(picture.headers.get('content-type'), 'image/svg+xml');
    assert.match(picture.headers.get('content-security-policy')!, /sandbox/);
    assert.match(await picture.text(), /How it works/);
  });

  it('20: plays on a media player of Home Assistant, and says when it is refused', async () => {
    const assistant = await Receiver.start(({ headers }) => ({
      status: headers.authorization === 'Bearer a-token' ? 200 : 401,
      body: '[]',
    }));
    const environment = { HA_URL: assistant.url, NODE_RED_URL: 'http://node-red.local:1880/' };
    try {
      const probe = await nodeRed.deployProbed(load('20', { ...environment, HA_TOKEN: 'a-token' }));
      const announced = await post('/announce', { text: 'Done.', player: 'media_player.kitchen' });
      assert.equal(announced.status, 202);
      await probe.wait(1, 'playing');
      const [request] = assistant.requests;
      assert.equal(request.path, '/api/services/media_player/play_media');
      const asked = JSON.parse(request.body) as Record<string, string>;
      assert.equal(asked['entity_id'], 'media_player.kitchen');
      const video = new URL(asked['media_content_id']);
      assert.equal(video.host, 'node-red.local:1880');
      const served = await fetch(nodeRed.url + video.pathname);
      assert.equal(served.headers.get('content-type'), asked['media_content_type']);

      const flow = load('20', { ...environment, HA_TOKEN: 'an-old-token' });
      const again = await nodeRed.deployProbed(flow);
      await nodeRed.inject(named(flow, 'text').id);
      assert.equal((await again.wait(1, 'refused'))[0].msg['statusCode'], 401);
    } finally {
      await assistant.stop();
    }
  });

  it('keeps to the rules of an example', () => {
    const ids = new Set<string>();
    for (const file of EXAMPLES) {
      const flow = example(file.slice(0, 2));
      const comments = flow.filter(({ type }) => type === 'comment');
      assert.ok(
        comments.some(({ info }) => String(info).length > 60),
        `${file} says what to do`,
      );
      const other = flow.filter(({ type }) => type.startsWith('ui-')).length > 0;
      assert.equal(other, file.startsWith('19'), `${file} needs no other palette`);
      for (const node of flow) {
        assert.match(node.id, /^[0-9a-f]{16}$/, file);
        assert.ok(!ids.has(node.id), `${file} has ids of its own: ${node.id}`);
        ids.add(node.id);
        assert.ok(!('credentials' in node), file);
        for (const target of (node.wires ?? []).flat()) {
          assert.ok(
            flow.some(({ id }) => id === target),
            `${file}: ${node.name} leads nowhere`,
          );
        }
      }
      const secrets = flow.flatMap(({ env }) => (env ?? []) as { type: string; value: string }[]);
      assert.ok(
        secrets.every(({ type, value }) => type !== 'cred' || value === ''),
        file,
      );
    }
  });
});
