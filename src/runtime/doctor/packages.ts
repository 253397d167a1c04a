/** Node.js, the machine, and the packages that are installed. */
import type { Diagnostics } from '../types';
import type { Check } from './types';

/** `engines` of package.json. */
const LEAST_NODE = [20, 9] as const;

/** Without these some stages do not run, but others do; they have checks of their own. */
const OPTIONAL = new Set([
  '@echogarden/espeak-ng-emscripten',
  'onnxruntime-node',
  'onnxruntime-web',
  'sharp',
]);

export function nodeCheck(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [least, leastMinor] = LEAST_NODE;
  const ok = major > least || (major === least && minor >= leastMinor);
  const remedy = `install Node.js ${LEAST_NODE.join('.')} or newer`;
  return { name: 'node', ok, needed: true, text: version, ...(!ok && { remedy }) };
}

export function platformCheck({ platform, memoryBytes }: Diagnostics): Check {
  const memory = `${Math.round(memoryBytes / 1024 ** 2)} MiB of memory`;
  return { name: 'platform', ok: true, needed: true, text: `${platform}, ${memory}` };
}

/** @param libraries versions by name; null: not installed */
export function packagesCheck(libraries: Diagnostics['libraries']): Check {
  const all = Object.entries(libraries);
  const missing = all.filter(([name, version]) => version === null && !OPTIONAL.has(name));
  const names = missing.map(([name]) => name);
  const there = all.filter(([, version]) => version !== null);
  if (names.length === 0) {
    const text = there.map(([name, version]) => `${name} ${version}`).join(', ');
    return { name: 'packages', ok: true, needed: true, text };
  }
  return {
    name: 'packages',
    ok: false,
    needed: true,
    text: `${names.join(', ')} not installed`,
    remedy: `run "npm install ${names.join(' ')}" in the folder where Lipwire is installed`,
  };
}
