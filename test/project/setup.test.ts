/** The set-up script on machines that lack things: its PATH holds only commands made by the test. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const script = path.resolve(__dirname, '../../scripts/setup.mjs');

describe('npm run setup', function () {
  let folder: string;
  let journal: string;

  before(function () {
    // The commands are shell scripts.
    if (process.platform === 'win32') this.skip();
  });

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lipwire-setup-'));
    journal = path.join(folder, 'journal.txt');
    writeFileSync(journal, '');
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A command that notes how it was called, then does more. */
  function command(name: string, more = ''): void {
    const file = path.join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> '${journal}'\n${more}\n`);
    chmodSync(file, 0o755);
  }

  /** Shell text that makes commands appear, as a package manager does. */
  function appear(...names: string[]): string {
    return names.map((name) => `: > '${folder}/${name}'`).join('\n');
  }

  function setup(...options: string[]): { status: number | null; output: string; calls: string[] } {
    return setupWithin({}, ...options);
  }

  function setupWithin(
    environment: Record<string, string>,
    ...options: string[]
  ): { status: number | null; output: string; calls: string[] } {
    const result = spawnSync(process.execPath, [script, ...options], {
      env: { PATH: folder, ...environment },
      encoding: 'utf8',
    });
    const calls = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
    return { status: result.status, output: result.stdout + result.stderr, calls };
  }

  it('installs only the npm packages where all else is there', () => {
    for (const name of ['ffmpeg', 'ffprobe', 'chromium', 'npm', 'apt-get']) command(name);
    const { status, calls } = setup();
    assert.equal(status, 0);
    assert.deepEqual(calls, ['npm ci --no-audit --no-fund']);
  });

  it('installs what is missing with the package manager that is there, then the packages', function () {
    if (process.getuid?.() !== 0) this.skip(); // without root the script would ask sudo
    command('npm');
    command('apt-get', `case "$*" in *ffmpeg*) ${appear('ffmpeg', 'ffprobe')} ;; esac`);
    const { status, output, calls } = setup();
    assert.equal(status, 0, output);
    assert.deepEqual(calls, [
      'apt-get update',
      'apt-get install -y --no-install-recommends ffmpeg',
      'apt-get update',
      'apt-get install -y --no-install-recommends chromium',
      'npm ci --no-audit --no-fund',
    ]);
    assert.match(output, /browser tests will be skipped/);
  });

  it('asks sudo where it has not the rights itself, or says what to run', function () {
    if (process.getuid?.() === 0) this.skip();
    command('npm');
    command('dnf');
    assert.match(setup('--no-browser').output, /run as root: dnf install -y ffmpeg/);
    command('sudo', appear('ffmpeg', 'ffprobe'));
    assert.equal(setup('--no-browser').status, 0);
  });

  it('says exactly what to install where it knows no package manager', () => {
    command('npm');
    const { status, output, calls } = setup();
    assert.equal(status, 1);
    assert.match(output, /install the package "ffmpeg"/);
    assert.deepEqual(calls, []);
  });

  it('counts FFmpeg without FFprobe as missing', () => {
    command('ffmpeg');
    const { status, output } = setup('--check', '--no-browser');
    assert.equal(status, 1);
    assert.match(output, /ffmpeg: missing/);
  });

  it('installs with the npm that runs it, not with the one that Node-RED brought', () => {
    for (const name of ['ffmpeg', 'ffprobe', 'chromium', 'npm']) command(name);
    const running = path.join(folder, 'npm-cli.js');
    const note = `require('fs').appendFileSync(${JSON.stringify(journal)}, 'running ' + process.argv.slice(2).join(' '))`;
    writeFileSync(running, note);
    const { status, calls } = setupWithin({ npm_execpath: running });
    assert.equal(status, 0);
    assert.deepEqual(calls, ['running ci --no-audit --no-fund']);
  });

  it('fails where the npm packages cannot be installed', () => {
    for (const name of ['ffmpeg', 'ffprobe', 'chromium']) command(name);
    command('npm', 'exit 7');
    assert.equal(setup().status, 1);
  });
});

describe('The lock file', function () {
  this.timeout(60_000);
  const root = path.resolve(__dirname, '../..');
  const rest = ['ci', '--dry-run', '--offline', '--no-audit', '--no-fund'];

  it('is whole for npm 10, which Node.js 20 brings', function () {
    const cli = path.join(root, 'node_modules/npm/bin/npm-cli.js');
    if (!existsSync(cli)) this.skip(); // it comes with Node-RED 4
    const { version } = JSON.parse(
      readFileSync(path.join(root, 'node_modules/npm/package.json'), 'utf8'),
    ) as { version: string };
    assert.match(version, /^10\./);
    const result = spawnSync(process.execPath, [cli, ...rest], { cwd: root, encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
  });

  it('names no registry', () => {
    const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
    assert.doesNotMatch(lock, /"resolved"/);
  });
});
