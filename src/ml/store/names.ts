/** Names of models and of their files: the same on every file system, and never a way out of one. */
import { isModelName } from '../../contract';

/** File name endings that hold models. */
export const MODEL_EXTENSIONS = ['.onnx', '.pth', '.pt'] as const;

const LONGEST = 48;

/**
 * A model's name from the name of the user's file: without folder and ending, lower case, letters
 * with accents as plain ones, everything else than letters, digits, `.`, `_`, `-` as `-`.
 * @returns a name for which {@link isModelName} is true; `model` where nothing is left
 */
export function safeModelName(fileName: string): string {
  const last = fileName.split(/[\\/]/).pop() as string;
  const plain = stem(last.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase())
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, LONGEST)
    .replace(/^[._-]+|[._-]+$/g, '');
  if (isModelName(plain)) return plain;
  const marked = `model-${plain}`;
  return plain !== '' && isModelName(marked) ? marked : 'model';
}

/** A file name without the ending of a model's file. */
export function stem(fileName: string): string {
  const lower = fileName.toLowerCase();
  const ending = MODEL_EXTENSIONS.find((extension) => lower.endsWith(extension));
  return ending ? fileName.slice(0, -ending.length) : fileName;
}

/** Whether two names mean one file on a file system that does not tell upper from lower case. */
export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
