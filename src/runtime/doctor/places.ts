/** Where work is kept. */
import type { Diagnostics } from '../types';
import { inTwo } from './sentence';
import type { Check } from './types';

/** Bytes; a few minutes of video, and what is made on the way to it. */
const LEAST_FREE = 256 * 1024 ** 2;

export function workspaceCheck(workspace: Diagnostics['workspace']): Check {
  const check = { name: 'workspace', needed: true } as const;
  if ('error' in workspace) return { ...check, ok: false, ...inTwo(workspace.error.message) };
  const { folder, bytes, maxBytes, maxAgeHours, artifacts } = workspace;
  const text =
    `${folder}, writable, ${artifacts} artifacts in ${mebibytes(bytes)} of at most ` +
    `${mebibytes(maxBytes)}, kept for ${maxAgeHours} hours`;
  return { ...check, ok: true, text };
}

/** @param free bytes that may still be written */
export function diskCheck(folder: string, free: number): Check {
  const ok = free >= LEAST_FREE;
  const remedy = `free ${mebibytes(LEAST_FREE)} or more, or choose a workspace on another disk`;
  const text = `${mebibytes(free)} free for ${folder}`;
  return { name: 'disk', ok, needed: true, text, ...(!ok && { remedy }) };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
