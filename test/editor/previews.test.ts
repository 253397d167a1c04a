import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import sharp from 'sharp';
import type { SpeechPayload, VideoPayload } from '../../src/contract';
import { findings } from '../support/accessibility';
import { needBrowser } from '../support/browser';
import { EditorPage } from '../support/editor';
import { httpFlow } from '../support/flows';
import { NodeRed, PROJECT } from '../support/node-red';
import { dress, type Theme } from '../support/themes';

const STAGES = ['tts', 'loudnorm', 'face-detect', 'wav2lip', 'stitch', 'hls-export'] as const;
/** In the flow, each stage's node has its place in the row as its id. */
const id = (stage: (typeof STAGES)[number]): string => `previewed-${STAGES.indexOf(stage)}`;

/** What `/lipwire-preview/nodes/…` answers. */
interface Facts {
  duration: number;
  loudness: NonNullable<SpeechPayload['loudness']>;
  series: Record<'before' | 'after', { momentary: (number | null)[] }>;
  stillTime: number;
  openness: { time: number; open: number | null }[];
  crossFade: number;
  segments: { start: number; end: number; chapter: { start: number; end: number } }[];
  watchUrl: string;
}

describe('The previews of the dialogs in chromium', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let editor: EditorPage;

  before(async function () {
    browser = await needBrowser(this);
    nodeRed = await NodeRed.start();
    const settings: Partial<Record<string, object>> = {
      tts: { rate: 300, lead: 0.05, pause: 0.05 },
      wav2lip: { fps: 10 },
      stitch: { quality: 'draft', transition: 'wipeleft', transitionLength: 0.4 },
      'hls-export': { path: 'previewed', renditions: '240' },
    };
    const chain = STAGES.map((stage) => ({ type: `lipwire-${stage}`, ...settings[stage] }));
    const stitched = { ...settings['stitch'], type: 'lipwire-stitch' };
    await nodeRed.deploy([...httpFlow('previewed', chain), ...httpFlow('stitched', [stitched])]);
    editor = await EditorPage.open(browser, nodeRed);
    editor.page.setDefaultTimeout(60_000);
  });
  afterEach(() => editor.tidy());
  after(async () => {
    assert.deepEqual(editor?.ours ?? [], []);
    await browser?.close();
    await nodeRed?.stop();
  });

  const facts = (stage: (typeof STAGES)[number]): Promise<Facts> =>
    nodeRed.json<Facts>(`/lipwire-preview/nodes/${id(stage)}`);
  const preview = async (stage: (typeof STAGES)[number]): Promise<Locator> =>
    (await editor.edit(id(stage))).locator('.lipwire-preview');

  describe('before anything ran', () => {
    for (const stage of ['loudnorm', 'wav2lip', 'stitch', 'hls-export'] as const) {
      it(`say what ${stage} will show, in one sentence`, async () => {
        const place = await preview(stage);
        await place.getByText(/^After the first job, [^.]+\.$/).waitFor();
        assert.equal(await place.getByRole('img').count(), 0);
      });
    }
  });

  describe('of a portrait', () => {
    /** The numbers that the dialog got last. */
    async function answered(change: () => Promise<unknown>): Promise<Answer> {
      const response = editor.page.waitForResponse(/lipwire-preview\/portrait$/);
      await change();
      return (await (await response).json()) as Answer;
    }
    interface Answer {
      faces: { box: number[] }[];
      selected: number;
      landmarks: number[][];
      source: { width: number; height: number };
      error?: { code: string; message: string };
    }

    /** The boxes of an overlay as they stand on the screen, in pixels of the portrait. */
    function boxesIn(place: Locator, { width }: { width: number }): Promise<number[][]> {
      return place.locator('.lipwire-portrait').evaluate((stage, sourceWidth) => {
        const picture = stage.querySelector('img')!.getBoundingClientRect();
        const scale = sourceWidth / picture.width;
        return [...stage.querySelectorAll<SVGRectElement>('rect.lipwire-face')].map((box) => {
          const { x, y, width: w, height: h } = box.getBBox();
          const { a, d, e, f } = box.getScreenCTM()!;
          const edges = [a * x + e, d * y + f, a * (x + w) + e, d * (y + h) + f];
          return edges.map((edge, i) => (edge - (i % 2 === 0 ? picture.x : picture.y)) * scale);
        });
      }, width);
    }

    it('draw the box and the landmarks of the face where they were found', async () => {
      let place!: Locator;
      const answer = await answered(async () => (place = await preview('face-detect')));
      const picture = place.getByRole('img', { name: /^One face found in 1080 × 1080 pixels\./ });
      await picture.waitFor();
      const [drawn] = await boxesIn(place, answer.source);
      const { box } = answer.faces[0];
      drawn.forEach((side, i) => assert.ok(Math.abs(side - box[i]) < 3, `${String(drawn)}`));
      assert.equal(await place.locator('circle').count(), 468);
      const words = await place.locator('.lipwire-preview-words').innerText();
      assert.ok(words.includes(`${Math.round(box[2] - box[0])} × `), words);
    });

    it('take an upload, and follow selection and padding before they are saved', async () => {
      const form = await editor.edit(id('face-detect'));
      const place = form.locator('.lipwire-preview');
      await place.getByRole('img').waitFor();
      const name = 'Zwei Gesichter!.png';
      const faces = await avatars(300, 400);
      const uploaded = await answered(() =>
        form.locator('input[type=file]').setInputFiles({
          name,
          mimeType: 'image/png',
          buffer: faces,
        }),
      );
      assert.equal(uploaded.faces.length, 2, JSON.stringify(uploaded.error));
      assert.equal(uploaded.selected, 1, 'the largest');
      const file = path.join(nodeRed.home, 'user/lipwire/portraits/zwei-gesichter.png');
      assert.deepEqual([...(await readFile(file)).subarray(1, 4)], [...Buffer.from('PNG')]);
      await place.getByRole('img', { name: /2 faces found .* number 2 is taken/ }).waitFor();
      const taken = place.locator('.lipwire-face.lipwire-face-selected');
      assert.equal(await taken.getAttribute('data-face'), '2');
      assert.deepEqual(await place.locator('.lipwire-face-number').allInnerTexts(), ['1', '2']);

      const numbered = await answered(() =>
        form.locator('#node-input-select-choice').selectOption('number'),
      );
      assert.equal(numbered.selected, 0);
      await place.getByRole('img', { name: /number 1 is taken/ }).waitFor();
      assert.equal(await taken.getAttribute('data-face'), '1');

      const padded = await answered(() => form.locator('#node-input-padding-value').fill('0.2'));
      const [before, after] = [numbered.faces[0].box, padded.faces[0].box];
      assert.ok(after[2] - after[0] > 1.3 * (before[2] - before[0]), String([before, after]));

      const missing = await answered(() => form.locator('#node-input-faceNumber-value').fill('9'));
      await place.getByText(missing.error!.message).waitFor();
      assert.equal(await place.getByRole('img').count(), 0, 'a sentence in place of the picture');
    });

    it('replace nothing without asking', async () => {
      const form = await editor.edit(id('face-detect'));
      const file = path.join(nodeRed.home, 'user/lipwire/portraits/zwei-gesichter.png');
      const earlier = await readFile(file);
      const other = await avatars(300);
      const upload = { name: 'zwei gesichter.png', mimeType: 'image/png', buffer: other };
      await form.locator('input[type=file]').setInputFiles(upload);
      const question = editor.page.locator('.red-ui-notification', { hasText: 'already a file' });
      await question.waitFor();
      assert.deepEqual(await readFile(file), earlier);
      await question.getByRole('button', { name: 'Replace', exact: true }).click();
      await form.getByRole('img', { name: /^One face found/ }).waitFor();
      assert.deepEqual(await readFile(file), other);
    });
  });

  describe('of transitions', () => {
    it('show what a transition does, and let one be chosen by its picture', async () => {
      const form = await editor.edit('stitched-0');
      const moving = form.getByRole('img', { name: 'What the transition does: wipe left' });
      const canvas = moving.locator('canvas').first();
      const look = (): Promise<string> =>
        canvas.evaluate((each) => (each as HTMLCanvasElement).toDataURL());
      const first = await look();
      while ((await look()) === first) await editor.page.waitForTimeout(50);
      await form.getByText('All transitions as pictures').click();
      await form.getByRole('button', { name: 'circle open' }).click();
      assert.equal(await form.locator('#node-input-transition').inputValue(), 'circleopen');
      await form.getByRole('img', { name: 'What the transition does: circle open' }).waitFor();
      await editor.page.emulateMedia({ reducedMotion: 'reduce' });
      await form.locator('#node-input-transition-choice').selectOption('fade');
      assert.equal(await form.locator('.lipwire-transition-picture canvas:visible').count(), 3);
    });
  });

  describe('of the last job', () => {
    before(async () => {
      const response = await fetch(`${nodeRed.url}/previewed`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: { payload: 'Papa saw a wonderful ocean.' } }),
      });
      assert.equal(response.status, 200, await response.text());
    });

    it('show the loudness over time that was measured, before and after, with the target', async () => {
      const { loudness, series, duration } = await facts('loudnorm');
      const place = await preview('loudnorm');
      const number = (value: number): string => value.toFixed(1).replace('-', '−');
      const picture = place.getByRole('img', {
        name: `${number(loudness.before.integrated!)} LUFS before, ${number(loudness.integrated!)} LUFS after, target ${number(loudness.target)} LUFS`,
      });
      await picture.waitFor();
      const cells = await place.locator('tbody td').allInnerTexts();
      assert.equal(cells[4], `${number(loudness.truePeak!)} dBTP`);
      // The curve's points lie where axis and values say; the target line gives the scale.
      const drawn = await picture.evaluate((svg) => {
        const labels = [...svg.querySelectorAll('text')];
        const [zero, ten] = ['0', '−10'].map((text) => {
          const label = labels.find((each) => each.textContent === text)!;
          return Number(label.getAttribute('y')) - 4;
        });
        const path = svg.querySelector('.lipwire-loudness-after')!.getAttribute('d')!;
        const points = path
          .match(/[ML][^ML]+/g)!
          .map((each) => each.slice(1).split(/[ h]/).map(Number));
        return { zero: zero, ten: ten, points };
      });
      const lufs = drawn.points.map(([, y]) => (-10 * (y - drawn.zero)) / (drawn.ten - drawn.zero));
      const measured = series.after.momentary.filter((each) => each !== null);
      assert.equal(lufs.length, measured.length);
      lufs.forEach((each, i) => assert.ok(Math.abs(each - measured[i]) < 0.1, `${each}`));
      assert.ok(Math.abs(series.after.momentary.length - (duration - 0.4) * 10) <= 2);
    });

    it('show how far the mouth opens over the waveform, and a still in the loudest word', async () => {
      const place = await preview('wav2lip');
      const still = place.locator('.lipwire-clip img');
      await still.waitFor();
      const { openness, stillTime, duration } = await facts('wav2lip');
      assert.match(
        (await still.getAttribute('alt'))!,
        /^In the loudest word, “\w+”, at \d\.\d\ss$/u,
      );
      assert.ok(stillTime > 0 && stillTime < duration);
      const most = Math.max(...openness.map(({ open }) => open ?? 0));
      assert.ok(most > 0.1, `the mouth opens by ${most}`);
      const name = `by ${Math.round(100 * most)} % at most`;
      await place.getByRole('img', { name }).waitFor();
      const size = await still.evaluate((image) => (image as HTMLImageElement).naturalWidth);
      assert.ok(size > 300, `${size} pixels`);
    });

    it('show a stream in its player', async () => {
      const place = await preview('hls-export');
      const frame = place.frameLocator('iframe');
      await frame.locator('video').waitFor();
      const seconds = await frame.locator('video').evaluate(async (video) => {
        while (!((video as HTMLVideoElement).duration > 0)) {
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return (video as HTMLVideoElement).duration;
      });
      const { duration } = await facts('hls-export');
      assert.ok(Math.abs(seconds - duration) < 0.2, `${seconds} of ${duration} s`);
    });

    it('show the player as bright as the editor, whatever the system prefers', async () => {
      const isDarkIn = async (theme: Theme): Promise<boolean> => {
        await editor.tidy();
        await dress(editor.page, theme);
        const player = (await preview('hls-export')).frameLocator('iframe').locator('body');
        return player.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
      };
      assert.deepEqual([await isDarkIn('dark'), await isDarkIn('light')], [true, false]);
    });

    it('show segments and cross-fades of a video to scale', async () => {
      const clip = await clipOf(nodeRed);
      const clips = ['One.', 'Two, <b>bold</b>.', 'Three.'].map((text) => ({ ...clip, text }));
      const response = await fetch(`${nodeRed.url}/stitched`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: { payload: clips } }),
      });
      const video = ((await response.json()) as { payload: VideoPayload }).payload;
      assert.equal(response.status, 200, JSON.stringify(video));
      const place = (await editor.edit('stitched-0')).locator('.lipwire-preview');
      const name = `Timeline of 3 segments over ${video.duration.toFixed(1)} s`;
      const timeline = place.getByRole('img', { name });
      const { width } = (await timeline.boundingBox())!;
      const bars = await timeline
        .locator('.lipwire-segment')
        .evaluateAll((all) =>
          all.map((each) => [(each as HTMLElement).offsetLeft, (each as HTMLElement).offsetWidth]),
        );
      const perSecond = width / video.duration;
      const crossFade = video.report!.crossFadeFrames / video.fps;
      assert.ok(crossFade > 0.2);
      bars.forEach(([left, wide], i) => {
        assert.ok(Math.abs(wide - clip.duration * perSecond) < 3, `${wide}`);
        assert.ok(Math.abs(left - i * (clip.duration - crossFade) * perSecond) < 3, `${left}`);
      });
      const chapters = await timeline
        .locator('.lipwire-chapter')
        .evaluateAll((all) => all.map((each) => Number((each as HTMLElement).dataset['start'])));
      assert.deepEqual(
        chapters,
        video.chapters.map(({ start }) => start),
      );
      assert.equal(await timeline.locator('b').count(), 0);
      assert.equal(await place.locator('li').count(), 3);
    });

    it('have no serious finding of axe-core, nor colours that fail in a dark theme', async () => {
      for (const stage of STAGES.filter((each) => each !== 'tts')) {
        const place = await preview(stage);
        await place.locator('.lipwire-preview-picture > *').first().waitFor();
        if (stage === 'stitch') await editor.page.getByText('All transitions').click();
        const include = ['.lipwire-preview', '.lipwire-transition', '#lipwire-face-detect-upload'];
        const there = [];
        for (const each of include) if (await editor.page.locator(each).count()) there.push(each);
        const scope = { include: there, exclude: ['.lipwire-preview iframe'] };
        const light = await findings(editor.page, scope);
        assert.deepEqual(light.findings, [], stage);
        assert.ok(light.checked > 3);
        await dress(editor.page, 'dark');
        const dark = await findings(editor.page, { ...scope, rules: ['color-contrast'] });
        assert.deepEqual(dark.findings, [], `${stage}, dark`);
        await dress(editor.page, 'light');
        await editor.tidy();
      }
    });
  });
});

/** A picture of avatars beside one another, in those sizes. */
async function avatars(...sizes: number[]): Promise<Buffer> {
  const avatar = path.join(PROJECT, 'assets/avatar/avatar.png');
  const width = sizes.reduce((sum, size) => sum + size, 0);
  const composed = await Promise.all(
    sizes.map(async (size, i) => ({
      input: await sharp(avatar).resize(size, size).toBuffer(),
      top: 0,
      left: sizes.slice(0, i).reduce((sum, each) => sum + each, 0),
    })),
  );
  const background = { r: 200, g: 200, b: 200 };
  const canvas = sharp({ create: { width, height: Math.max(...sizes), channels: 3, background } });
  return canvas.composite(composed).png().toBuffer();
}

/** A clip of the flow that ran, from the workspace. */
async function clipOf(nodeRed: NodeRed): Promise<{ duration: number } & Record<string, unknown>> {
  const [workspace] = await readdir(nodeRed.temporary);
  const artifacts = path.join(nodeRed.temporary, workspace, 'artifacts');
  for (const name of await readdir(artifacts)) {
    const record = JSON.parse(
      await readFile(path.join(artifacts, name, 'artifact.json'), 'utf8'),
    ) as { stage: string; output: { duration: number } & Record<string, unknown> };
    if (record.stage !== 'wav2lip') continue;
    const file = path.join(artifacts, name, 'clip.mp4');
    // Without what else lies in the workspace: a clip as somebody else would bring it.
    return { ...record.output, file, master: undefined, backdrop: undefined };
  }
  throw new Error(`no clip in ${artifacts} of ${PROJECT}`);
}
