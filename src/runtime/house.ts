import { Engine } from './worker/engine';
import type { StageSettings } from '../contract';
import { ArtifactStore } from './artifacts';
import { FileHashes } from './file-hashes';
import { defaultWorkspace, modelsFolder, openWorkspace, type Workspace } from './workspace';
import type { Leases } from './leases';
import type { StudioSettings } from './settings';
import { WebFiles } from './kept-files';
import { SweepSchedule, Sweeper } from './sweeper';
import { Workshop } from './workshop';

/** Everything that a studio has once its workspace could be opened. */
export interface House {
  workspace: Workspace;
  /** What stages are given of the settings. */
  stageSettings: StageSettings;
  hashes: FileHashes;
  engine: Engine;
  workshop: Workshop;
  webFiles: WebFiles;
  sweeper: Sweeper;
  sweeps: SweepSchedule;
}

/**
 * Opens the workspace and sets up what works in it; starts no process.
 * @throws E_PATH, E_DISK
 */
export async function openHouse(settings: StudioSettings, leases: Leases): Promise<House> {
  const { workspace: wanted, jobs, idleSeconds, stagesModule, log } = settings;
  const workspace = await openWorkspace(wanted || defaultWorkspace(), !wanted);
  const models = await modelsFolder(settings.models, workspace.root);
  const store = new ArtifactStore(workspace);
  const hashes = new FileHashes();
  const stageSettings: StageSettings = {
    ffmpegPath: settings.ffmpeg,
    modelsFolder: models,
    device: settings.device,
    acceptNonCommercial: settings.acceptNonCommercial,
  };
  const engine = new Engine({
    settings: stageSettings,
    jobs,
    idleSeconds,
    stagesModule,
    limits: settings.limits,
    ...(log && { log }),
  });
  const workshop = new Workshop(workspace, store, hashes, engine, settings);
  const webFiles = new WebFiles(workspace, settings);
  const sweeper = new Sweeper(workspace, store, leases, settings);
  const sweeps = new SweepSchedule(sweeper, log);
  return { workspace, stageSettings, hashes, engine, workshop, webFiles, sweeper, sweeps };
}
