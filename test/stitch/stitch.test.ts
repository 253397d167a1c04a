import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Writable } from 'node:stream';
import { measureLoudness } from '../../src/av/loudness/measure';
import {
  crossFadeFrames,
  framesForDuration,
  frameRate,
  isCancelled,
  stitchedFrames,
  type ClipPayload,
  type VideoPayload,
} from '../../src/contract';
import { run as runStitch } from '../../src/stitch/run';
import { encodePicture } from '../../src/stitch/picture';
import { planStitch, type SourceClip } from '../../src/stitch/plan';
import {
  Bench,
  decodeFrames,
  decodeSound,
  HEIGHT,
  readNumbers,
  soundSamples,
  stitchParameters,
  WIDTH,
} from '../support/numbered';
import { TRANSITIONS } from '../../src/stitch/stage';
import type { StageParameters } from '../../src/stages';

describe('stitch', function () {
  this.timeout(120_000);
  let bench: Bench;
  before(async () => {
    bench = await Bench.open();
  });
  after(() => bench.close());

  async function run(
    clips: ClipPayload[],
    changes: Partial<StageParameters<'stitch'>> = {},
  ): Promise<VideoPayload> {
    return runStitch({ clips }, stitchParameters(changes), await bench.context());
  }

  /** That frames, sound and facts agree, to the frame and to the sample. */
  async function checkLengths(video: VideoPayload): Promise<void> {
    const { streams } = await bench.ffmpeg.probe(video.file);
    const picture = streams.find(({ type }) => type === 'video');
    const sound = streams.find(({ type }) => type === 'audio');
    assert.equal(picture?.frames, video.frames);
    assert.ok(Math.abs((sound?.duration ?? 0) - video.duration) < 1025 / 48000);
    assert.ok(Math.abs(video.duration - video.frames / video.fps) < 1e-9);
    assert.equal(video.chapters.at(-1)?.end, video.duration);
    assert.equal(sound?.channels, 2);
    assert.equal(sound?.sampleRate, 48000);
  }

  it('keeps every frame of every clip in order when it cuts', async () => {
    const clips = [
      await bench.clip({ number: 1, frames: 7 }),
      await bench.clip({ number: 2, frames: 5 }),
    ];
    const video = await run([...clips, ...clips], { transition: 'cut' });
    const expected = [1, 2, 1, 2].flatMap((clip) =>
      Array.from({ length: clip === 1 ? 7 : 5 }, (_, frame) => [clip, frame]),
    );
    assert.deepEqual(await readNumbers(bench.ffmpeg, video.file), expected);
    await checkLengths(video);
  });

  it('fades only under the cross-fade, and shows every other frame as it was', async () => {
    const clips = [1, 2, 3].map((number) => bench.clip({ number, frames: 20 }));
    const video = await run(await Promise.all(clips), { transitionLength: 0.2 });
    assert.equal(video.report?.crossFadeFrames, 5);
    assert.equal(video.frames, 50);
    const numbers = await readNumbers(bench.ffmpeg, video.file);
    // The first frame of a fade still is the clip before; the last of its frames are mixed.
    for (const [clip, first, last, at] of [
      [1, 0, 15, 0],
      [2, 5, 15, 20],
      [3, 5, 19, 35],
    ] as const) {
      for (let frame = first; frame <= last; frame++) {
        assert.deepEqual(numbers[at + frame - first], [clip, frame]);
      }
    }
    await checkLengths(video);
  });

  const RATES = [23.976, 24, 25, 29.97, 30, 50, 60];
  for (const [index, fps] of RATES.entries()) {
    it(`gives exactly Σ frames − (n − 1)·x at ${fps} fps from clips of mixed rates`, async () => {
      const others = [RATES[(index + 2) % 7], RATES[(index + 5) % 7], fps] as number[];
      const clips = [];
      for (const [n, rate] of others.entries()) {
        clips.push(
          await bench.clip({
            fps: rate,
            frames: 13 + 7 * n + index,
            sampleRate: [8000, 44100, 48000][n],
          }),
        );
      }
      const video = await run(clips, { fps, transitionLength: 0.11 });
      const rate = frameRate(fps);
      const counts = clips.map((clip) =>
        Math.abs(clip.fps - fps) < 0.001
          ? clip.frames
          : framesForDuration(clip.frames / clip.fps, rate),
      );
      const fade = crossFadeFrames(0.11, rate);
      assert.equal(video.report?.crossFadeFrames, fade);
      assert.equal(video.frames, stitchedFrames(counts, fade));
      await checkLengths(video);
      const decoded = await decodeFrames(bench.ffmpeg, video.file);
      assert.equal(decoded.length, video.frames);
    });
  }

  it('joins a hundred clips without losing or doubling a frame', async () => {
    const [a, b] = [
      await bench.clip({ number: 5, frames: 9 }),
      await bench.clip({ number: 6, frames: 12 }),
    ];
    const clips = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? a : b));
    const context = await bench.context();
    const video = await runStitch({ clips }, stitchParameters({ transitionLength: 0.08 }), context);
    assert.equal(video.frames, 50 * 21 - 99 * 2);
    const numbers = await readNumbers(bench.ffmpeg, video.file);
    let at = 0;
    for (const [index, clip] of clips.entries()) {
      // Two frames at each border are mixed; all others must be there.
      for (let frame = index === 0 ? 0 : 2; frame < clip.frames - 2; frame++) {
        const expected = [index % 2 === 0 ? 5 : 6, frame];
        assert.deepEqual(numbers[at + frame], expected, `clip ${index}, frame ${frame}`);
      }
      at += clip.frames - 2;
    }
    assert.equal(video.chapters.length, 100);
    await checkLengths(video);
    assert.deepEqual(await readdir(context.folder), ['video.mp4']);
    const dones = context.seen.map((update) => (update.type === 'running' ? update.done : -1));
    assert.deepEqual(
      dones,
      [...dones].sort((x, y) => x - y),
      'progress never falls',
    );
    assert.equal(dones.at(-1), video.frames);
  });

  describe('of clips of which only a part moves', () => {
    /** Pixels of all frames right of the numbers, as [lowest, highest] luma. */
    async function besides(video: VideoPayload): Promise<[number, number]> {
      const target = path.join(await bench.subfolder(), 'beside.gray');
      const filters = `crop=${video.width - WIDTH}:${video.height}:${WIDTH}:0,format=gray`;
      const options = ['-map', '0:v', '-vf', filters, '-f', 'rawvideo'];
      await bench.ffmpeg.run({ inputs: [{ source: video.file }], outputs: [{ target, options }] });
      const pixels = (await readFile(target)).sort();
      return [pixels[0], pixels.at(-1)!];
    }
    const size = { width: 128, height: HEIGHT, frames: 20 };
    const CORNER = `crop=${WIDTH}:${HEIGHT}:0:0`;

    it('shows what whole frames would, also where they cross-fade', async () => {
      const parts = [];
      for (const number of [1, 2, 3]) {
        parts.push(await bench.clip({ ...size, number, backdrop: 100 }));
      }
      for (const transition of ['fade', 'wiperight']) {
        const video = await run(parts, { transition, transitionLength: 0.2 });
        assert.deepEqual([video.width, video.frames], [128, 50]);
        await checkLengths(video);
        const [low, high] = await besides(video);
        assert.ok(low >= 97 && high <= 103, `${transition}: ${low} to ${high}`);
        const numbers = (await readNumbers(bench.ffmpeg, video.file, CORNER)).map(
          ([clip, frame]) => `${clip}:${frame}`,
        );
        for (const [clip, from, to, at] of [
          [1, 0, 15, 0],
          [2, 5, 15, 20],
          [3, 5, 19, 35],
        ] as const) {
          for (let frame = from; frame <= to; frame++) {
            assert.equal(numbers[at + frame - from], `${clip}:${frame}`, transition);
          }
        }
      }
    });

    it('keeps backdrops apart that differ, and mixes with clips of whole frames', async () => {
      const clips = [
        await bench.clip({ ...size, number: 1, backdrop: 60 }),
        await bench.clip({ ...size, number: 2, backdrop: 180 }),
        await bench.clip({ ...size, number: 3 }),
      ];
      const video = await run(clips, { transition: 'cut' });
      const corners = await readNumbers(bench.ffmpeg, video.file, CORNER);
      assert.deepEqual(corners[19], [1, 19]);
      assert.deepEqual(corners[20], [2, 0]);
      assert.deepEqual(corners[39], [2, 19]);
      assert.equal(corners.length, 60);
      const [low, high] = await besides(video);
      // 60, 180 and the 16 of numbered frames, in limited range.
      assert.ok(low < 35 && high > 165, `${low} to ${high}`);
    });

    it('resizes them whole', async () => {
      const clip = await bench.clip({ ...size, number: 7, backdrop: 100 });
      const changes = { width: 64, height: 24, transition: 'cut', fps: 50 } as const;
      const video = await run([clip, clip], changes);
      assert.deepEqual([video.width, video.height, video.frames], [64, 24, 80]);
      await checkLengths(video);
    });

    it('refuses a backdrop that does not fit its clip', async () => {
      const clip = await bench.clip({ ...size, backdrop: 100 });
      const other = await bench.clip({ frames: 2, backdrop: 100 });
      const { backdrop } = clip as { backdrop: NonNullable<ClipPayload['backdrop']> };
      const cases: [Partial<typeof backdrop>, string, RegExp][] = [
        [
          { x: 66 },
          'E_INPUT',
          /a part of its 128×48 pixels for the backdrop of clip 1 .* at 66, 0/,
        ],
        [{ width: 0 }, 'E_INPUT', /a part of/],
        [{ file: other.backdrop!.file }, 'E_INPUT', /one yuv420p picture of 128×48 pixels/],
        [{ file: clip.file }, 'E_INPUT', /a file called backdrop\.yuv .* ".*clip\.mp4"/],
        [{ file: `${bench.folder}/backdrop.yuv` }, 'E_PATH', /readable file/],
      ];
      for (const [change, code, message] of cases) {
        const wrong = { ...clip, backdrop: { ...backdrop, ...change } };
        await assert.rejects(run([wrong]), { code, message });
      }
    });

    it('refuses a moving part that lost its backdrop on the way', async () => {
      const lost = { ...(await bench.clip({ ...size, backdrop: 100 })), backdrop: undefined };
      await assert.rejects(run([lost]), { code: 'E_INPUT', message: /master of clip 1 .* keep/ });
    });
  });

  it('has a key frame every two seconds, also where clips and sections meet', async () => {
    const clip = await bench.clip({ frames: 23 });
    const video = await run(Array.from({ length: 20 }, () => clip));
    let listing = '';
    const target = new Writable({
      write(chunk: Buffer, _encoding, done): void {
        listing += chunk.toString();
        done();
      },
    });
    const options = ['-map', '0:v', '-c', 'copy', '-f', 'framecrc'];
    await bench.ffmpeg.run({ inputs: [{ source: video.file }], outputs: [{ target, options }] });
    const packets = listing.split('\n').filter((line) => /^0,/.test(line));
    const keys = packets.flatMap((line, index) => (line.includes('F=') ? [] : [index]));
    assert.deepEqual(
      keys,
      Array.from({ length: Math.ceil(video.frames / 50) }, (_, i) => i * 50),
    );
    const times = packets.map((line) => Number(line.split(',')[2]));
    const steps = new Set(times.slice(1).map((time, index) => time - times[index]));
    assert.equal(steps.size, 1, 'all frames are equally long');
  });

  it('takes every transition', async () => {
    const clips = await Promise.all([1, 2].map((number) => bench.clip({ number, frames: 4 })));
    const sources: SourceClip[] = clips.map((clip) => ({
      ...{ file: clip.master ?? '', width: clip.width, height: clip.height, frames: clip.frames },
      ...{ rate: frameRate(25), hasSound: true, isMaster: true },
    }));
    const size = { width: 0, height: 0, fit: 'contain' as const, rate: undefined };
    const { signal } = new AbortController();
    for (const transition of TRANSITIONS) {
      const plan = planStitch(sources, { ...size, transition, transitionLength: 0.08 });
      const folder = await bench.subfolder();
      const made = { ffmpeg: bench.ffmpeg, plan, folder, signal, onProgress: () => undefined };
      // It counts the frames itself.
      await encodePicture({ ...made, quality: 'draft' });
      assert.equal(plan.frames, transition === 'cut' ? 8 : 6, transition);
    }
  });

  it('shortens a cross-fade that is longer than half of the shortest clip, and says so', async () => {
    const clips = [await bench.clip({ frames: 30 }), await bench.clip({ frames: 7 })];
    const video = await run(clips, { transitionLength: 1 });
    assert.equal(video.report?.crossFadeFrames, 3);
    assert.match(video.report?.notes[0] ?? '', /shortened from 25 to 3 frames/);
    assert.equal(video.frames, 34);
  });

  it('brings clips of different shapes to one size', async () => {
    const clips = [
      await bench.clip({ number: 1, width: 64, height: 48, frames: 4 }),
      await bench.clip({ number: 2, width: 96, height: 32, frames: 4 }),
      await bench.clip({ number: 3, width: 36, height: 80, frames: 4 }),
    ];
    let video: VideoPayload | undefined;
    for (const fit of ['contain', 'cover', 'stretch'] as const) {
      video = await run(clips, { fit, transition: 'cut' });
      assert.deepEqual([video.width, video.height, video.frames], [64, 48, 12]);
      const picture = (await bench.ffmpeg.probe(video.file)).streams[0];
      assert.deepEqual([picture?.width, picture?.height], [64, 48]);
    }
    // The last one is stretched.
    const numbers = await readNumbers(bench.ffmpeg, video!.file);
    assert.deepEqual(
      numbers,
      [1, 2, 3].flatMap((n) => [0, 1, 2, 3].map((frame) => [n, frame])),
    );
  });

  it('leaves bars with contain, and none with cover', async () => {
    const clip = await bench.clip({ number: 255, frames: 2, width: 64, height: 48 });
    const corner = async (fit: 'contain' | 'cover'): Promise<number> => {
      const video = await run([clip], { fit, width: 128, height: 48 });
      const [frame] = await decodeFrames(bench.ffmpeg, video.file);
      return frame?.[24 * 64 + 1] ?? -1;
    };
    // Luma 16 is black; the clip's own background is 30.
    assert.ok((await corner('contain')) < 5);
    assert.ok((await corner('cover')) > 10);
  });

  it('keeps to even sizes within 1080p', async () => {
    const clip = await bench.clip({ frames: 2 });
    const sizes: [Partial<StageParameters<'stitch'>>, number, number][] = [
      [{ width: 101, height: 77 }, 102, 78],
      [{ height: 96 }, 128, 96],
      [{ width: 3840, height: 2160 }, 1920, 1080],
    ];
    for (const [changes, width, height] of sizes) {
      const video = await run([clip], { ...changes, quality: 'draft' });
      assert.deepEqual([video.width, video.height], [width, height]);
    }
  });

  it('takes videos of other programs: silent, odd-sized, of another rate', async () => {
    const file = `${await bench.subfolder()}/foreign.mp4`;
    await bench.ffmpeg.run({
      inputs: [{ source: 'testsrc2=s=62x46:r=15:d=1', options: ['-f', 'lavfi'] }],
      outputs: [{ target: file, options: ['-c:v', 'mpeg4'] }],
    });
    const own = await bench.clip({ frames: 25, number: 4 });
    const foreign = {
      ...own,
      master: undefined,
      file,
      fps: 15,
      frames: 15,
      width: 62,
      height: 46,
      duration: 1,
    };
    const video = await run([own, foreign], { transition: 'cut' });
    assert.equal(video.frames, 50);
    await checkLengths(video);
    const sound = await decodeSound(bench.ffmpeg, video.file);
    const loudest = sound.subarray(54_000, 90_000).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    assert.ok(loudest < 10, 'the silent clip is silent');
    await assert.rejects(run([own, { ...foreign, frames: 99 }]), (error: Error) => {
      assert.match(error.message, /Expected what is in the file \(15\) for the frames of clip 2/);
      return true;
    });
  });

  it('places sound to the sample, mono at the same loudness as stereo', async () => {
    const mono = await bench.clip({ frames: 25, sampleRate: 48000, level: 0.2 });
    const stereo = await bench.clip({ frames: 25, sampleRate: 48000, level: 0.2, channels: 2 });
    const video = await run([mono, stereo, mono], { transition: 'cut' });
    const sound = await decodeSound(bench.ffmpeg, video.file);
    const power = (from: number): number =>
      Math.sqrt(sound.subarray(from, from + 24_000).reduce((sum, s) => sum + s * s, 0) / 24_000);
    assert.ok(Math.abs(20 * Math.log10(power(60_000) / power(12_000)) - 3.01) < 0.1);
    assert.ok(Math.abs(sound.length - soundSamples(75, 25)) < 1100);
  });

  it('fades no speech with the silence that tts leaves and its own defaults', async () => {
    const clip = await bench.clip({ frames: 50, lead: 0.25, trail: 0.35 });
    const video = await run([clip, clip, clip]);
    assert.equal(video.report?.crossFadeFrames, 5);
    assert.equal(video.report?.fadedSpeech, 0);
    assert.deepEqual(video.report?.notes, []);
  });

  it('says how much speech a longer cross-fade covers', async () => {
    const clip = await bench.clip({ frames: 50, lead: 0.25, trail: 0.35 });
    const video = await run([clip, clip, clip], { transitionLength: 0.6 });
    // Each fade covers 0.25 s of the one and 0.35 s of the other clip's speech, not at once.
    assert.ok(
      Math.abs((video.report?.fadedSpeech ?? 0) - 1.2) < 0.05,
      `${video.report?.fadedSpeech}`,
    );
    assert.match(video.report?.notes[0] ?? '', /s of sound lie under cross-fades/);
  });

  it('brings the whole to the loudness that its clips aimed at', async () => {
    const measure = { integrated: -16, range: 1, truePeak: -3 };
    const loudness = { ...measure, target: -16, gain: 0, mode: 'linear' as const, before: measure };
    const clip = { ...(await bench.clip({ frames: 100, level: 0.15 })), loudness };
    const video = await run([clip, clip]);
    assert.ok(
      Math.abs((video.loudness?.integrated ?? 0) + 16) < 0.05,
      `${video.loudness?.integrated}`,
    );
    const found = await measureLoudness(video.file, async () => bench.ffmpeg);
    assert.ok(Math.abs((found.integrated ?? 0) + 16) < 0.3, `${found.integrated}`);
    assert.ok((found.truePeak ?? 0) <= -1);
  });

  it('writes chapters and captions of any text', async () => {
    const texts = [
      `He said "A=B; #1 \\ <i>no</i> & --> done"\n\nNOTE next ${'word '.repeat(40)}`,
      'مرحبا بالعالم، كيف حالك؟',
      '👩‍👩‍👧‍👦'.repeat(70),
      undefined,
    ];
    const clips = [];
    for (const text of texts) clips.push(await bench.clip({ text, frames: 10 }));
    const context = await bench.context();
    const video = await runStitch({ clips }, stitchParameters(), context);
    assert.deepEqual((await readdir(context.folder)).sort(), ['captions.vtt', 'video.mp4']);
    assert.equal(
      video.chapters[0]?.title.startsWith('He said "A=B; #1 \\ <i>no</i> & --> done"'),
      true,
    );
    assert.equal(video.chapters[1]?.title, texts[1]);
    assert.equal(video.chapters[2]?.title, `${'👩‍👩‍👧‍👦'.repeat(59)}…`);
    assert.equal(video.chapters[3]?.title, 'Part 4');
    // Borders lie in the middle of cross-fades of 5 frames.
    assert.deepEqual(
      video.chapters.map(({ end }) => end),
      [0.3, 0.5, 0.7, 1].map((time) => time),
    );
    const inFile = await metadata(video.file);
    for (const { title } of video.chapters) {
      const escaped = title.replace(/[\\=;#\n]/g, '\\$&');
      assert.ok(inFile.includes(`title=${escaped}\n`), `${title} in ${inFile}`);
    }
    const lines = (await readFile(video.captions ?? '', 'utf8')).split('\n');
    assert.equal(lines[0], 'WEBVTT');
    const stamp = /^\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}$/;
    assert.ok(lines.every((line) => !line.includes('-->') || stamp.test(line)));
    assert.ok(lines.includes('He said &quot;') === false);
    assert.ok(lines.some((line) => line.includes('&lt;i&gt;no&lt;/i&gt; &amp;')));
  });

  async function metadata(file: string): Promise<string> {
    const target = `${await bench.subfolder()}/metadata.txt`;
    const options = ['-f', 'ffmetadata'];
    await bench.ffmpeg.run({ inputs: [{ source: file }], outputs: [{ target, options }] });
    return readFile(target, 'utf8');
  }

  it('names the language in the MP4', async () => {
    const clip = { ...(await bench.clip({ frames: 4 })), language: 'ar-EG' };
    const video = await run([clip]);
    assert.equal(video.language, 'ar-EG');
    const bytes = await readFile(video.file);
    // ISO 639-2 packed into 15 bits (ISO/IEC 14496-12, media header).
    const packed = [...'ara'].reduce(
      (code, letter) => (code << 5) | (letter.charCodeAt(0) - 96),
      0,
    );
    assert.ok(bytes.includes(Buffer.from([packed >> 8, packed & 255])));
    assert.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'fast start');
  });

  it('writes the same bytes again', async () => {
    const clips = [await bench.clip({ frames: 12 }), await bench.clip({ frames: 12 })];
    const [first, second] = [await run(clips), await run(clips)];
    assert.deepEqual(await readFile(first.file), await readFile(second.file));
  });

  it('works in a folder with a percent sign, quotes and spaces in its name', async () => {
    const clip = await bench.clip({ frames: 4 });
    const context = await bench.context();
    const folder = path.join(context.folder, `100 %d "it's" ü`);
    await mkdir(folder);
    const video = await runStitch({ clips: [clip, clip] }, stitchParameters(), {
      ...context,
      folder,
    });
    await checkLengths(video);
  });

  it('leaves nothing behind when it is cancelled or a clip is broken', async () => {
    const clip = await bench.clip({ frames: 50 });
    const abort = new AbortController();
    const context = await bench.context(abort.signal);
    const job = runStitch(
      { clips: Array.from({ length: 60 }, () => clip) },
      stitchParameters(),
      context,
    );
    setTimeout(() => abort.abort(), 300);
    await assert.rejects(job, isCancelled);
    assert.deepEqual(await readdir(context.folder), []);
    const other = await bench.context();
    const broken = { ...clip, master: `${bench.folder}/absent.mov` };
    await assert.rejects(runStitch({ clips: [clip, broken] }, stitchParameters(), other), {
      name: 'LipwireError',
    });
    assert.deepEqual(await readdir(other.folder), []);
  });
});
