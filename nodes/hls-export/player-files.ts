/** The files of the player page: ours, and hls.js from the installed package. No CDN. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { contentType } from './media-types';
import { packageFolder } from '../../src/files/package-root';

/** The page itself; it is served as `watch`. */
const PAGE = 'index.html';

let found: ReadonlyMap<string, string> | undefined;

/** Absolute file by its name in the URL, beside a stream's own files. */
export function playerFiles(): ReadonlyMap<string, string> {
  found ??= findPlayerFiles();
  return found;
}

function findPlayerFiles(): Map<string, string> {
  const files = new Map<string, string>();
  const folder = path.join(packageFolder(), 'resources', 'player');
  if (existsSync(folder)) {
    for (const name of readdirSync(folder)) {
      const isServed = contentType(name) !== 'application/octet-stream';
      if (isServed) files.set(name === PAGE ? 'watch' : name, path.join(folder, name));
    }
  }
  files.set('hls.min.js', require.resolve('hls.js/dist/hls.min.js'));
  return files;
}
