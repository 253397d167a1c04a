/**
 * Preloaded (`--import`) into processes whose time of day a bench sets: `Date` is off by the
 * milliseconds that the file LIPWIRE_BENCH_CLOCK holds. Timers and `performance` are left alone, as
 * they are when a machine's clock is set.
 */
import { readFileSync } from 'node:fs';

const file = process.env.LIPWIRE_BENCH_CLOCK;
const RealDate = Date;
let offset = 0;

function read() {
  try {
    offset = Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    offset = 0;
  }
}

class SetDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offset);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + offset;
  }
}

if (file) {
  read();
  setInterval(read, 20).unref();
  globalThis.Date = SetDate;
}
