/** A copy of this package as it is built, with another list of models: for tests of downloads. */
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT } from './node-red';

/** An entry of models/manifest.json, as far as it is of interest here. */
interface Entry extends Record<string, unknown> {
  id: string;
}

export interface PackageCopy {
  folder: string;
  remove(): Promise<void>;
}

/** @param changes what is different of which model, by its id */
export async function packageCopy(changes: Record<string, object>): Promise<PackageCopy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lipwire-package-'));
  const from = (name: string): string => path.join(PROJECT, name);
  const to = (name: string): string => path.join(folder, name);
  await cp(from('dist'), to('dist'), { recursive: true });
  await cp(from('package.json'), to('package.json'));
  for (const name of ['resources', 'assets', 'node_modules']) {
    await symlink(from(name), to(name), 'junction');
  }
  const manifest = JSON.parse(await readFile(from('models/manifest.json'), 'utf8')) as {
    models: Entry[];
  };
  const models = manifest.models.map((entry) => ({ ...entry, ...changes[entry.id] }));
  await mkdir(to('models'));
  await writeFile(to('models/manifest.json'), JSON.stringify({ ...manifest, models }));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
