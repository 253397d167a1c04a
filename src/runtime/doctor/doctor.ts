/** `lipwire doctor`: looks at all that Lipwire needs, and says what to do where something is amiss. */
import { rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Engine } from '../worker/engine';
import type { Health } from '../worker/health';
import { makeFolder } from '../../files/make-folder';
import { serializeError } from '../../contract';
import { modelsFolder } from '../folders';
import type { House } from '../house';
import { openModels } from '../models';
import type { StudioSettings } from '../settings';
import type { Diagnostics } from '../types';
import { temporaryFolder } from '../workspace';
import { modelsCheck, modelsUnread } from './models';
import { nodeCheck, packagesCheck, platformCheck } from './packages';
import { diskCheck, workspaceCheck } from './places';
import { healthChecks, unhealthy } from './runtime';
import type { Check, CheckUp } from './types';

export { checkLines } from './lines';
export type { Check, CheckName, CheckUp } from './types';

/**
 * Looks at everything; never rejects.
 * @param diagnostics what is known of the studio already
 * @param house undefined where the workspace is not to be had
 */
export async function checkUp(
  settings: StudioSettings,
  diagnostics: Diagnostics,
  house: House | undefined,
): Promise<CheckUp> {
  const asked = house ? house.engine.ask('health') : askAlone(settings);
  const engine = await asked.then(
    (health) => healthChecks(health, diagnostics.libraries),
    (error: unknown) => unhealthy(serializeError(error).message),
  );
  const workspace = await writable(diagnostics.workspace, house);
  const checks: Check[] = [
    nodeCheck(diagnostics.node),
    platformCheck(diagnostics),
    ...engine.filter(({ name }) => name === 'libc' || name === 'processor'),
    packagesCheck(diagnostics.libraries),
    ...engine.filter(({ name }) => name !== 'libc' && name !== 'processor'),
    await models(settings),
    workspaceCheck(workspace),
  ];
  if (!('error' in workspace)) {
    const space = await statfs(workspace.folder).catch(() => undefined);
    if (space) checks.push(diskCheck(workspace.folder, space.bavail * space.bsize));
  }
  return { ok: checks.every(({ ok, needed }) => ok || !needed), checks };
}

async function models(settings: StudioSettings): Promise<Check> {
  try {
    const store = await openModels(settings);
    return modelsCheck(await store.list(), store.folder, settings.acceptNonCommercial);
  } catch (error) {
    return modelsUnread(serializeError(error).message);
  }
}

/** A workspace that was opened a while ago may have been deleted or write-protected since. */
async function writable(
  workspace: Diagnostics['workspace'],
  house: House | undefined,
): Promise<Diagnostics['workspace']> {
  if (!house || 'error' in workspace) return workspace;
  try {
    const trial = await temporaryFolder(house.workspace);
    await makeFolder(trial);
    await writeFile(path.join(trial, 'trial'), '');
    await rm(trial, { recursive: true });
    return workspace;
  } catch (error) {
    const { code, message } = serializeError(error);
    return { error: { code, message } };
  }
}

/** An engine process of its own, for when the studio has none because its workspace is no good. */
async function askAlone(settings: StudioSettings): Promise<Health> {
  const engine = new Engine({
    settings: {
      ffmpegPath: settings.ffmpeg,
      modelsFolder: await modelsFolder(settings.models, tmpdir()),
      device: settings.device,
      acceptNonCommercial: settings.acceptNonCommercial,
    },
    jobs: 1,
    idleSeconds: settings.idleSeconds,
    stagesModule: settings.stagesModule,
    limits: settings.limits,
  });
  try {
    return await engine.ask('health');
  } finally {
    await engine.close();
  }
}
