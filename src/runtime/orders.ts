import type { STAGES, StageInput, StageName, StageParameters } from '../stages';
import { artifactKey } from './artifact-key';
import { plainJson, toJson } from './canonical';
import type { FileHash } from './file-hashes';
import type { House } from './house';
import type { Order } from './workshop';

/**
 * What a run asks for: its key, made of all that the output depends on.
 * @throws E_PATH naming an input file that cannot be read; E_INPUT for what is no plain data
 */
export async function makeOrder<S extends StageName>(
  { hashes: fileHashes, stageSettings }: House,
  stages: typeof STAGES,
  stage: S,
  input: StageInput<S>,
  parameters: StageParameters<S>,
  signal: AbortSignal,
): Promise<Order<S>> {
  const entry = stages[stage];
  const { version, files: filesOf } = entry;
  const plain = plainJson(input);
  const files = filesOf(plain);
  const hashes = new Map<string, FileHash>();
  for (const file of files) hashes.set(file, await fileHashes.hash(file, signal));
  const models = await entry.cacheKey?.(parameters, stageSettings, signal);
  const key = artifactKey({ stage, version, parameters, input: plain, models, hashes });
  return { key, stage, version, input: plain, parameters: plainJson(parameters), files, hashes };
}

/** All strings of an input, some of which are paths. */
export function stringsIn(value: unknown): string[] {
  const strings: string[] = [];
  try {
    toJson(value, (text) => {
      strings.push(text);
      return null;
    });
  } catch {
    // The run itself says what is wrong with the input.
  }
  return strings;
}
