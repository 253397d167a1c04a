import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readOptions, UsageError } from '../../src/cli/options';
import { StageBars } from '../../src/cli/bars';
import { copyFolder, expectTarget, expectTargetFolder, replaceFile } from '../../src/cli/results';
import { deleteFolder, testFolder } from '../runtime/worker/support';
import { names, withCode } from '../runtime/support';

describe('command line options', () => {
  const TYPES = { text: { value: 'TEXT', help: '' }, json: { help: '' } };

  it('are read by name', () => {
    const options = readOptions(['--text', 'a b', '--json'], TYPES);
    assert.deepEqual({ ...options }, { text: 'a b', json: true });
  });

  for (const value of ['-5 °C', '-dash.png', '--', '--other', 'a=b']) {
    it(`may have a value that looks like an option: ${value}`, () => {
      assert.equal(readOptions(['--text', value, '--json'], TYPES).text, value);
      assert.equal(readOptions([`--text=${value}`], TYPES).text, value);
    });
  }

  it('are missed where the next word is an option of the command', () => {
    for (const args of [['--text', '--json'], ['--text', '--text=a'], ['--text']]) {
      assert.throws(() => readOptions(args, TYPES), /^Error: Expected a value after --text\.$/);
    }
  });

  for (const args of [['--bogus'], ['--text'], ['word'], ['--json=yes'], ['-x']]) {
    it(`are refused in one sentence: ${args.join(' ')}`, () => {
      assert.throws(
        () => readOptions(args, TYPES),
        (error) => error instanceof UsageError && /^[^\n]+\.$/.test(error.message),
      );
    });
  }
});

describe('progress bars', () => {
  function stream(isTTY: boolean) {
    const written: string[] = [];
    return { isTTY, columns: 40, written, write: (text: string) => written.push(text) > 0 };
  }

  it('are lines for each quarter where there is no terminal', () => {
    const out = stream(false);
    const bars = new StageBars(out);
    for (let i = 0; i <= 100; i++) bars.update('wav2lip', i / 100, Math.floor(i / 50), 2);
    bars.end();
    assert.deepEqual(out.written, [
      'lip-sync: 0 % (0/2)\n',
      'lip-sync: 25 % (0/2)\n',
      'lip-sync: 50 % (1/2)\n',
      'lip-sync: 75 % (1/2)\n',
      'lip-sync: 100 % (2/2)\n',
    ]);
  });

  it('are drawn over themselves on a terminal, and end with the last state', () => {
    const out = stream(true);
    const bars = new StageBars(out);
    bars.update('tts', 0.5, 0, 1);
    bars.update('wav2lip', 0.1, 0, 1);
    bars.update('tts', 1, 1, 1);
    bars.end();
    bars.end();
    assert.equal(out.written.length, 2);
    const last = out.written.at(-1) ?? '';
    assert.ok(last.startsWith('\x1b[1A'), 'goes up over the one line drawn before');
    const lines = last.replace(/\x1b\[\d*[AK]|\r/g, '').split('\n');
    assert.match(lines[0] ?? '', /^speech +█+ 100 %$/);
    assert.ok(lines.every((line) => line.length < 40));
  });
});

describe('results on the command line', () => {
  let folder: string;
  beforeEach(async () => (folder = await testFolder()));
  afterEach(() => deleteFolder(folder));

  it('replace an older file and leave nothing else', async () => {
    const [from, to] = [path.join(folder, 'new'), path.join(folder, 'out.mp4')];
    await writeFile(from, 'new');
    await writeFile(to, 'old');
    await expectTarget(to);
    await replaceFile(from, to);
    assert.equal(await readFile(to, 'utf8'), 'new');
    assert.deepEqual(await names(folder), ['new', 'out.mp4']);
  });

  it('leave the older file as it is when the new one cannot be copied', async () => {
    const to = path.join(folder, 'out.mp4');
    await writeFile(to, 'old');
    await assert.rejects(replaceFile(path.join(folder, 'absent'), to), withCode('E_PATH'));
    assert.equal(await readFile(to, 'utf8'), 'old');
    assert.deepEqual(await names(folder), ['out.mp4']);
  });

  it('are refused before the work where they could not be written', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await assert.rejects(expectTarget(folder), withCode('E_PATH'));
    await assert.rejects(expectTarget(path.join(folder, 'no', 'out.mp4')), /does not exist/);
    await assert.rejects(expectTarget(path.join(file, 'out.mp4')), /it is a file/);
    await assert.rejects(expectTarget(path.join(folder, `${'l'.repeat(300)}.mp4`)), /too long/);
    if (process.platform === 'linux') {
      await assert.rejects(expectTarget('/proc/out.mp4'), /cannot be written to/);
    }
    await assert.rejects(expectTargetFolder(folder), /holds other files/);
    await assert.rejects(expectTargetFolder(file), withCode('E_PATH'));
  });

  it('can have the longest name that a file can have', async () => {
    const [from, to] = [path.join(folder, 'new'), path.join(folder, `${'l'.repeat(251)}.mp4`)];
    await writeFile(from, 'new');
    await expectTarget(to);
    await replaceFile(from, to);
    assert.equal(await readFile(to, 'utf8'), 'new');
  });

  it('are a copy of the folder of a stream without the studio’s record', async () => {
    const [from, to] = [path.join(folder, 'from'), path.join(folder, 'to')];
    await mkdir(path.join(from, 'sub'), { recursive: true });
    await writeFile(path.join(from, 'artifact.json'), '{}');
    await writeFile(path.join(from, 'sub', 'a'), 'x');
    await chmod(path.join(from, 'sub', 'a'), 0o600);
    await mkdir(to);
    await expectTargetFolder(to);
    await copyFolder(from, to);
    assert.deepEqual([await names(to), await names(to, 'sub')], [['sub'], ['a']]);
    assert.deepEqual(await names(folder), ['from', 'to']);
  });

  const mode = async (...parts: string[]) =>
    ((await stat(path.join(folder, ...parts))).mode & 0o777).toString(8);

  /** A workspace's file and folder, as another user's umask has made them. */
  async function closed(): Promise<void> {
    await mkdir(path.join(folder, 'from', 'sub'), { recursive: true });
    for (const name of ['master.m3u8', 'sub/a']) {
      await writeFile(path.join(folder, 'from', name), 'x', { mode: 0o600 });
    }
    for (const name of ['from/sub', 'from']) await chmod(path.join(folder, name), 0o700);
  }

  it('have the permissions that the umask says', async function () {
    if (process.platform === 'win32') this.skip();
    await closed();
    const to = path.join(folder, 'to');
    const before = process.umask(0o027);
    try {
      await copyFolder(path.join(folder, 'from'), to);
      await replaceFile(path.join(folder, 'from', 'sub', 'a'), path.join(folder, 'out.mp4'));
    } finally {
      process.umask(before);
    }
    assert.deepEqual(
      [await mode('to'), await mode('to', 'sub'), await mode('to', 'sub', 'a')],
      ['750', '750', '640'],
    );
    assert.equal(await mode('to', 'master.m3u8'), '640');
    assert.equal(await mode('out.mp4'), '640');
  });

  it('leave an existing folder the same, and an existing file its permissions', async function () {
    if (process.platform === 'win32') this.skip();
    await closed();
    const to = path.join(folder, 'to');
    await mkdir(to);
    await chmod(to, 0o775);
    const out = path.join(folder, 'out.mp4');
    await writeFile(out, 'old');
    await chmod(out, 0o604);
    const { ino } = await stat(to);
    await expectTargetFolder(to);
    await copyFolder(path.join(folder, 'from'), to, 'master.m3u8');
    await replaceFile(path.join(folder, 'from', 'sub', 'a'), out);
    assert.equal((await stat(to)).ino, ino);
    assert.deepEqual([await mode('to'), await mode('out.mp4')], ['775', '604']);
    assert.deepEqual(await names(to), ['master.m3u8', 'sub']);
  });

  it('leave an existing folder empty where they cannot be copied', async () => {
    const to = path.join(folder, 'to');
    await mkdir(to);
    await assert.rejects(copyFolder(path.join(folder, 'absent'), to), withCode('E_PATH'));
    assert.deepEqual(await names(to), []);
  });
});
