import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPicture } from '../../src/av/picture';
import { isCancelled, type VideoPayload, resolveParameters } from '../../src/contract';
import { run as runHlsExport } from '../../src/hls/run';
import { run as runStitch } from '../../src/stitch/run';
import { Bench, readNumbers, stitchParameters } from '../support/numbered';
import { hlsExport, type HlsFiles } from '../../src/hls/stage';
import type { StageInput, StageParameters } from '../../src/stages';

describe('hls-export', () => {
  let bench: Bench;
  let video: VideoPayload;
  before(async () => {
    bench = await Bench.open();
    const clip = await bench.clip({
      number: 3,
      frames: 260,
      width: 96,
      height: 72,
      text: 'Hello.',
    });
    video = {
      ...(await runStitch({ clips: [clip] }, stitchParameters(), await bench.context())),
      language: 'de-AT',
    };
  });
  after(() => bench.close());

  async function run(
    input: StageInput<'hls-export'>,
    changes: Partial<StageParameters<'hls-export'>> = {},
  ): Promise<HlsFiles> {
    const parameters = { ...resolveParameters(hlsExport.parameters, []), ...changes };
    return runHlsExport(input, parameters, await bench.context());
  }

  const durations = (playlist: string): number[] =>
    [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]));

  /** Every address in every playlist leads to a file in the folder. */
  async function checkAddresses(folder: string, playlist: string): Promise<void> {
    const text = await readFile(path.join(folder, playlist), 'utf8');
    const quoted = [...text.matchAll(/URI="([^"]+)"/g)].map((match) => match[1]);
    const plain = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    assert.ok(plain.length > 0, playlist);
    for (const address of [...quoted, ...plain]) {
      assert.match(address, /^[a-z0-9]+(\/[a-z0-9.]+|\.[a-z0-9]+)$/, 'relative, with fixed names');
      const target = path.posix.join(path.posix.dirname(playlist), address);
      assert.ok((await stat(path.join(folder, target))).size > 0, target);
      if (target.endsWith('.m3u8')) await checkAddresses(folder, target);
    }
  }

  for (const container of ['fmp4', 'ts'] as const) {
    it(`writes a whole stream with aligned segments as ${container}`, async () => {
      const stream = await run(video, { container, renditions: '72, 48, 32', segmentLength: 4 });
      assert.deepEqual(
        stream.renditions.map(({ name, width, height }) => [name, width, height]),
        [
          ['72p', 96, 72],
          ['48p', 64, 48],
          ['32p', 42, 32],
        ],
      );
      await checkAddresses(stream.folder, 'master.m3u8');
      for (const { playlist } of stream.renditions) {
        const text = await readFile(playlist, 'utf8');
        assert.deepEqual(
          durations(text).map((seconds) => seconds.toFixed(2)),
          ['4.00', '4.00', '2.40'],
        );
        assert.match(text, /#EXT-X-PLAYLIST-TYPE:VOD[^]*#EXT-X-ENDLIST/);
        const numbers = await readNumbers(
          bench.ffmpeg,
          container === 'ts' ? await joined(playlist) : playlist,
        );
        assert.deepEqual(
          numbers,
          Array.from({ length: 260 }, (_, frame) => [3, frame]),
        );
      }
      assert.equal(stream.segments, 9);
      assert.ok(Math.abs(stream.duration - 10.4) < 1e-6);
    });
  }

  /** Segments of a transport stream can be put one after the other. */
  async function joined(playlist: string): Promise<string> {
    const folder = path.dirname(playlist);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.ts')).sort();
    const parts = await Promise.all(names.map((name) => readFile(path.join(folder, name))));
    const file = path.join(await bench.subfolder(), 'joined.ts');
    await writeFile(file, Buffer.concat(parts));
    return file;
  }

  it('takes other people’s videos at their largest size, their usual rate and in standard range', async () => {
    const folder = await bench.subfolder();
    const bright = bench.ffmpeg.mapsTones;
    // White of 1000 cd/m² in PQ is 75 % of the range; unconverted it would stay there.
    const tags = ['-color_primaries', 'bt2020', '-color_trc', 'smpte2084'];
    const parts: Buffer[] = [];
    for (const [index, size] of ['64x48', '128x96'].entries()) {
      const target = path.join(folder, `${index}.ts`);
      const graph = `color=c=white:s=${size}:r=30:d=1,lutyuv=y=0.75*219+16,select='mod(n+6,11)'`;
      await bench.ffmpeg.run({
        inputs: [{ source: graph, options: ['-f', 'lavfi'] }],
        outputs: [
          {
            target,
            options: [
              ...['-c:v', 'libx264', '-bf', '0', '-pix_fmt', 'yuv420p', '-vsync', 'vfr'],
              ...[...tags, '-colorspace', 'bt2020nc'],
              ...['-muxdelay', '0', '-output_ts_offset', String(index)],
            ],
          },
        ],
      });
      parts.push(await readFile(target));
    }
    const file = path.join(folder, 'foreign.ts');
    await writeFile(file, Buffer.concat(parts));
    const stream = await run({ kind: 'file', file });
    const [{ width, height }] = stream.renditions;
    assert.deepEqual([width, height], [128, 96]);
    assert.match(await readFile(stream.playlist, 'utf8'), /FRAME-RATE=30\.000/);
    assert.ok(Math.abs(stream.duration - 2) < 0.15, `${stream.duration} s`);
    const poster = await readPicture(stream.poster);
    assert.deepEqual([poster.width, poster.height], [128, 96]);
    if (bright) assert.ok(poster.data[0] > 235, `white is ${poster.data[0]}`);
  });

  it('says codecs, rates, sizes and captions in the master playlist', async () => {
    const stream = await run(video);
    const master = await readFile(stream.playlist, 'utf8');
    const infos = master.split('\n').filter((line) => line.startsWith('#EXT-X-STREAM-INF'));
    assert.equal(infos.length, 1, 'a small video has one rendition: its own');
    assert.match(
      infos[0] ?? '',
      /BANDWIDTH=\d+,AVERAGE-BANDWIDTH=\d+,CODECS="avc1\.64[0-9a-f]{4},mp4a\.40\.2",RESOLUTION=96x72,FRAME-RATE=25\.000/,
    );
    assert.match(master, /TYPE=SUBTITLES,[^\n]*LANGUAGE="de-AT"/);
    const largest = Math.max(
      ...(await Promise.all(
        (await segmentFiles(stream)).map(async (file) => (await stat(file)).size * 8),
      )),
    );
    const { bandwidth } = stream.renditions[0] ?? { bandwidth: 0 };
    assert.ok(bandwidth >= largest / 4 && bandwidth <= largest, `${bandwidth} of ${largest} bits`);
    const captions = await readFile(path.join(stream.folder, 'captions/captions.vtt'), 'utf8');
    assert.equal(captions, await readFile(video.captions ?? '', 'utf8'));
  });

  async function segmentFiles(stream: HlsFiles): Promise<string[]> {
    const folder = path.dirname(stream.renditions[0]?.playlist ?? '');
    return (await readdir(folder))
      .filter((name) => /^segment/.test(name))
      .map((name) => path.join(folder, name));
  }

  it('copies the best rendition, and encodes it where its key frames do not fit', async () => {
    const size = async (stream: HlsFiles): Promise<number> =>
      (await Promise.all((await segmentFiles(stream)).map((file) => readFile(file)))).length;
    const copied = await run(video, { segmentLength: 2 });
    assert.equal(await size(copied), 6);
    const source = await readFile(video.file);
    const first = await readFile((await segmentFiles(copied))[0]);
    // The first frame's bytes stand in both files.
    const at = first.indexOf('mdat') + 4;
    const body = first.subarray(at + 8, at + 60);
    assert.ok(source.includes(body));
    const encoded = await run(video, { segmentLength: 1 });
    assert.equal(await size(encoded), 11);
    const text = await readFile(encoded.renditions[0]?.playlist ?? '', 'utf8');
    assert.ok(durations(text).every((seconds) => seconds <= 1.001));
  });

  it('takes any video: without sound, upright, of another codec', async () => {
    const file = path.join(await bench.subfolder(), 'film.avi');
    await bench.ffmpeg.run({
      inputs: [{ source: 'testsrc2=s=50x90:r=30000/1001:d=3', options: ['-f', 'lavfi'] }],
      outputs: [{ target: file, options: ['-c:v', 'mpeg4', '-g', '7'] }],
    });
    const stream = await run({ kind: 'file', file }, { renditions: '40, 1080' });
    const master = await readFile(stream.playlist, 'utf8');
    assert.match(master, /CODECS="avc1\.[0-9a-f]{6}",RESOLUTION=40x72,FRAME-RATE=29\.970/);
    assert.doesNotMatch(master, /SUBTITLES|1080/);
    await checkAddresses(stream.folder, 'master.m3u8');
    const own = await run({ kind: 'file', file }, { renditions: '720' });
    assert.deepEqual([own.renditions[0]?.width, own.renditions[0]?.height], [50, 90]);
  });

  it('writes a poster of the first frame and what the player wants to know', async () => {
    const stream = await run(video);
    const poster = (await bench.ffmpeg.probe(stream.poster)).streams[0];
    assert.deepEqual([poster?.codec, poster?.width, poster?.height], ['mjpeg', 96, 72]);
    const facts = JSON.parse(await readFile(path.join(stream.folder, 'stream.json'), 'utf8'));
    assert.deepEqual(facts, {
      title: 'Hello.',
      duration: 10.4,
      width: 96,
      height: 72,
      captions: true,
    });
  });

  it('works in a folder with a percent sign, quotes and spaces in its name', async () => {
    const context = await bench.context();
    const folder = path.join(context.folder, `100 %d "it's" ü`);
    const { mkdir } = await import('node:fs/promises');
    await mkdir(folder);
    const stream = await runHlsExport(video, resolveParameters(hlsExport.parameters, []), {
      ...context,
      folder,
    });
    await checkAddresses(stream.folder, 'master.m3u8');
  });

  it('refuses what is no video, and renditions that are none', async () => {
    const sound = await bench.wav({}, 0.2);
    await assert.rejects(run({ kind: 'file', file: sound }), { code: 'E_INPUT' });
    for (const renditions of ['big', '720,-1', '1e9', '0', '12.5']) {
      await assert.rejects(run(video, { renditions }), { code: 'E_INPUT' }, renditions);
    }
  });

  it('publishes no file as captions that holds none', async () => {
    const secret = path.join(bench.folder, 'settings.js');
    for (const content of ['module.exports = { secret: 1 };', 'WEBVTTs', '', '\nWEBVTT\n']) {
      await writeFile(secret, content);
      await assert.rejects(run({ ...video, captions: secret }), {
        code: 'E_INPUT',
        message: /^Expected a WebVTT file .* for the captions but received ".*settings\.js"\.$/,
      });
    }
    await assert.rejects(run({ ...video, captions: bench.folder }), { code: 'E_PATH' });
    await writeFile(secret, '\ufeffWEBVTT - mine\n\n00:00.000 --> 00:01.000\nHello.\n');
    assert.equal((await run({ ...video, captions: secret })).kind, 'hls');
  });

  it('refuses small files that claim giant pictures or days', async () => {
    for (const [source, says] of [
      ['color=size=8192x4096:rate=1', /at most 33\.1776 million pixels .* "8192×4096"/],
      ['color=size=16x16:rate=1/20000', /at most 4 hours .* "40000 s"/],
    ] as const) {
      const file = path.join(bench.folder, 'claims.mkv');
      await bench.ffmpeg.run({
        inputs: [{ source, options: ['-f', 'lavfi'] }],
        outputs: [{ target: file, options: ['-frames:v', '2', '-c:v', 'mjpeg'] }],
      });
      await assert.rejects(run({ kind: 'file', file }), { code: 'E_INPUT', message: says });
    }
  });

  it('stops when it is cancelled', async () => {
    const abort = new AbortController();
    const context = await bench.context(abort.signal);
    const job = runHlsExport(video, resolveParameters(hlsExport.parameters, []), context);
    setTimeout(() => abort.abort(), 60);
    await assert.rejects(job, isCancelled);
  });
});
