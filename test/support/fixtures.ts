/**
 * Fixtures that are not part of the project: public portraits, speech and golden tensors. They are
 * looked for in the folder that LIPWIRE_FIXTURES names, then beside the checkout; tests that need
 * one skip, saying so, where it is absent.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

const FOLDERS = [
  process.env['LIPWIRE_FIXTURES'],
  path.resolve(__dirname, '../../../shared/fixtures'),
].filter((folder): folder is string => Boolean(folder));

/** Path of a fixture, for example `portraits/astronaut.png`; undefined where it is absent. */
export function fixture(name: string): string | undefined {
  return FOLDERS.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** Path of a fixture, or skips the running test and says which one is missing. */
export function needFixture(context: Mocha.Context, name: string): string {
  const file = fixture(name);
  if (file) return file;
  if (context.test) context.test.title += ` (skipped: fixture ${name} is absent)`;
  return context.skip();
}
