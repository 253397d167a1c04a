/** The files of the pages, as the build bundles them beside this file in dist/: nothing comes from a CDN. */
import path from 'node:path';
import { packageFolder } from '../../src/files/package-root';

/** Absolute file by its name in the URL; the page itself has no ending there. */
function filesOf(page: 'player' | 'kiosk', name: string): ReadonlyMap<string, string> {
  const folder = path.join(packageFolder(), 'dist/nodes/hls-export', page);
  return new Map([
    [name, path.join(folder, 'index.html')],
    ...['css', 'js'].map((ending) => {
      const file = `${page}.${ending}`;
      return [file, path.join(folder, file)] as const;
    }),
  ]);
}

export const PLAYER_FILES = filesOf('player', 'watch');
export const KIOSK_FILES = filesOf('kiosk', 'kiosk');
