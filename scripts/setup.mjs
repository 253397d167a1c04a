#!/usr/bin/env node
/**
 * Prepares a bare machine: finds or installs FFmpeg and (for the browser tests) chromium through the
 * platform's package manager, then installs the npm packages. Needs nothing but Node.js and npm.
 * Options: `--no-browser` leaves chromium out, `--check` only says what is there.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const options = new Set(process.argv.slice(2));
/** Of the development tools; the nodes themselves run from 20.9. */
const MINIMUM_NODE = [20, 19];

/** How each package manager installs, and what it calls the packages. First found is taken. */
const MANAGERS = [
  {
    command: 'apt-get',
    prepare: ['update'],
    install: ['install', '-y', '--no-install-recommends'],
    packages: { ffmpeg: 'ffmpeg', chromium: 'chromium' },
    needsRoot: true,
  },
  {
    command: 'dnf',
    install: ['install', '-y'],
    packages: { ffmpeg: 'ffmpeg', chromium: 'chromium' },
    // Fedora's own ffmpeg-free has no libx264.
    note: 'Fedora has FFmpeg with libx264 in RPM Fusion, which must be enabled first',
    needsRoot: true,
  },
  {
    command: 'apk',
    install: ['add', '--no-cache'],
    packages: { ffmpeg: 'ffmpeg', chromium: 'chromium' },
    needsRoot: true,
  },
  {
    command: 'brew',
    install: ['install'],
    packages: { ffmpeg: 'ffmpeg', chromium: '--cask chromium' },
    needsRoot: false,
  },
];

const PROGRAMS = {
  ffmpeg: { commands: ['ffmpeg'], why: 'FFmpeg (with FFprobe) makes every sound and video' },
  chromium: {
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    files: ['/Applications/Chromium.app', '/Applications/Google Chrome.app'],
    why: 'chromium runs the browser tests',
  },
};

checkNode();
const missing = Object.keys(PROGRAMS).filter((name) => wanted(name) && !isInstalled(name));
for (const name of Object.keys(PROGRAMS)) {
  if (wanted(name)) say(`${name}: ${missing.includes(name) ? 'missing' : 'found'}`);
}
if (options.has('--check')) process.exit(missing.length === 0 ? 0 : 1);
for (const name of missing) installProgram(name);
installPackages();
say('Ready. Next: "npm run demo" or "npm test".');

function wanted(name) {
  return name !== 'chromium' || !options.has('--no-browser');
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MINIMUM_NODE[0] || (major === MINIMUM_NODE[0] && minor >= MINIMUM_NODE[1])) return;
  fail(`Expected Node.js ${MINIMUM_NODE.join('.')} or newer but this is ${process.versions.node}.`);
}

function isInstalled(name) {
  const { commands, files = [] } = PROGRAMS[name];
  if (name === 'ffmpeg' && !isOnPath('ffprobe')) return false;
  return commands.some(isOnPath) || files.some((file) => existsSync(file));
}

function isOnPath(command) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .some((folder) => suffixes.some((suffix) => existsSync(path.join(folder, command + suffix))));
}

function installProgram(name) {
  const manager = MANAGERS.find(({ command }) => isOnPath(command));
  if (!manager) {
    giveUp(name, manualAdvice(name));
    return;
  }
  const run = withRights(manager);
  if (!run) {
    giveUp(name, `run as root: ${commandLine(manager, name)}`);
    return;
  }
  say(`Installing ${name} with ${manager.command} …`);
  if (manager.prepare) run(manager.prepare);
  run([...manager.install, ...manager.packages[name].split(' ')]);
  if (isInstalled(name)) return;
  const note = manager.note ? ` (${manager.note})` : '';
  giveUp(name, `try it by hand: ${commandLine(manager, name)}${note}`);
}

/** A function that runs the package manager with the rights that it needs; undefined without them. */
function withRights({ command, needsRoot }) {
  const isRoot = process.getuid?.() === 0;
  if (!needsRoot || isRoot) return (args) => runProgram(command, args);
  if (isOnPath('sudo')) return (args) => runProgram('sudo', [command, ...args]);
  return undefined;
}

function commandLine(manager, name) {
  return [manager.command, ...manager.install, manager.packages[name]].join(' ');
}

function manualAdvice(name) {
  if (process.platform === 'win32') {
    const id = name === 'ffmpeg' ? 'Gyan.FFmpeg' : 'Hibbiki.Chromium';
    return `run "winget install ${id}" and open a new terminal`;
  }
  return `install the package "${name}" of your system so that it is on the PATH`;
}

/** FFmpeg is needed; without chromium only the browser tests are skipped. */
function giveUp(name, advice) {
  const text = `${PROGRAMS[name].why}, and it could not be installed; ${advice}.`;
  if (name === 'ffmpeg') fail(text);
  say(`${text} The browser tests will be skipped.`);
}

function installPackages() {
  say('Installing the npm packages …');
  const [npm, ...script] = npmCommand();
  const result = spawnSync(npm, [...script, 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: 'inherit',
    // Node refuses to start .cmd files without a shell; the arguments are constants.
    shell: npm === 'npm.cmd',
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (result.status !== 0) fail('"npm ci" failed; its messages are above.');
}

/**
 * The npm that runs this script, where one does: within `npm run` a bare "npm" would be the older
 * one that Node-RED brings into node_modules/.bin.
 */
function npmCommand() {
  const running = process.env.npm_execpath;
  if (running?.endsWith('npm-cli.js') && existsSync(running)) return [process.execPath, running];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function runProgram(command, args) {
  spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function say(text) {
  console.log(`[setup] ${text}`);
}

function fail(text) {
  console.error(`[setup] ${text}`);
  process.exit(1);
}
