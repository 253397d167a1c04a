/** Settings that an earlier version saved, as today's; the list of changes is the editor's own file. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { packageFolder } from '../../src/files/package-root';

export interface Migrations {
  /** By type of node: the version that each step leads to, what it fills in, and flags that become text. */
  STEPS: Record<string, { to: number; add: Record<string, unknown>; asTexts?: string[] }[]>;
  currentVersion(type: string): number;
  changes(type: string, settings: object): Record<string, unknown>;
}

const FILE = path.join(packageFolder(), 'resources/editor/migrations.js');

export const migrations = createRequire(__filename)(FILE) as Migrations;

/** A node's settings as today's version takes them: a copy where something had to be filled in. */
export function upToDate<T extends { type: string }>(config: T): T {
  const changed = migrations.changes(config.type, config);
  return Object.keys(changed).length > 0 ? { ...config, ...changed } : config;
}
