/** What the lip-sync benches share: a stage context and a detected portrait. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  type FacePayload,
  type Landmark,
  resolveParameters,
  type StageContext,
} from '../src/contract';
import { run as runFaceDetect } from '../src/face/run';
import { expectLandmarks, loadPortrait, type Portrait } from '../src/lipsync/face';
import { faceDetect } from '../src/face/stage';

export function benchContext(folder = temporaryFolder()): StageContext {
  return {
    signal: new AbortController().signal,
    folder,
    settings: {
      ffmpegPath: '',
      modelsFolder: path.join(os.tmpdir(), 'lipwire-bench-models'),
      device: 'cpu',
      acceptNonCommercial: false,
    },
    progress: () => undefined,
  };
}

/** Goes with the process. */
function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lipwire-bench-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Finds the face of a portrait. */
export async function detect(portrait: string, context = benchContext()): Promise<FacePayload> {
  const file = path.resolve(portrait);
  return runFaceDetect(
    { kind: 'file', file },
    resolveParameters(faceDetect.parameters, []),
    context,
  );
}

/** Finds the face and loads the picture and the landmarks that the built-in engine takes. */
export async function portraitOf(file: string): Promise<Portrait & { landmarks: Landmark[] }> {
  const context = benchContext();
  const face = await detect(file, context);
  const portrait = expectLandmarks(await loadPortrait(face, context.signal));
  return { ...portrait, landmarks: portrait.refined ?? portrait.landmarks };
}
