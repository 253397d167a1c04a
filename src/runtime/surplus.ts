/** What the installed packages bring that this machine never loads: libraries of other systems, mostly. */
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { LipwireError } from '../contract';
import type { RuntimeKind } from '../ml/onnx/runtime';
import { packageFolder } from '../files/package-root';

/** A folder that can go. */
export interface Surplus {
  package: string;
  /** What it is, in a few words. */
  what: string;
  folder: string;
  bytes: number;
}

/** The machine, as far as libraries are made for it. */
export interface Machine {
  /** What computes here. */
  kind: RuntimeKind;
  platform: string;
  arch: string;
}

/**
 * Finds what this machine does not need of the packages that were installed with Lipwire: native
 * libraries of other systems, which nobody can load here; and, where a native one computes, ONNX
 * Runtime for WebAssembly, unless another package names it. Looks beside Lipwire and inside it, never
 * in the folders above, which are other projects'.
 * @param root the folder of the installed package
 * @throws E_INPUT for a checkout, which is somebody's work
 */
export async function findSurplus(machine: Machine, root = packageFolder()): Promise<Surplus[]> {
  if (existsSync(path.join(root, 'tsconfig.json'))) {
    throw new LipwireError(
      'E_INPUT',
      `Expected an installed Lipwire but ${root} is a checkout, which needs all of its packages; ` +
        'run this in the folder where Node-RED has installed it.',
    );
  }
  const places = [path.join(root, 'node_modules')];
  const above = path.resolve(root, '../..');
  if (path.basename(above) === 'node_modules') places.push(above);
  const found: Surplus[] = [];
  for (const modules of places) {
    found.push(...(await otherSystems(modules, machine)));
    if (machine.kind === 'native') found.push(...(await webAssembly(modules, root)));
  }
  return found;
}

/** Deletes it. @throws E_PATH where that is not allowed */
export async function removeSurplus(surplus: readonly Surplus[]): Promise<void> {
  for (const { folder } of surplus) {
    await rm(folder, { recursive: true, force: true }).catch((cause: NodeJS.ErrnoException) => {
      throw new LipwireError(
        'E_PATH',
        `Expected to be allowed to delete ${folder} but it was refused (${cause.code}); run this as the user who installed Lipwire.`,
        { cause },
      );
    });
  }
}

/** `bin/napi-v6/linux/x64` and its like. */
async function otherSystems(modules: string, machine: Machine): Promise<Surplus[]> {
  const name = 'onnxruntime-node';
  const bin = path.join(modules, name, 'bin');
  if (!(await isOwnFolder(path.join(modules, name)))) return [];
  const found: Surplus[] = [];
  for (const place of await readdir(bin, { recursive: true }).catch(() => [])) {
    const [, platform, arch, below] = place.split(path.sep);
    if (!arch || below || (platform === machine.platform && arch === machine.arch)) continue;
    const folder = path.join(bin, place);
    const what = 'libraries of other systems';
    found.push({ package: name, what, folder, bytes: await sizeOf(folder) });
  }
  return found;
}

async function webAssembly(modules: string, root: string): Promise<Surplus[]> {
  const name = 'onnxruntime-web';
  const folder = path.join(modules, name);
  if (!(await isOwnFolder(folder)) || (await isNamedElsewhere(name, modules, root))) return [];
  const what = 'WebAssembly, for machines without machine code';
  return [{ package: name, what, folder, bytes: await sizeOf(folder) }];
}

/** Whether the user folder or another package of it depends on a package. */
async function isNamedElsewhere(name: string, modules: string, root: string): Promise<boolean> {
  const folders = [path.dirname(modules)];
  for (const entry of await readdir(modules).catch(() => [])) {
    const scope = path.join(modules, entry);
    const inner = entry.startsWith('@') ? await readdir(scope).catch(() => []) : [''];
    folders.push(...inner.map((part) => path.join(scope, part)));
  }
  for (const folder of folders) {
    if (path.resolve(folder) === path.resolve(root)) continue;
    const text = await readFile(path.join(folder, 'package.json'), 'utf8').catch(() => '{}');
    if (dependsOn(text, name)) return true;
  }
  return false;
}

function dependsOn(manifest: string, name: string): boolean {
  try {
    const read = JSON.parse(manifest) as Record<string, object | undefined>;
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
    return kinds.some((kind) => Object.hasOwn(read[kind] ?? {}, name));
  } catch {
    return false;
  }
}

/** A package that is linked in is somebody's own folder. */
async function isOwnFolder(folder: string): Promise<boolean> {
  return (await lstat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const all = await Promise.all(names.map((name) => lstat(path.join(folder, name))));
  return all.reduce((sum, stats) => sum + (stats.isDirectory() ? 0 : stats.size), 0);
}
