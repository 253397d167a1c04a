/**
 * Loaded before anything else (node --require): machine code of ONNX Runtime does not load, with the
 * error that the dynamic linker gives on musl. LIPWIRE_TEST_WITHOUT=wasm: WebAssembly lacks its file too.
 */
const fs = require('node:fs');

const { dlopen } = process;
process.dlopen = function (module, file, ...rest) {
  if (/onnxruntime_binding/.test(file)) {
    const message = 'Error loading shared library ld-linux-x86-64.so.2: No such file or directory';
    throw Object.assign(new Error(message), { code: 'ERR_DLOPEN_FAILED' });
  }
  return dlopen.call(process, module, file, ...rest);
};

const { readFileSync } = fs;
fs.readFileSync = function (file, ...rest) {
  const isGone = process.env.LIPWIRE_TEST_WITHOUT === 'wasm' && /ort-wasm.*\.wasm$/.test(file);
  if (isGone) throw Object.assign(new Error(`ENOENT: no such file, ${file}`), { code: 'ENOENT' });
  return readFileSync.call(fs, file, ...rest);
};
