import assert from 'node:assert/strict';
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openFfmpeg, locate, parseVersion } from '../../../src/av/ffmpeg/open';

describe('Finding FFmpeg', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'lipwire-open-'))));
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A program that prints something; it is a Node script, so that it runs wherever the tests do. */
  async function fake(name: string, printed: string): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, `#!${process.execPath}\nconsole.log(${JSON.stringify(printed)});\n`);
    await chmod(file, 0o755);
    return file;
  }

  it('finds the installed one in PATH and knows its version', async () => {
    const ffmpeg = await openFfmpeg();
    assert.match(ffmpeg.version, /\d/);
    assert.ok(path.isAbsolute(ffmpeg.ffmpegPath) && path.isAbsolute(ffmpeg.ffprobePath));
  });

  it('takes a file or the folder of both', async () => {
    const { ffmpegPath } = await openFfmpeg();
    for (const setting of [ffmpegPath, path.dirname(ffmpegPath), `  ${ffmpegPath} `]) {
      assert.equal((await openFfmpeg(setting)).ffmpegPath, ffmpegPath);
    }
  });

  it('takes the setting before the environment and that before PATH', async () => {
    const [a, b, c] = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        await mkdir(path.join(folder, name));
        await fake(`${name}/ffprobe`, '');
        return fake(`${name}/ffmpeg`, '');
      }),
    );
    const environment = {
      LIPWIRE_FFMPEG: b,
      FFMPEG_PATH: c,
      PATH: path.dirname(c ?? ''),
    };
    assert.equal((await locate(a, environment)).ffmpegPath, a);
    assert.equal((await locate('', environment)).ffmpegPath, b);
    assert.equal((await locate('', { ...environment, LIPWIRE_FFMPEG: '' })).ffmpegPath, c);
    assert.equal((await locate('', { PATH: environment.PATH })).ffmpegPath, c);
    const probe = await locate('', { ...environment, FFPROBE_PATH: path.join(folder, 'a') });
    assert.equal(probe.ffprobePath, path.join(folder, 'a', 'ffprobe'));
  });

  it('says what to install when there is none', async () => {
    await assert.rejects(locate('', { PATH: folder }), {
      code: 'E_FFMPEG_MISSING',
      message: /PATH.*install FFmpeg/,
    });
    await assert.rejects(locate('', {}), { code: 'E_FFMPEG_MISSING' });
  });

  it('does not silently take another one when the setting is wrong', async () => {
    const setting = path.join(folder, 'nowhere');
    await assert.rejects(openFfmpeg(setting), { code: 'E_FFMPEG_MISSING', message: /nowhere/ });
    await assert.rejects(locate('', { ...process.env, LIPWIRE_FFMPEG: setting }), {
      code: 'E_FFMPEG_MISSING',
      message: /LIPWIRE_FFMPEG/,
    });
  });

  it('wants FFprobe as well', async () => {
    const setting = await fake('ffmpeg', '');
    await assert.rejects(locate(setting, { PATH: '' }), {
      code: 'E_FFMPEG_MISSING',
      message: /ffprobe/,
    });
  });

  it('refuses a version before 4.3', async () => {
    await fake('ffmpeg', 'ffmpeg version 3.4 Copyright (c) 2000-2017');
    await fake('ffprobe', 'ffprobe version 3.4 Copyright (c) 2007-2017');
    await assert.rejects(openFfmpeg(folder), {
      code: 'E_FFMPEG_VERSION',
      message: /4\.3 or newer but .* is 3\.4;/,
    });
  });

  it('refuses a build without what is needed and names it', async () => {
    const printed =
      'ffmpeg version 6.0\n ... scale V->V Scale.\n V..... libx264 H.264 (codec h264)\n';
    await fake('ffmpeg', printed);
    await fake('ffprobe', printed.replace('ffmpeg', 'ffprobe'));
    await assert.rejects(openFfmpeg(folder), (error: Error & { code: string }) => {
      assert.equal(error.code, 'E_FFMPEG_VERSION');
      assert.match(error.message, /the filter xfade.*the encoder aac/);
      assert.doesNotMatch(error.message, /libx264|scale/);
      return true;
    });
  });

  it('refuses another program', async () => {
    await fake('ffmpeg', 'I am a teapot');
    await fake('ffprobe', 'I am a teapot');
    await assert.rejects(openFfmpeg(folder), {
      code: 'E_FFMPEG_MISSING',
      message: /another program/,
    });
  });

  it('sees an FFmpeg that is installed after a failed look-up', async () => {
    await fake('ffmpeg', 'ffmpeg version 3.4');
    await fake('ffprobe', 'ffprobe version 3.4');
    await assert.rejects(openFfmpeg(folder), { code: 'E_FFMPEG_VERSION' });
    const real = await openFfmpeg();
    await Promise.all(['ffmpeg', 'ffprobe'].map((name) => rm(path.join(folder, name))));
    await symlink(real.ffmpegPath, path.join(folder, 'ffmpeg'));
    await symlink(real.ffprobePath, path.join(folder, 'ffprobe'));
    assert.equal((await openFfmpeg(folder)).version, real.version);
  });

  it('runs from a folder with spaces and quotes in its name', async () => {
    const real = await openFfmpeg();
    const odd = path.join(folder, `it's a "folder"`);
    await mkdir(odd);
    await copyFile(real.ffmpegPath, path.join(odd, 'ffmpeg'));
    await copyFile(real.ffprobePath, path.join(odd, 'ffprobe'));
    assert.equal((await openFfmpeg(odd)).ffprobePath, path.join(odd, 'ffprobe'));
  });
});

describe('Reading the version of FFmpeg', () => {
  const cases: [string, boolean][] = [
    ['ffmpeg version 4.3 Copyright', true],
    ['ffmpeg version 4.2.7-0ubuntu0.1 Copyright', false],
    ['ffmpeg version 5.1.9-0+deb12u1 Copyright', true],
    ['ffmpeg version n4.4.1 Copyright', true],
    ['ffmpeg version 10.0 Copyright', true],
    ['ffmpeg version 7.1-essentials_build-www.gyan.dev Copyright', true],
    ['ffprobe version 4.1.11 Copyright', false],
    ['ffmpeg version N-109468-gd39b34123d Copyright\nlibavfilter     8. 49.100 /  8. 49.100', true],
    ['ffmpeg version N-90000-gabcdef Copyright\nlibavfilter     7. 12.100 /  7. 12.100', false],
    ['ffmpeg version 2023-01-01-git-62da0b4-full_build Copyright\nlibavfilter 8. 53.100', true],
    ['ffmpeg version git-2019-05-01-abc Copyright\nlibavfilter 7. 48.100', false],
  ];
  for (const [printed, recent] of cases) {
    it(`${recent ? 'accepts' : 'refuses'} ${printed.split(' ')[2]}`, () => {
      assert.equal(parseVersion(printed)?.recent, recent);
    });
  }

  it('does not take other programs for FFmpeg', () => {
    assert.equal(parseVersion('avconv version 12.3'), undefined);
  });
});
