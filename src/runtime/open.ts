import type { StageSettings } from '../contract';
import { ArtifactStore } from './artifacts';
import { FileHashes } from './file-hashes';
import { WebFiles } from './kept-files';
import { Sweeper, type Leases } from './sweeper';
import type { LocalQueue } from './queue';
import type { StudioSettings } from './settings';
import { WorkerClient } from './worker/client';
import { defaultWorkspace, modelsFolder, openWorkspace, type Workspace } from './workspace';

/** The parts of a studio whose workspace is open. */
export interface Runtime {
  workspace: Workspace;
  /** What stages are given of the settings. */
  stageSettings: StageSettings;
  store: ArtifactStore;
  hashes: FileHashes;
  worker: WorkerClient;
  webFiles: WebFiles;
  sweeper: Sweeper;
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
  const { workspace: wanted } = settings;
  const workspace = await openWorkspace(wanted || defaultWorkspace(), !wanted);
  const stageSettings = await stageSettingsOf(settings, workspace.root);
  const store = new ArtifactStore(workspace);
  return {
    workspace,
    stageSettings,
    store,
    hashes: new FileHashes(),
    worker: new WorkerClient({ ...settings, settings: stageSettings }, queue),
    webFiles: new WebFiles(workspace, settings),
    sweeper: new Sweeper(workspace, store, leases, settings).start(),
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
    servers: settings.servers,
  };
}
