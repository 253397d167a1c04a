/**
 * Mocha's spec reporter with the slowest files, and a plain closing line that any CI can read. The times
 * are sums over a file's tests, without what its hooks took.
 */
const path = require('node:path');
const { reporters } = require('mocha');

const SHOWN = 10;

module.exports = class PlainClosingLine extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const times = new Map();
    runner.on('test end', ({ file, duration = 0 }) => {
      if (file) times.set(file, (times.get(file) ?? 0) + duration);
    });
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      const slowest = [...times].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
      for (const [file, time] of slowest) {
        console.log(`${(time / 1000).toFixed(1).padStart(6)} s  ${path.relative('.', file)}`);
      }
      console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
    });
  }
};
