/**
 * Lets tests run what is published: what they import from src/ and nodes/ comes from dist/, where it
 * is compiled already. tsx is loaded with the first TypeScript file, so most workers start without it.
 */
const { existsSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');

const root = path.resolve(__dirname, '../..');
const sources = ['src', 'nodes'].map((folder) => path.join(root, folder) + path.sep);
const resolve = Module._resolveFilename;

Module._resolveFilename = function (...args) {
  const file = resolve.apply(this, args);
  if (!file.endsWith('.ts') || !sources.some((folder) => file.startsWith(folder))) return file;
  const compiled = path.join(root, 'dist', path.relative(root, file)).replace(/\.ts$/, '.js');
  return existsSync(compiled) ? compiled : file;
};

Module._extensions['.ts'] = (module, file) => {
  delete Module._extensions['.ts'];
  require('tsx/cjs');
  Module._extensions['.ts'](module, file);
};
