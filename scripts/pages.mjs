/** The watch page and the kiosk page: each one script, with what it imports. */
import { cpSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** The build with its inlined worker, which the module build lacks. */
const HLS = require.resolve('hls.js/dist/hls.min.js');

/** @param dist gets the pages in nodes/hls-export/<page> */
export function bundlePages(dist) {
  const licence = readFileSync(path.join(path.dirname(HLS), '../LICENSE'), 'utf8');
  for (const page of ['player', 'kiosk']) {
    const folder = path.join('nodes/hls-export', page);
    for (const name of ['index.html', `${page}.css`]) {
      cpSync(path.join(root, folder, name), path.join(dist, folder, name));
    }
    const file = path.join(folder, page);
    buildSync({
      entryPoints: [path.join(root, `${file}.ts`)],
      outfile: path.join(dist, `${file}.js`),
      bundle: true,
      minify: true,
      charset: 'utf8',
      target: 'es2018',
      alias: { 'hls.js': HLS },
      banner: page === 'player' ? { js: `/*! hls.js\n\n${licence.trim()}\n*/` } : {},
    });
  }
}
