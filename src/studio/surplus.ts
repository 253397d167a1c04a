/** What the installed packages bring that this machine never loads: libraries of other systems, mostly. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { RuntimeKind } from '../onnx/runtime';
import { findUpwards } from './package-root';

/** A part of a package that can go. A new installation brings it back. */
export interface Surplus {
  package: string;
  /** What it is, in a few words. */
  what: string;
  /** Inside the package's folder, with `/`; empty: all of it. */
  part: string;
  folder: string;
  bytes: number;
}

/** The machine, as far as libraries are made for it. */
export interface Machine {
  kind: RuntimeKind;
  platform: string;
  arch: string;
}

interface Rule {
  package: string;
  what: string;
  /** Folders, seen from the package's own, in which each entry is judged; `''` judges the whole. */
  within: RegExp;
  goes(part: string, machine: Machine): boolean;
}

const RULES: readonly Rule[] = [
  {
    package: 'onnxruntime-web',
    what: 'WebAssembly, for machines without machine code',
    within: /^$/,
    goes: (part, { kind }) => part === '' && kind === 'native',
  },
  {
    // bin/napi-v6/linux/x64
    package: 'onnxruntime-node',
    what: 'libraries of other systems',
    within: /^(bin(\/napi-v\d+(\/[a-z0-9]+)?)?)?$/,
    goes: (part, { kind, platform, arch }) => {
      const [, system, processor] = /^bin\/napi-v\d+\/([a-z0-9]+)\/([a-z0-9]+)$/.exec(part) ?? [];
      return !!system && (kind === 'wasm' || system !== platform || processor !== arch);
    },
  },
  {
    package: 'hls.js',
    what: 'builds for other uses, and sources',
    within: /^(dist)?$/,
    goes: (part) => part === 'src' || /^dist\/(?!hls\.min\.js$)/.test(part),
  },
  {
    package: 'fluent-ffmpeg',
    what: 'a report of its tests',
    within: /^$/,
    goes: (part) => part === 'coverage',
  },
];

/**
 * Finds what this machine does not need of the packages that Lipwire depends on.
 * @param from a file of the installation to look from; Lipwire's own package where it is left out
 */
export async function findSurplus(
  machine: Machine,
  from = findUpwards('package.json'),
): Promise<Surplus[]> {
  const found: Surplus[] = [];
  for (const rule of RULES) {
    const folder = await installedFolder(rule.package, from);
    if (folder) found.push(...(await judge(rule, folder, '', machine)));
  }
  return found;
}

/** Deletes it. @throws what the file system throws, for example EACCES */
export async function removeSurplus(surplus: readonly Surplus[]): Promise<void> {
  for (const { folder, part } of surplus) {
    await rm(path.join(folder, part), { recursive: true, force: true });
  }
}

async function judge(rule: Rule, folder: string, part: string, on: Machine): Promise<Surplus[]> {
  if (rule.goes(part, on)) {
    const bytes = await sizeOf(path.join(folder, part));
    return [{ package: rule.package, what: rule.what, part, folder, bytes }];
  }
  if (!rule.within.test(part)) return [];
  const entries = await readdir(path.join(folder, part)).catch(() => []);
  const found: Surplus[] = [];
  for (const entry of entries.sort()) {
    found.push(...(await judge(rule, folder, part ? `${part}/${entry}` : entry, on)));
  }
  return found;
}

/** As Node.js looks for packages; a package that is linked in is somebody's own folder, and stays whole. */
async function installedFolder(name: string, from: string): Promise<string | undefined> {
  const places = createRequire(from).resolve.paths(name) ?? [];
  for (const place of places) {
    const folder = path.join(place, name);
    const stats = await lstat(folder).catch(() => undefined);
    if (stats?.isDirectory()) return folder;
    if (stats) return undefined;
  }
  return undefined;
}

async function sizeOf(place: string): Promise<number> {
  const stats = await lstat(place);
  if (!stats.isDirectory()) return stats.size;
  const sizes = await Promise.all(
    (await readdir(place)).map((entry) => sizeOf(path.join(place, entry))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
