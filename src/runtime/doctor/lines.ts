import type { Check } from './types';

/** A line for each check, with a tick or a cross; below a cross, what to do. */
export function checkLines({ checks }: { checks: readonly Check[] }): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length)) + 2;
  return checks.flatMap(({ name, ok, text, remedy }) => {
    const line = `${ok ? '✔' : '✘'} ${name.padEnd(width)}${text}`;
    return remedy ? [line, `${' '.repeat(width + 2)}→ ${remedy}`] : [line];
  });
}
