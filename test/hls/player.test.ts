import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { PLAYER_FILES } from '../../nodes/hls-export/serve';
import { run as runHlsExport } from '../../src/hls/run';
import { resolveParameters } from '../../src/contract';
import { run as runStitch } from '../../src/stitch/run';
import { Bench, stitchParameters } from '../support/numbered';
import { hlsExport } from '../../src/hls/stage';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4s': 'video/mp4',
  '.mp4': 'video/mp4',
  '.vtt': 'text/vtt',
  '.jpg': 'image/jpeg',
};
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "media-src 'self' blob: data:; connect-src 'self'; worker-src blob:";

/** Serves the page as a node does: `watch`, its files, and the stream beside them. */
function serve(folder: string): Server {
  return createServer((request, response) => {
    const name = new URL(request.url ?? '', 'http://localhost').pathname.replace('/a/b/', '');
    const file = PLAYER_FILES.get(name) ?? path.join(folder, name);
    readFile(file).then(
      (body) => {
        const type = TYPES[path.extname(file)] ?? 'application/octet-stream';
        response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': POLICY });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
}

describe('the player page in chromium', function () {
  this.timeout(90_000);
  let bench: Bench;
  let server: Server;
  let browser: Browser;
  let folder: string;
  let root: string;

  before(async function () {
    const executablePath = process.env['LIPWIRE_CHROMIUM'] ?? CHROMIUM.find(existsSync);
    if (!executablePath) {
      if (this.test) this.test.title += ' (skipped: chromium is not installed)';
      this.skip();
    }
    bench = await Bench.open();
    const clips = [];
    for (const text of ['The first sentence.', 'The second <sentence>.']) {
      clips.push(await bench.clip({ text, frames: 40, width: 160, height: 90, level: 0.1 }));
    }
    const video = await runStitch({ clips }, stitchParameters(), await bench.context());
    const context = await bench.context();
    const stream = await runHlsExport(video, resolveParameters(hlsExport.parameters, []), context);
    folder = stream.folder;
    server = serve(folder).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    root = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a/b`;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });

  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
    await bench?.close();
  });

  /** A page, and everything that it or the browser writes into the console. */
  async function visit(
    address: string,
    locale = 'en-GB',
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ locale });
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${root}/${address}`);
    return { page, complaints };
  }

  const time = (page: Page): Promise<number> =>
    page.evaluate(() => document.querySelector('video')?.currentTime ?? -1);
  const until = (page: Page, seconds: number): Promise<unknown> =>
    page.waitForFunction((at) => (document.querySelector('video')?.currentTime ?? 0) > at, seconds);

  it('plays from the beginning to the end, with nothing in the console', async () => {
    const { page, complaints } = await visit('watch');
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
    assert.equal(await time(page), 0);
    await page.evaluate(() => document.querySelector('video')?.play());
    await until(page, 1);
    await page.waitForFunction(() => document.querySelector('video')?.ended);
    const duration = await page.evaluate(() => document.querySelector('video')?.duration ?? 0);
    assert.ok(Math.abs(duration - 3) < 0.1, `${duration}`);
    assert.equal(await page.title(), 'The first sentence.');
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('shows captions when they are switched on', async () => {
    const { page, complaints } = await visit('watch');
    await page.click('#captions');
    await page.waitForFunction(() =>
      [...(document.querySelector('video')?.textTracks ?? [])].some(
        ({ mode, cues }) => mode === 'showing' && (cues?.length ?? 0) === 2,
      ),
    );
    const texts = await page.evaluate(() =>
      [...(document.querySelector('video')?.textTracks[0]?.cues ?? [])].map(
        (cue) => (cue as VTTCue).text,
      ),
    );
    assert.deepEqual(texts, ['The first sentence.', 'The second &lt;sentence&gt;.']);
    assert.equal(await page.getAttribute('#captions', 'aria-pressed'), 'true');
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('is muted, without controls and in a loop as a kiosk, and has sound after a touch', async () => {
    const { page, complaints } = await visit('watch?kiosk');
    await until(page, 0.3);
    const state = await page.evaluate(() => {
      const video = document.querySelector('video');
      const box = video?.getBoundingClientRect();
      return {
        ...{ muted: video?.muted, loop: video?.loop, controls: video?.controls },
        fills: box?.width === innerWidth && box?.height === innerHeight,
      };
    });
    assert.deepEqual(state, { muted: true, loop: true, controls: false, fills: true });
    await page.evaluate(() => {
      const video = document.querySelector('video') as HTMLVideoElement;
      video.currentTime = video.duration - 0.3;
    });
    await page.waitForFunction(() => {
      const video = document.querySelector('video') as HTMLVideoElement;
      return !video.seeking && video.currentTime < 2 && video.currentTime > 0.1;
    });
    await page.mouse.click(50, 50);
    await page.waitForFunction(() => document.querySelector('video')?.muted === false);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('says in words that a stream is gone, and plays it when it is back', async () => {
    const playlist = path.join(folder, 'master.m3u8');
    await rename(playlist, `${playlist}.away`);
    const { page } = await visit('watch');
    await page.waitForSelector('#problem:not([hidden])');
    assert.equal(await page.textContent('#problem-text'), 'This video is no longer there.');
    await rename(`${playlist}.away`, playlist);
    await page.click('#retry');
    await page.waitForFunction(() => (document.querySelector('video')?.readyState ?? 0) >= 2);
    assert.equal(await page.isHidden('#problem'), true);
    await page.close();
  });

  for (const [address, locale, language, captions] of [
    ['watch', 'ja-JP', 'ja', '字幕'],
    ['watch?lang=fr', 'de-DE', 'fr', 'Sous-titres'],
    ['watch', 'pt-BR', 'en', 'Captions'],
  ] as const) {
    it(`speaks ${language} as ${address} in a browser that is set to ${locale}`, async () => {
      const { page, complaints } = await visit(address, locale);
      await page.waitForSelector('#captions:not([hidden])');
      assert.equal(await page.getAttribute('html', 'lang'), language);
      assert.equal(await page.textContent('#captions'), captions);
      assert.deepEqual(complaints, []);
      await page.close();
    });
  }

  it('offers the MP4 where there is one, and takes any title for text', async () => {
    const facts = { title: '<b>"quoted"</b> عربي 🎬', video: 'video.mp4' };
    const file = path.join(folder, 'stream.json');
    const before = await readFile(file);
    await writeFile(file, JSON.stringify(facts));
    const { page, complaints } = await visit('watch');
    await page.waitForSelector('#download:not([hidden])');
    assert.equal(await page.getAttribute('#download', 'href'), 'video.mp4');
    assert.equal(await page.textContent('#title'), facts.title);
    assert.deepEqual(complaints, []);
    await page.close();
    await writeFile(file, before);
  });
});
