import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import type { Express } from 'express';
import type { NodeAPI } from 'node-red';
import { fileTaker } from '../../nodes/shared/files';
import { KioskChannels, type KioskChannel, serveKiosks } from '../../nodes/hls-export/serve-kiosk';
import { slidesKey, takeSlides, type Publication } from '../../nodes/hls-export/publication';
import { KioskEvents } from '../support/kiosk-events';
import { until } from '../support/node-red';

const express = createRequire(__filename)('express') as () => Express;

function publication(title: string): Publication {
  const description = { playlist: 'master.m3u8', poster: 'poster.jpg', video: 'video.mp4' };
  return {
    address: 'hall/0123456789abcdef',
    files: new Map(),
    description: { title, ...description, duration: 1, width: 64, height: 64 },
    video: '',
  };
}

describe('The events of a kiosk page', () => {
  let kiosks: KioskChannels;
  let channel: KioskChannel;
  let server: Server;
  let base: string;

  before(async () => {
    kiosks = new KioskChannels();
    const app = express();
    serveKiosks({ httpNode: app, settings: {} } as unknown as NodeAPI, kiosks);
    server = app.listen(0, '127.0.0.1');
    await until(() => server.listening);
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    channel = kiosks.open('hall', 'a');
  });
  afterEach(() => kiosks.close('hall', 'a'));

  const titles = (events: KioskEvents): string[] =>
    events.all.map(({ type, item }) => `${type} ${item?.title ?? ''}`.trim());

  it('end for a page that reads no more, and nothing is written afterwards', () => {
    type Answer = (request: unknown, response: unknown) => void;
    let answer: Answer | undefined;
    const all = (...handlers: unknown[]) => (answer = handlers.at(-1) as Answer);
    serveKiosks({ httpNode: { all }, settings: {} } as unknown as NodeAPI, kiosks);
    const stuck = new Writable({ write: () => undefined });
    const errors: Error[] = [];
    stuck.on('error', (error) => errors.push(error));
    const locals = { lipwire: { channel, name: 'kiosk-events' } };
    const response = Object.assign(stuck, { locals, setHeader: () => 0, status: () => response });
    const { setInterval: usual } = globalThis;
    let beat = (): void => undefined;
    const captured = (callback: () => void) => {
      beat = callback;
      return usual(() => undefined, 1e6);
    };
    globalThis.setInterval = captured as unknown as typeof setInterval;
    try {
      answer?.({ method: 'GET', get: () => undefined, query: {} }, response);
    } finally {
      globalThis.setInterval = usual;
    }
    kiosks.close('hall', 'a');
    assert.equal(stuck.writableEnded, true);
    beat();
    stuck.destroy();
    assert.equal(stuck.errored, null);
    assert.deepEqual(errors, []);
  });

  it('begin with what stands there, and tell of all that comes', async () => {
    channel.publish(publication('old'), 0, false);
    const events = await KioskEvents.open(`${base}/hall/kiosk-events`);
    channel.publish(publication('resting'), 0, true);
    channel.publish(publication('new'), 3, false);
    channel.clear();
    await until(() => events.all.some(({ type }) => type === 'clear'));
    assert.deepEqual(titles(events), [
      'hello old',
      'ready',
      'idle resting',
      'announce new',
      'clear',
    ]);
    assert.equal(events.all[3].item!.priority, 3);
    assert.equal(events.all[3].item!.video, '0123456789abcdef/video.mp4');
    events.close();
    await until(() => channel.listeners === 0);
  });

  it('repeat what a page missed, also what was told after a deploy', async () => {
    channel.publish(publication('one'), 0, false);
    const known = channel.lastId;
    channel.publish(publication('two'), 0, false);
    const again = await KioskEvents.open(`${base}/hall/kiosk-events?after=${known}`);
    assert.deepEqual(again.announced, ['two']);
    again.close();
    kiosks.close('hall', 'a');
    await new Promise((resolve) => setTimeout(resolve, 5));
    channel = kiosks.open('hall', 'a');
    channel.publish(publication('three'), 0, false);
    const later = await KioskEvents.open(`${base}/hall/kiosk-events?after=${known}`);
    assert.deepEqual(later.announced, ['three']);
    later.close();
  });

  it('last as long as somebody publishes under the path', async () => {
    kiosks.open('hall', 'b');
    kiosks.close('hall', 'a');
    assert.equal((await fetch(`${base}/hall/kiosk`)).status, 200);
    kiosks.close('hall', 'b');
    for (const name of ['kiosk', 'kiosk.js', 'kiosk-events']) {
      assert.equal((await fetch(`${base}/hall/${name}`)).status, 404, name);
    }
  });

  it('come from a page that may load from its own place only', async () => {
    const page = await fetch(`${base}/hall/kiosk`);
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.match(page.headers.get('content-security-policy')!, /default-src 'none'/);
    for (const [, file] of (await page.text()).matchAll(/(?:src|href)="(?!data:)([^"]+)"/g)) {
      assert.equal((await fetch(`${base}/hall/${file}`)).status, 200, file);
    }
    assert.equal((await fetch(`${base}/hall/kiosk`, { method: 'POST' })).status, 405);
    for (const other of [
      'hall/kiosk.html',
      'hall/index.html',
      'kiosk',
      '%E0%A4%A/kiosk',
      '__proto__/kiosk',
    ]) {
      assert.equal((await fetch(`${base}/${other}`)).status, 404, other);
    }
  });
});

describe('msg.slides', () => {
  const SVG = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"/>');
  const chapters = [{ start: 0 }, { start: 2.5 }];
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-slides-'));
    await writeFile(path.join(folder, 'one.svg'), SVG);
    await writeFile(path.join(folder, 'secret.png'), 'root:x:0:0');
  });
  after(() => rm(folder, { recursive: true }));

  const take = (value: unknown): ReturnType<typeof takeSlides> =>
    takeSlides(
      value,
      chapters,
      fileTaker(folder, { keepFile: async (bytes) => `/kept/${bytes.length}` }),
    );

  it('are paths or Buffers, one for each chapter, or at times of their own', async () => {
    const slides = await take([SVG, 'one.svg', { picture: SVG, start: '1.25' }]);
    assert.deepEqual(
      slides.map(({ name, start }) => [name, start]),
      [
        ['slide-1.svg', 0],
        ['slide-3.svg', 1.25],
        ['slide-2.svg', 2.5],
      ],
    );
    // What is published is a copy: the file itself may be replaced.
    assert.ok(slides.every(({ file }) => file === `/kept/${SVG.length}`));
  });

  it('may be one for all, leave one out, or be absent', async () => {
    assert.deepEqual((await take('one.svg')).length, 1);
    assert.deepEqual(
      (await take(['', 'one.svg'])).map(({ start }) => start),
      [2.5],
    );
    for (const nothing of [undefined, null, '', []]) assert.deepEqual(await take(nothing), []);
  });

  it('are refused where they are no pictures, whatever their names say', async () => {
    for (const [value, pattern] of [
      ['secret.png', /a picture .* for msg\.slides/],
      [[SVG, Buffer.from('text')], /msg\.slides\[1\]/],
      [[SVG, SVG, SVG], /msg\.slides\[2\]\.start .*fewer segments/],
      [{ picture: SVG, start: -1 }, /msg\.slides\.start/],
      [7, /msg\.slides/],
      [new Array(501).fill('one.svg'), /at most 500/],
    ] as const) {
      await assert.rejects(take(value), (error: Error & { code: string }) => {
        assert.equal(error.code, 'E_INPUT');
        assert.match(error.message, pattern);
        return true;
      });
    }
    await assert.rejects(take('absent.png'), { code: 'E_PATH' });
  });

  it('give a video an address of its own', async () => {
    const [one, two] = [await take([SVG]), await take([{ picture: SVG, start: 1 }])];
    assert.equal(slidesKey([]), '');
    assert.notEqual(slidesKey(one), slidesKey(two));
    assert.equal(slidesKey(one), slidesKey(await take([SVG])));
  });
});
