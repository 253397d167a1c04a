/** Counts a 10 ms timer on this thread: how responsive it stays while something else works. */
const INTERVAL = 10;

/** Starts counting; the returned function stops and gives the share of ticks that came, 0…1. */
export function watchTicks() {
  let ticks = 0;
  const started = performance.now();
  const timer = setInterval(() => (ticks += 1), INTERVAL);
  return () => {
    clearInterval(timer);
    return Math.min(1, ticks / ((performance.now() - started) / INTERVAL));
  };
}
