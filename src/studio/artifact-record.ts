/**
 * How an artifact is written down. Its output names files; where they lie is not part of the record,
 * so that the workspace can be moved and equal inputs can lie in different places.
 */
import type { MadeFile } from '../engine';
import type { StageName } from '../stages';
import { toJson, type Json } from './canonical';

export const RECORD_FILE = 'artifact.json';

/** A place in the output that holds a path: of a file of the artifact, or of an input file. */
type PathPlace = { at: (string | number)[] } & ({ file: string } | { input: number });

export interface ArtifactRecord {
  format: 1;
  stage: StageName;
  version: number;
  created: string;
  /** The output with null wherever {@link paths} has an entry. */
  output: Json;
  paths: PathPlace[];
  files: MadeFile[];
}

/**
 * Takes the paths out of an output.
 * @param folder the job's folder, under which the made files lie
 * @param inputs paths of the input files, in the order of the catalogue
 */
export function takePathsOut(
  output: unknown,
  folder: string,
  inputs: readonly string[],
): { output: Json; paths: PathPlace[] } {
  const paths: PathPlace[] = [];
  function walk(value: Json, at: (string | number)[]): Json {
    if (typeof value === 'string') {
      const place = placeOf(value, folder, inputs);
      if (!place) return value;
      paths.push({ at, ...place });
      return null;
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...at, index]));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item]) => [key, walk(item, [...at, key])]));
  }
  return { output: walk(toJson(output), []), paths };
}

/** The counterpart of {@link takePathsOut}: a new output with the paths that hold here. */
export function putPathsIn<T>(
  record: Pick<ArtifactRecord, 'output' | 'paths'>,
  resolveFile: (file: string) => string,
  inputs: readonly string[],
): T {
  const holder = { output: structuredClone(record.output) };
  for (const place of record.paths) {
    const path = 'file' in place ? resolveFile(place.file) : (inputs[place.input] ?? null);
    let parent: Record<string | number, Json> = holder;
    let key: string | number = 'output';
    for (const step of place.at) {
      parent = parent[key] as Record<string | number, Json>;
      key = step;
    }
    parent[key] = path;
  }
  return holder.output as T;
}

function placeOf(
  text: string,
  folder: string,
  inputs: readonly string[],
): { file: string } | { input: number } | undefined {
  if (text === folder) return { file: '' };
  if (text.startsWith(folder) && /^[\\/]/.test(text.slice(folder.length))) {
    return { file: text.slice(folder.length + 1).replaceAll('\\', '/') };
  }
  const input = inputs.indexOf(text);
  return input < 0 ? undefined : { input };
}
