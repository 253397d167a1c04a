/** Memory of a process and all that it started, from /proc (Linux only). */
import { readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4096;

/** Resident memory of the tree under a process, in bytes; shared pages count once for each process. */
export function treeBytes(root) {
  const children = childrenByParent();
  const open = [root];
  let bytes = 0;
  while (open.length > 0) {
    const pid = open.pop();
    bytes += residentBytes(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return bytes;
}

/** Samples {@link treeBytes} until it is stopped; gives the peak. */
export function watchPeak(root, everyMilliseconds = 200) {
  if (process.platform !== 'linux') return () => undefined;
  let peak = treeBytes(root);
  const timer = setInterval(() => (peak = Math.max(peak, treeBytes(root))), everyMilliseconds);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function childrenByParent() {
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent === undefined) continue;
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  return children;
}

function parentOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may hold anything, so read from its end.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function residentBytes(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
  } catch {
    return 0;
  }
}
