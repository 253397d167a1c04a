/** What npm does for the pack test: packing, and installing with all scripts ignored. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** npm's own script, so that it can be run by any version of Node.js. */
const npmScript = findNpm();

/**
 * Packs the package as it would be published.
 * @returns the tarball: `{file, name, bytes, unpacked, files}`
 */
export function pack(root, folder) {
  run(process.execPath, [path.join(root, 'scripts', 'build.mjs'), '--if-stale'], root);
  const args = ['pack', '--json', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const output = npm(process.execPath, args, root);
  const [report] = JSON.parse(output.slice(output.indexOf('[')));
  return {
    file: path.join(folder, report.filename),
    name: report.filename,
    bytes: report.size,
    unpacked: report.unpackedSize,
    files: report.entryCount,
  };
}

/** The program of a major version: the one that runs this, or one from npm. */
export function nodeProgram(major, cache) {
  if (major === process.versions.node.split('.')[0]) return process.execPath;
  const folder = path.join(cache, `node-${major}`);
  const isWindows = process.platform === 'win32';
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const program = path.join(folder, 'node_modules', name, 'bin', isWindows ? 'node.exe' : 'node');
  if (!existsSync(program)) install(process.execPath, folder, [`${name}@${major}`]);
  return program;
}

/** Installs a Node-RED apart from the user folder, as people have it; gives its script. */
export function installNodeRed(version, program, cache) {
  const folder = path.join(cache, `node-red-${version}`);
  const script = path.join(folder, 'node_modules', 'node-red', 'red.js');
  if (!existsSync(script)) install(program, folder, [`node-red@${version}`]);
  return script;
}

/** Installs a tarball into an empty user folder, with the options of Node-RED's palette manager. */
export function installPackage(file, program, user) {
  writeFileSync(path.join(user, 'package.json'), '{"name":"node-red-project","private":true}\n');
  install(program, user, ['--save', '--save-prefix=~', '--engine-strict', file]);
}

function install(program, folder, args) {
  mkdirSync(folder, { recursive: true });
  const options = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'];
  npm(program, ['install', ...options, '--prefix', folder, ...args], folder);
}

function npm(program, args, folder) {
  return run(program, [npmScript, ...args], folder);
}

function run(program, args, cwd) {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  // The scripts of npm itself start `node`.
  env.PATH = path.dirname(program) + path.delimiter + env.PATH;
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
}

function findNpm() {
  if (/npm-cli\.c?js$/.test(process.env.npm_execpath ?? '')) return process.env.npm_execpath;
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const program = path.join(folder, 'npm');
    if (existsSync(program) && realpathSync(program).endsWith('.js')) return realpathSync(program);
  }
  return createRequire(process.execPath).resolve('npm/bin/npm-cli.js');
}
