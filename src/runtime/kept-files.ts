/** Files that flows hand over (Buffers, web addresses), kept in the workspace by their content. */
import { createHash } from 'node:crypto';
import { mkdir, rename, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { inputError, INPUT_LIMITS, LipwireError } from '../contract';
import { sniffExtension } from '../av/sniff';
import { discard, temporaryFolder, type Workspace } from './workspace';
import { downloadFromWeb } from '../net/download';
import { withoutSecrets } from '../net/rules';
import type { StudioSettings } from './settings';

const KEPT_EXTENSIONS =
  'jpg jpeg png webp avif heic gif tif tiff svg bmp wav mp3 ogg oga opus flac m4a aac aiff mp4 m4v mov webm mkv avi'.split(
    ' ',
  );

/** Names of kept files: SHA-256 of the content and its extension. */
export const KEPT_FILE_PATTERN = new RegExp(`^[0-9a-f]{64}\\.(${KEPT_EXTENSIONS.join('|')})$`);

/**
 * Keeps a Buffer's content as a file named by it.
 * @param extension with or without a dot, for a content of no known format
 * @param most largest content in bytes
 * @returns the file's path
 * @throws E_INPUT for an empty, too large or unknown content
 */
export async function keepFile(
  workspace: Workspace,
  bytes: Uint8Array,
  extension = '',
  most: number = INPUT_LIMITS.bytes,
): Promise<string> {
  const ending = checkedExtension(bytes, extension, most);
  const hash = createHash('sha256');
  // In pieces: Node-RED's thread has other work.
  for (let start = 0; start < bytes.byteLength; start += 1 << 20) {
    hash.update(bytes.subarray(start, start + (1 << 20)));
    await setImmediate();
  }
  return keep(workspace, `${hash.digest('hex')}.${ending}`, bytes.byteLength, (temporary) =>
    writeFile(temporary, bytes, { mode: 0o600 }),
  );
}

/** @param write makes the file under a temporary name; not called where the content is kept already */
async function keep(
  workspace: Workspace,
  name: string,
  size: number,
  write: (temporary: string) => Promise<void>,
): Promise<string> {
  const file = path.join(workspace.inputs, name);
  if (await isKept(workspace, file, size)) return file;
  const temporary = await temporaryFolder(workspace);
  try {
    await write(temporary);
    await mkdir(workspace.inputs, { recursive: true, mode: 0o700 });
    await rename(temporary, file);
    await touchKept(workspace, name);
    return file;
  } finally {
    await discard(temporary);
  }
}

/** Marks a kept file as just used. */
export async function touchKept(workspace: Workspace, name: string): Promise<void> {
  const now = workspace.ages.use(name);
  await utimes(path.join(workspace.inputs, name), now, now);
}

/** Whether a content is kept already; it then counts as just used. */
async function isKept(workspace: Workspace, file: string, size: number): Promise<boolean> {
  const there = await stat(file).catch(() => undefined);
  if (!there?.isFile() || there.size !== size) return false;
  await touchKept(workspace, path.basename(file));
  return true;
}

function checkedExtension(bytes: Uint8Array, extension: string, limit: number): string {
  const what = 'the content of a picture, sound or video file';
  if (!(bytes instanceof Uint8Array) || bytes.byteLength === 0) {
    throw inputError('the Buffer', what, bytes);
  }
  if (bytes.byteLength > limit) {
    const most = `at most ${limit / 1024 / 1024} MiB`;
    throw inputError('the Buffer', most, bytes, 'write it to a file and send its path');
  }
  const given = extension.replace(/^\./, '').toLowerCase();
  const found = sniffExtension(bytes) ?? (KEPT_EXTENSIONS.includes(given) ? given : undefined);
  if (!found) {
    throw inputError('the Buffer', what, bytes, 'its first bytes are of no format that is known');
  }
  return found;
}

/** Addresses whose answers are remembered. */
const REMEMBERED = 200;

/** Portraits and sounds from the web, kept in the workspace by their content. */
export class WebFiles {
  /** By address. */
  readonly #known = new LRUCache<string, { etag: string; file: string; bytes: number }>({
    max: REMEMBERED,
  });

  constructor(
    private readonly workspace: Workspace,
    private readonly settings: Pick<
      StudioSettings,
      'acceptWeb' | 'webRules' | 'limits' | 'timeLimit'
    >,
  ) {}

  /**
   * Downloads an address, unless its ETag is that of a file that is kept.
   * @throws see {@link downloadFromWeb}; E_INPUT where the studio accepts none, or for other content
   */
  async fetch(address: string, field: string, signal: AbortSignal): Promise<string> {
    const { workspace } = this;
    const { acceptWeb, webRules: rules, limits, timeLimit: timeFactor } = this.settings;
    if (!acceptWeb) throw notAccepted(address, field);
    const known = this.#known.get(address);
    const isThere = known && (await isKept(workspace, known.file, known.bytes));
    const download = await temporaryFolder(workspace);
    try {
      const etag = isThere ? { etag: known.etag } : {};
      const request = { field, rules, mostBytes: limits.bytes, timeFactor, signal, ...etag };
      const came = await downloadFromWeb(address, download, request);
      // Undefined only in answer to an ETag.
      if (!came) return known!.file;
      const extension = sniffExtension(came.head);
      if (!extension) throw otherContent(address, field);
      const file = await keep(workspace, `${came.sha256}.${extension}`, came.bytes, (temporary) =>
        rename(download, temporary),
      );
      if (came.etag) this.#known.set(address, { etag: came.etag, file, bytes: came.bytes });
      else this.#known.delete(address);
      return file;
    } finally {
      await discard(download);
    }
  }
}

function notAccepted(address: string, field: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected the path of a file on this machine for ${field} but received the web address ` +
      `${withoutSecrets(address)}; switch on "Accept portraits and sound from web addresses" in the ` +
      'studio (--allow-web on the command line), or fetch it with an http request node and pass the ' +
      'Buffer on.',
  );
}

function otherContent(address: string, field: string): LipwireError {
  return new LipwireError(
    'E_INPUT',
    `Expected a picture, sound or video at ${withoutSecrets(address)} for ${field} but its first ` +
      'bytes are of no format that is known; give the address of the file itself, not of a page.',
  );
}
