/** Parts of the installed packages that this machine never loads, mostly libraries of other systems. */
import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { LipwireError } from '../contract';
import type { RuntimeKind } from '../ml/onnx/runtime';
import { packageFolder } from '../files/package-root';
import { knownModels } from '../ml/tfjs/packaged';

/** A folder or a file that can be deleted. */
export interface Surplus {
  package: string;
  /** In a few words. */
  what: string;
  folder: string;
  bytes: number;
}

export interface Machine {
  kind: RuntimeKind;
  platform: string;
  arch: string;
}

/**
 * Finds native libraries of other systems, what lies beside the networks in the packages that carry them,
 * and, where a native library computes, ONNX Runtime for WebAssembly: the latter two unless another package
 * depends on them. Looks beside Lipwire and inside it, not in the
 * folders above: those belong to other projects.
 * @param root the folder of the installed package
 * @throws E_INPUT for a checkout
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
  const add = async (name: string, what: string, folder: string): Promise<void> => {
    found.push({ package: name, what, folder, bytes: await sizeOf(folder) });
  };
  for (const modules of places) {
    for (const folder of await otherSystems(path.join(modules, 'onnxruntime-node'), machine)) {
      await add('onnxruntime-node', 'libraries of other systems', folder);
    }
    for (const name of new Set(knownModels().map((model) => model.package.name))) {
      const folder = path.join(modules, ...name.split('/'));
      if (!(await isOwnFolder(folder)) || (await isNamedElsewhere(name, modules, root))) continue;
      for (const place of await besideNetworks(name, folder)) {
        await add(name, 'code that is never run, around the networks', place);
      }
    }
    const web = path.join(modules, 'onnxruntime-web');
    if (machine.kind !== 'native' || !(await isOwnFolder(web))) continue;
    if (await isNamedElsewhere('onnxruntime-web', modules, root)) continue;
    await add('onnxruntime-web', 'WebAssembly, for machines without machine code', web);
  }
  return found;
}

/** @throws E_PATH where deleting is not allowed */
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

/** Folders such as `bin/napi-v6/linux/x64` that are not this machine's. */
async function otherSystems(ort: string, { platform, arch }: Machine): Promise<string[]> {
  if (!(await isOwnFolder(ort))) return [];
  const bin = path.join(ort, 'bin');
  const places = await readdir(bin, { recursive: true }).catch(() => []);
  return places
    .filter((place) => {
      const [, system, processor, below] = place.split(path.sep);
      return processor && !below && !(system === platform && processor === arch);
    })
    .map((place) => path.join(bin, place));
}

/** What a package's networks, and finding the package, do not need. */
async function besideNetworks(name: string, folder: string): Promise<string[]> {
  const models = knownModels().filter((model) => model.package.name === name);
  const kept = models.flatMap(({ files }) => files.map((file) => path.join(folder, file.path)));
  try {
    kept.push(createRequire(path.join(folder, 'package.json')).resolve(name));
  } catch {
    // Without its main file the package is not found either way.
  }
  const isNeeded = (place: string): boolean =>
    /^(package\.json|licen[cs]e.*|readme.*)$/i.test(path.relative(folder, place)) ||
    kept.some((file) => file === place || file.startsWith(place + path.sep));
  const unneeded = async (place: string): Promise<string[]> => {
    if (!isNeeded(place)) return [place];
    if (!(await lstat(place)).isDirectory()) return [];
    return unneededIn(place);
  };
  const unneededIn = async (place: string): Promise<string[]> => {
    const found = (await readdir(place)).map((entry) => unneeded(path.join(place, entry)));
    return (await Promise.all(found)).flat();
  };
  return unneededIn(folder);
}

/** Whether the project, or another package of it, depends on a package. */
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

/** False for a linked package, which is somebody's checkout. */
async function isOwnFolder(folder: string): Promise<boolean> {
  return (await lstat(folder).catch(() => undefined))?.isDirectory() ?? false;
}

async function sizeOf(folder: string): Promise<number> {
  const own = await lstat(folder);
  if (!own.isDirectory()) return own.size;
  const names = await readdir(folder, { recursive: true });
  const all = await Promise.all(names.map((name) => lstat(path.join(folder, name))));
  return all.reduce((sum, stats) => sum + (stats.isDirectory() ? 0 : stats.size), 0);
}
