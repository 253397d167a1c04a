import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { NodeAPI } from 'node-red';
import type { Browser, Page } from 'playwright-core';
import { KioskChannels, serveKiosks } from '../../nodes/hls-export/serve-kiosk';
import { serveStreams } from '../../nodes/hls-export/serve';
import { type Slide, publicationOf, StreamRegistry } from '../../nodes/hls-export/publication';
import { findings } from '../support/accessibility';
import { complaintsOf, needBrowser } from '../support/browser';
import { until } from '../support/node-red';

const run = promisify(execFile);
const express = createRequire(__filename)('express') as { (): Express; json(): RequestHandler };

interface Report {
  screen: string;
  state: string;
  title: string;
  video: string;
  queued: number;
}

/** The real routes and the real page, with videos of plain colours. */
describe('The kiosk page in chromium', function () {
  this.timeout(60_000);
  const kiosks = new KioskChannels();
  const registry = new StreamRegistry();
  let channel = kiosks.open('hall/news', 'test');
  let reports: Report[] = [];
  let folder: string;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let published = 0;

  before(async function () {
    browser = await needBrowser(this);
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-kiosk-'));
    const app = express();
    const RED = { httpNode: app, settings: {} } as unknown as NodeAPI;
    serveStreams(RED, registry);
    serveKiosks(RED, kiosks);
    app.post('/hall/news/state', express.json(), (request: Request, response: Response) => {
      reports.push(request.body as Report);
      response.status(204).end();
    });
    server = app.listen(0, '127.0.0.1');
    await until(() => server.listening);
    page = await browser.newPage({ viewport: { width: 800, height: 450 }, locale: 'zh-CN' });
    complaints = complaintsOf(page);
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/hall/news/kiosk?report&screen=hall`);
  });
  after(async () => {
    await browser?.close();
    kiosks.close('hall/news', 'test');
    server?.closeAllConnections();
    server?.close();
    if (folder) await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    reports = [];
  });

  /** Makes a video of one colour and so many seconds, and publishes it. */
  async function publish(...video: Parameters<typeof make>): Promise<void> {
    (await make(...video))();
  }

  /** Makes a video; what is returned publishes it, at once. */
  async function make(
    title: string,
    seconds: number,
    { priority = 0, idle = false, slides = [] as Slide[], isGone = false } = {},
  ): Promise<() => void> {
    published += 1;
    const artifact = path.join(folder, `${published}`.padStart(8, '0').padEnd(64, '0'));
    await mkdir(artifact);
    const file = path.join(artifact, 'source.mp4');
    const picture = ['-f', 'lavfi', '-i', `color=c=${title}:s=64x64:r=10`];
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=300'];
    const encoding = ['-t', `${seconds}`, '-pix_fmt', 'yuv420p', '-movflags', '+faststart'];
    await run('ffmpeg', ['-v', 'error', ...picture, ...sound, ...encoding, file]);
    for (const [name, content] of Object.entries({
      'master.m3u8': '#EXTM3U',
      'poster.jpg': '',
      'stream.json': JSON.stringify({ title }),
    })) {
      await writeFile(path.join(artifact, name), content);
    }
    const hls = {
      kind: 'hls' as const,
      folder: artifact,
      playlist: path.join(artifact, 'master.m3u8'),
      poster: path.join(artifact, 'poster.jpg'),
      duration: seconds,
      renditions: [],
      segments: 1,
    };
    const publication = await publicationOf(hls, file, 'hall/news', slides);
    return () => {
      if (!isGone) registry.add(publication, 'test');
      channel.publish(publication, priority, idle);
    };
  }

  const told = (): string[] => reports.map(({ state, title }) => (title ? title : state));

  async function untilTold(expected: string[]): Promise<void> {
    await until(
      () => told().at(-1) === expected.at(-1) && told().length >= expected.length,
      10_000,
    ).catch(() => undefined);
    // How many wait is told too: what was told twice is the same video.
    const changes = told().filter((each, index, all) => each !== all[index - 1]);
    assert.deepEqual(changes, expected);
  }

  it('waits, then shows the idle portrait in a loop', async () => {
    await page.waitForSelector('#notice:visible');
    assert.equal(await page.textContent('#notice'), '正在等待第一条播报。');
    await publish('gray', 1, { idle: true });
    await page.waitForFunction(() => {
      const idle = document.querySelector<HTMLVideoElement>('#idle')!;
      return idle.loop && !idle.paused && idle.muted && idle.currentTime > 0.3;
    });
    assert.equal(await page.isVisible('#notice'), false);
  });

  it('plays what is announced in order, with the next one loaded before it is needed', async () => {
    await publish('red', 1.5);
    await publish('blue', 1);
    await untilTold(['red', 'blue', 'idle']);
    assert.ok(reports.every(({ screen }) => screen === 'hall'));
    assert.match(reports[0].video, /^\/hall\/news\/[0-9a-f]{16}\/video\.mp4$/);
    assert.equal(await page.locator('.take.front').count(), 0);
  });

  it('interrupts for a higher priority, and goes on where it was', async () => {
    const interrupted = await make('green', 3);
    const urgent = await make('white', 1, { priority: 5 });
    interrupted();
    await until(() => told().includes('green'));
    await page.waitForFunction(() => {
      const front = document.querySelector<HTMLVideoElement>('.take.front');
      return front !== null && front.currentTime > 1.4;
    });
    urgent();
    await until(
      () => told().filter((each) => each === 'green').length === 2 || told().includes('idle'),
    );
    const time = await page.evaluate(
      () => document.querySelector<HTMLVideoElement>('.take.front')!.currentTime,
    );
    assert.ok(time > 0.3 && time < 2.5, `${time}`);
    await untilTold(['green', 'white', 'green', 'idle']);
  });

  it('shows slides behind the speaker, each from its time on', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"/>';
    const slides = await Promise.all(
      [0, 0.8].map(async (start, index) => {
        const file = path.join(folder, `${index}.svg`);
        await writeFile(file, svg);
        return { name: `slide-${index + 1}.svg`, file, start };
      }),
    );
    await publish('purple', 1.6, { slides });
    const shown = (name: string): Promise<unknown> =>
      page.waitForFunction((part) => {
        const image = document.querySelector<HTMLImageElement>('#slide')!;
        return !image.hidden && image.src.endsWith(part) && image.naturalWidth > 0;
      }, name);
    await shown('slide-1.svg');
    const inset = (await page.locator('#speaker').boundingBox())!;
    assert.ok(inset.width < 200 && inset.x > 400 && inset.y > 200, JSON.stringify(inset));
    await shown('slide-2.svg');
    await untilTold(['purple', 'idle']);
    assert.equal(await page.isVisible('#slide'), false);
  });

  it('stops, and forgets what waits, when it is told to', async () => {
    await publish('yellow', 20);
    await publish('orange', 1);
    await until(() => told().includes('yellow'));
    channel.clear();
    await untilTold(['yellow', 'idle']);
    assert.equal(reports.at(-1)!.queued, 0);
  });

  it('comes back after a deploy, and misses nothing', async () => {
    kiosks.close('hall/news', 'test');
    channel = kiosks.open('hall/news', 'test');
    await publish('cyan', 1);
    await untilTold(['cyan', 'idle']);
  });

  it('goes on without a video that is gone', async () => {
    await publish('pink', 1, { isGone: true });
    await publish('brown', 1);
    await until(() => told().includes('brown') && told().at(-1) === 'idle', 10_000);
    assert.ok(!told().includes('pink'));
    assert.match(complaints.splice(0).join(), /404/);
  });

  it('can be used by everyone: axe-core finds nothing serious', async () => {
    const { findings: found, checked } = await findings(page, { include: ['html'] });
    assert.deepEqual(found, []);
    assert.ok(checked > 5, `${checked} rules`);
  });

  it('has nothing on the console', () => {
    assert.deepEqual(complaints, []);
  });
});
