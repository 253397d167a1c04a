/** Paths, Buffers and web addresses in messages and settings. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeAPI } from 'node-red';
import { describe, inputError, INPUT_LIMITS, LipwireError } from '../../src/contract';
import { sniffExtension } from '../../src/av/sniff';

/** Where relative paths start: Node-RED's user directory. */
export function userFolder(RED: NodeAPI): string {
  return RED.settings.userDir ?? process.cwd();
}

export interface FileTaker {
  /**
   * The absolute path of an existing file. Relative paths start at Node-RED's user directory.
   * @throws E_INPUT for what is no path, E_PATH for a file that does not exist or cannot be read
   */
  path(value: string, field: string): Promise<string>;
  /** Or a web address, where the studio accepts those. @throws also E_TIMEOUT */
  pathOrWeb(value: string, field: string): Promise<string>;
  /** Keeps a Buffer as a file. @throws E_INPUT */
  keep(bytes: Buffer, field: string): Promise<string>;
}

export interface FileSources {
  keepFile(bytes: Uint8Array): Promise<string>;
  /** Left out: web addresses are no paths. */
  fetchFile?(address: string, field: string): Promise<string>;
  /** Largest Buffer. */
  mostBytes?: number;
}

export function fileTaker(
  baseFolder: string,
  { keepFile, fetchFile, mostBytes = INPUT_LIMITS.bytes }: FileSources,
): FileTaker {
  const path = (value: string, field: string) => existingFile(value, field, baseFolder);
  return {
    path,
    pathOrWeb: (value, field) =>
      fetchFile && /^https?:/i.test(value) ? fetchFile(value, field) : path(value, field),
    keep: async (bytes, field) => {
      if (bytes.length === 0 || bytes.length > mostBytes) {
        const megabytes = mostBytes / 1024 / 1024;
        throw inputError(field, `a Buffer of 1 byte to ${megabytes} MiB`, bytes);
      }
      if (!sniffExtension(bytes)) {
        const remedy = 'its first bytes are of no format that is known';
        throw inputError(field, 'the content of a picture, sound or video file', bytes, remedy);
      }
      return keepFile(bytes);
    },
  };
}

/** Makes a path or a file URL absolute. @throws E_INPUT */
export function absolutePath(value: string, field: string, baseFolder: string): string {
  if (value.trim() === '' || value.includes('\0')) {
    throw inputError(field, 'the path of a file', value);
  }
  if (/^file:\/\//i.test(value)) return fromFileUrl(value, field);
  if (/^[a-z][a-z0-9+.-]*:/i.test(value) && !path.isAbsolute(value)) {
    const remedy = 'fetch it with an http request node and pass the Buffer on';
    throw inputError(field, 'the path of a file on this machine', value, remedy);
  }
  return path.resolve(baseFolder, value);
}

function fromFileUrl(value: string, field: string): string {
  try {
    const url = new URL(value);
    // On Windows a share of another machine.
    if (url.hostname !== '') throw new Error('it names a machine');
    return fileURLToPath(url);
  } catch {
    throw inputError(field, 'a file URL of this machine', value);
  }
}

async function existingFile(value: string, field: string, baseFolder: string): Promise<string> {
  const file = absolutePath(value, field, baseFolder);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) {
    const state = found ? 'is not a file' : 'does not exist';
    throw pathError(field, `${describe(file)} ${state}`, baseFolder);
  }
  await access(file, constants.R_OK).catch(() => {
    throw pathError(field, `${describe(file)} may not be read by Node-RED`, baseFolder);
  });
  return file;
}

function pathError(field: string, what: string, baseFolder: string): LipwireError {
  return new LipwireError(
    'E_PATH',
    `Expected a readable file for ${field} but ${what}; ` +
      `give an absolute path, or one that starts at ${baseFolder}.`,
  );
}
