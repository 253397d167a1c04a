import type { StageSettings } from '../contract';
import { ArtifactStore } from './artifacts';
import { FileHashes } from './file-hashes';
import { WebFiles } from './kept-files';
import type { Leases } from './leases';
import type { LocalQueue } from './queue';
import type { StudioSettings } from './settings';
import { SweepSchedule, Sweeper } from './sweeper';
import { WorkerClient } from './worker/client';
import { defaultWorkspace, modelsFolder, openWorkspace, type Workspace } from './workspace';

/** What a studio works with once its workspace is open. */
export interface Runtime {
  workspace: Workspace;
  /** What stages are given of the settings. */
  stageSettings: StageSettings;
  store: ArtifactStore;
  hashes: FileHashes;
  worker: WorkerClient;
  webFiles: WebFiles;
  sweeper: Sweeper;
  sweeps: SweepSchedule;
}

/**
 * Opens the workspace and sets up what works in it; starts no process.
 * @throws E_PATH, E_DISK
 */
export async function openRuntime(
  settings: StudioSettings,
  leases: Leases,
  queue: LocalQueue,
): Promise<Runtime> {
  const { workspace: wanted, log } = settings;
  const workspace = await openWorkspace(wanted || defaultWorkspace(), !wanted);
  const stageSettings = await stageSettingsOf(settings, workspace.root);
  const store = new ArtifactStore(workspace);
  const sweeper = new Sweeper(workspace, store, leases, settings);
  return {
    workspace,
    stageSettings,
    store,
    hashes: new FileHashes(),
    worker: new WorkerClient({ ...settings, settings: stageSettings }, queue),
    webFiles: new WebFiles(workspace, settings),
    sweeper,
    sweeps: new SweepSchedule(sweeper, log),
  };
}

/** @param workspace where models are kept if the user has no folder for them */
export async function stageSettingsOf(
  settings: StudioSettings,
  workspace: string,
): Promise<StageSettings> {
  return {
    ffmpegPath: settings.ffmpeg,
    modelsFolder: await modelsFolder(settings.models, workspace),
    device: settings.device,
    acceptNonCommercial: settings.acceptNonCommercial,
  };
}
