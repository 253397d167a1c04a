import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { openFfmpeg } from '../../../src/av/ffmpeg/open';
import type { Ffmpeg, FfmpegJob } from '../../../src/av/ffmpeg/types';
import { liveChildren } from '../../../src/av/ffmpeg/run';
import { LipwireError, toLipwireError } from '../../../src/contract';

/** A second of tone as raw samples: 8000 × 16 bit. */
const TONE_BYTES = 16_000;
const RAW = ['-f', 's16le', '-ar', '8000', '-ac', '1'];
const tone = (seconds: number): { source: string; options: string[] } => ({
  source: `sine=frequency=440:sample_rate=8000:duration=${seconds}`,
  options: ['-f', 'lavfi'],
});

/** A playlist of one segment. */
const playlist = (uri: string): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n${uri}\n#EXT-X-ENDLIST\n`;

describe('Running FFmpeg', () => {
  let ffmpeg: Ffmpeg;
  let folder: string;

  before(async () => {
    ffmpeg = await openFfmpeg();
    folder = await mkdtemp(path.join(tmpdir(), 'lipwire-ffmpeg-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(() => assert.deepEqual(liveChildren(), [], 'no process is left'));

  const here = (name: string): string => path.join(folder, name);

  async function failureOf(job: FfmpegJob): Promise<Error> {
    return ffmpeg.run(job).then(
      () => assert.fail('the job was expected to fail'),
      (error: Error) => error,
    );
  }

  it('writes a file and resolves with the end of the log', async () => {
    const log = await ffmpeg.run({
      inputs: [tone(1)],
      outputs: [{ target: here('tone.wav'), options: [] }],
    });
    assert.match(log, /Output #0, wav/);
    assert.equal((await ffmpeg.probe(here('tone.wav'))).duration, 1);
  });

  it('replaces a file that is there', async () => {
    await writeFile(here('old.wav'), 'old');
    await ffmpeg.run({ inputs: [tone(1)], outputs: [{ target: here('old.wav'), options: [] }] });
    assert.ok((await stat(here('old.wav'))).size > TONE_BYTES);
  });

  it('reads and writes names that would be options, protocols or patterns', async () => {
    const names = [
      '-y.wav',
      'a:b.wav',
      '50%d%03d.wav',
      'it\'s "q" [1],;.wav',
      'a b\nc.wav',
      'é ع 你.wav',
    ];
    const previous = process.cwd();
    process.chdir(folder);
    try {
      for (const name of names) {
        await ffmpeg.run({ inputs: [tone(0.1)], outputs: [{ target: name, options: [] }] });
        const copy = here('copy.wav');
        await ffmpeg.run({ inputs: [{ source: name }], outputs: [{ target: copy, options: [] }] });
        assert.equal((await ffmpeg.probe(name)).streams[0]?.sampleRate, 8000, name);
      }
    } finally {
      process.chdir(previous);
    }
  });

  it('keeps an option with one space in it whole', async () => {
    const title = ['-metadata', 'title=two words'];
    const output = { target: here('titled.wav'), options: title };
    const other = { target: here('other.wav'), options: title };
    await ffmpeg.run({ inputs: [tone(0.1)], outputs: [output, other] });
    for (const file of [output.target, other.target]) {
      assert.ok((await readFile(file)).includes('two words'));
    }
  });

  it('runs a filter graph over several inputs into several outputs', async () => {
    await ffmpeg.run({
      inputs: [tone(1), tone(2)],
      filterGraph: '[0:a][1:a]concat=n=2:v=0:a=1,asplit[a][b]',
      outputs: [
        { target: here('a.wav'), options: ['-map', '[a]'] },
        { target: here('b.flac'), options: ['-map', '[b]'] },
      ],
    });
    assert.equal((await ffmpeg.probe(here('a.wav'))).duration, 3);
    assert.equal((await ffmpeg.probe(here('b.flac'))).streams[0]?.codec, 'flac');
  });

  it('pipes data in and out, however slowly it is taken', async () => {
    const size = 4_000_000;
    const input = Buffer.alloc(size, 'abcdefgh');
    const chunks: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done): void {
        chunks.push(chunk);
        setTimeout(done, 1);
      },
    });
    await ffmpeg.run({
      inputs: [{ source: Readable.from([input]), options: RAW }],
      outputs: [{ target: slow, options: ['-f', 's16le'] }],
    });
    assert.ok(Buffer.concat(chunks).equals(input));
  });

  it('succeeds when FFmpeg needs only the beginning of a piped input', async () => {
    const source = new PassThrough();
    const endless = setInterval(() => source.write(Buffer.alloc(TONE_BYTES)), 1);
    try {
      await ffmpeg.run({
        inputs: [{ source, options: RAW }],
        outputs: [{ target: here('short.wav'), options: ['-t', '2'] }],
      });
    } finally {
      clearInterval(endless);
    }
    assert.ok(source.destroyed);
    assert.equal((await ffmpeg.probe(here('short.wav'))).duration, 2);
  });

  it('reports progress that does not fall and ends at the whole length', async () => {
    const seen: { frames: number; seconds: number }[] = [];
    await ffmpeg.run({
      inputs: [{ source: 'testsrc=size=64x64:rate=25:duration=4', options: ['-f', 'lavfi'] }],
      outputs: [{ target: here('video.mp4'), options: ['-c:v', 'libx264'] }],
      onProgress: (update) => seen.push(update),
    });
    assert.equal(seen.at(-1)?.frames, 100);
    assert.ok(Math.abs((seen.at(-1)?.seconds ?? 0) - 4) < 0.2);
    seen.reduce((before, now) => {
      assert.ok(now.frames >= before.frames && now.seconds >= before.seconds);
      return now;
    });
  });

  it('fails with the telling line of the log', async () => {
    await writeFile(here('text.mp4'), 'this is not a video');
    const error = await failureOf({
      inputs: [{ source: here('text.mp4') }],
      outputs: [{ target: here('never.wav'), options: [] }],
    });
    assert.ok(error instanceof LipwireError);
    assert.equal(error.code, 'E_FFMPEG');
    assert.match(error.message, /Invalid data found/);
    assert.match(String(error.details?.['stderr']), /text\.mp4/);
  });

  it('says so when FFmpeg is killed from outside', async function () {
    if (process.platform === 'win32') {
      this.test!.title += ' (skipped: Windows knows no signals)';
      this.skip();
    }
    // It has begun to write, and waits for more of an input that never ends.
    const source = new PassThrough();
    source.write(Buffer.alloc(100 * TONE_BYTES));
    const written = new PassThrough();
    const failed = failureOf({
      inputs: [{ source, options: RAW }],
      outputs: [{ target: written, options: RAW }],
    });
    written.on('error', () => undefined);
    await new Promise((resolve) => written.once('data', resolve));
    for (const pid of liveChildren()) process.kill(pid, 'SIGKILL');
    const { message } = await failed;
    assert.equal(message, 'FFmpeg failed: ffmpeg was killed with signal SIGKILL.');
  });

  it('names an option that FFmpeg does not know', async () => {
    const error = await failureOf({
      inputs: [tone(1)],
      outputs: [{ target: here('never.wav'), options: ['-nonsense', '1'] }],
    });
    assert.match(error.message, /nonsense/);
  });

  it('opens nothing but files and pipes', async () => {
    await writeFile(here('list.m3u8'), playlist('http://127.0.0.1:9/a.ts'));
    const error = await failureOf({
      // Playlists are not taken at all, unless a job asks for one.
      inputs: [{ source: here('list.m3u8'), options: ['-f', 'hls'] }],
      outputs: [{ target: here('never.wav'), options: [] }],
    });
    const said = String((error as LipwireError).details?.['stderr']);
    assert.match(said, /Protocol .* not on whitelist/i);
  });

  it('opens no file that another one names', async () => {
    const secret = here('secret.ts');
    await ffmpeg.run({ inputs: [tone(1)], outputs: [{ target: secret, options: [] }] });
    // FFmpeg skips the tag that makes it look like an MP3, and finds the list behind it.
    const tag = Buffer.from('ID3\x03\0\0\0\0\0\x14'.padEnd(30, '\0'), 'latin1');
    const lists = [playlist(`file:${secret}`), "ffconcat version 1.0\nfile 'secret.ts'\n"];
    for (const list of lists) {
      const disguised = here('song.mp3');
      await writeFile(disguised, Buffer.concat([tag, Buffer.from(list)]));
      await assert.rejects(ffmpeg.probe(disguised), {
        code: 'E_INPUT',
        message: /\(the format (hls|hls,applehttp|concat) is not taken[;)]/,
      });
      const job = { outputs: [{ target: here('copy.wav'), options: [] }] };
      const error = await failureOf({ inputs: [{ source: disguised }], ...job });
      assert.match(error.message, /^FFmpeg failed: the format \S+ is not taken; /);
    }
  });

  it('says that the disk is full, whether it writes itself or into a pipe', async function () {
    if (process.platform !== 'linux') {
      this.test!.title += ' (skipped: only Linux has /dev/full)';
      this.skip();
    }
    for (const options of [
      ['-f', 'wav'],
      ['-f', 'ipod', '-c:a', 'aac'],
    ]) {
      const error = await failureOf({
        inputs: [tone(20)],
        outputs: [{ target: '/dev/full', options }],
      });
      assert.ok(error instanceof LipwireError);
      assert.equal(error.code, 'E_DISK', error.message);
      assert.match(error.message, /^The disk is full; .*\.$/);
    }
    const piped = failureOf({
      inputs: [tone(20)],
      outputs: [{ target: createWriteStream('/dev/full'), options: RAW }],
    });
    assert.equal(toLipwireError(await piped).code, 'E_DISK');
  });

  it('takes no name or title for what the system says', async () => {
    const named = here('a: No space left on device');
    const title = ['-metadata', 'title=File too large', '-f', 'wav'];
    await ffmpeg.run({ inputs: [tone(1)], outputs: [{ target: named, options: title }] });
    await ffmpeg.run({
      inputs: [{ source: named }],
      outputs: [{ target: here('copy-of-named.wav'), options: [] }],
    });
    assert.equal((await ffmpeg.probe(here('copy-of-named.wav'))).duration, 1);
  });

  it('is cancelled by its signal, with the process gone', async () => {
    const controller = new AbortController();
    const running = ffmpeg.run({
      inputs: [{ source: 'testsrc=size=640x360:rate=25', options: ['-f', 'lavfi', '-re'] }],
      outputs: [{ target: here('endless.mp4'), options: ['-c:v', 'libx264'] }],
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await assert.rejects(running, { code: 'E_CANCELLED' });
    assert.deepEqual(liveChildren(), []);
  });

  it('is cancelled while nobody reads its output or feeds its input', async () => {
    const controller = new AbortController();
    const stuck = new Writable({ write: (): void => controller.abort() });
    const source = new PassThrough();
    source.write(Buffer.alloc(4_000_000));
    const running = ffmpeg.run({
      inputs: [{ source, options: RAW }],
      outputs: [{ target: stuck, options: ['-f', 's16le'] }],
      signal: controller.signal,
    });
    await assert.rejects(running, { code: 'E_CANCELLED' });
    assert.ok(stuck.destroyed && source.destroyed);
  });

  it('does not start when it is cancelled already', async () => {
    const target = here('not-started.wav');
    const signal = AbortSignal.abort();
    const job = { inputs: [tone(1)], outputs: [{ target, options: [] }], signal };
    await assert.rejects(ffmpeg.run(job), { code: 'E_CANCELLED' });
    await assert.rejects(stat(target), { code: 'ENOENT' });
  });

  it('rejects with the error of an input stream that fails or breaks off', async () => {
    const broken = new Error('the camera fell down');
    const failing = new Readable({
      read(): void {
        this.push(Buffer.alloc(1000));
        setTimeout(() => this.destroy(broken), 50);
      },
    });
    const output = { target: here('broken.wav'), options: [] };
    assert.equal(
      await failureOf({ inputs: [{ source: failing, options: RAW }], outputs: [output] }),
      broken,
    );
    const silent = new PassThrough();
    setTimeout(() => silent.destroy(), 50);
    const error = await failureOf({
      inputs: [{ source: silent, options: RAW }],
      outputs: [output],
    });
    assert.match(error.message, /[Pp]remature/);
  });

  it('rejects with the error of an output stream that fails', async () => {
    const full = new Error('no room');
    const target = new Writable({ write: (_chunk, _encoding, done) => done(full) });
    assert.equal(
      await failureOf({ inputs: [tone(100)], outputs: [{ target, options: ['-f', 's16le'] }] }),
      full,
    );
  });

  it('destroys its output stream when FFmpeg fails, so that half is not taken for all', async () => {
    const target = new PassThrough();
    await failureOf({
      inputs: [{ source: here('absent.wav') }],
      outputs: [{ target, options: ['-f', 's16le'] }],
    });
    assert.ok(target.destroyed && !target.writableFinished);
  });

  it('survives a command line that the system refuses', async () => {
    const options = ['-metadata', `title=${'x'.repeat(3_000_000)}`];
    const error = await failureOf({
      inputs: [tone(1)],
      outputs: [{ target: here('never.wav'), options }],
    });
    assert.equal((error as LipwireError).code, 'E_FFMPEG');
    assert.match(error.message, /E2BIG|ENAMETOOLONG/);
  });

  it('survives that FFmpeg is removed while it is in use', async () => {
    const { ffmpegPath, ffprobePath } = ffmpeg;
    await symlink(ffmpegPath, here('ffmpeg'));
    await symlink(ffprobePath, here('ffprobe'));
    const fleeting = await openFfmpeg(folder);
    await rm(here('ffmpeg'));
    const job = { inputs: [tone(1)], outputs: [{ target: here('never.wav'), options: [] }] };
    await assert.rejects(fleeting.run(job), { code: 'E_FFMPEG_MISSING' });
  });

  it('refuses jobs that make no sense', async () => {
    const output = { target: here('never.wav'), options: [] };
    const piped = { source: new PassThrough() };
    const jobs: FfmpegJob[] = [
      { inputs: [tone(1)], outputs: [] },
      { inputs: [piped, piped], outputs: [output] },
      { inputs: [tone(1)], outputs: [{ target: 'a\0b', options: [] }] },
      { inputs: [{ source: '' }], outputs: [output] },
    ];
    for (const job of jobs) {
      assert.equal(((await failureOf(job)) as LipwireError).code, 'E_INTERNAL');
    }
  });
});
