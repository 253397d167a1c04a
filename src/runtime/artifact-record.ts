/**
 * How an artifact is written down. Its output names files; where they lie is not part of the record,
 * so that the workspace can be moved and equal inputs can lie in different places.
 */
import type { MadeFile } from './worker/protocol';
import type { Json } from './canonical';
import type { StageName } from '../stages';

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
  // This runs on Node-RED's thread, and a text can have thousands of segments: one copy, one pass.
  const holder = [JSON.parse(JSON.stringify(output ?? null)) as Json];
  const paths: PathPlace[] = [];
  const at: (string | number)[] = [];
  function visit(parent: Record<string | number, Json>, key: string | number): void {
    const value = parent[key];
    if (typeof value === 'string') {
      const place = placeOf(value, folder, inputs);
      if (!place) return;
      paths.push({ at: [...at], ...place });
      parent[key] = null;
    } else if (typeof value === 'object' && value !== null) {
      for (const step of Array.isArray(value) ? value.keys() : Object.keys(value)) {
        at.push(step);
        visit(value as Record<string | number, Json>, step);
        at.pop();
      }
    }
  }
  visit(holder as unknown as Record<number, Json>, 0);
  return { output: holder[0] ?? null, paths };
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
