/** A download in progress: its bytes so far, and beside them where they come from. */
import { constants } from 'node:fs';
import { lstat, open, readFile, rm, writeFile, type FileHandle } from 'node:fs/promises';

/** What the bytes so far are worth: those of one version of one address. */
export interface Origin {
  source: string;
  /** A strong ETag, or a date; `If-Range` takes either. Empty: the server gave none. */
  validator: string;
  /** The file that is wanted. */
  sha256: string;
}

/** Never through a link that somebody put in its place (there is no such flag on Windows). */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

export class PartialFile {
  readonly #about: string;

  constructor(readonly file: string) {
    this.#about = `${file}.json`;
  }

  /** Where the bytes come from and how many there are; undefined when they are of no use. */
  async resumable(
    source: string,
    sha256: string,
  ): Promise<(Origin & { bytes: number }) | undefined> {
    try {
      const origin = JSON.parse(await readFile(this.#about, 'utf8')) as Partial<Origin>;
      const stats = await lstat(this.file);
      const isOurs = origin.source === source && origin.sha256 === sha256;
      if (!isOurs || !stats.isFile() || stats.size === 0) return undefined;
      return { source, sha256, validator: validatorOf(origin), bytes: stats.size };
    } catch {
      return undefined;
    }
  }

  /** Opens it for appending after its first `keep` bytes; the rest is dropped. */
  async begin(origin: Origin, keep: number): Promise<FileHandle> {
    const flags = constants.O_CREAT | constants.O_WRONLY | NO_LINK;
    const handle = await open(this.file, flags, 0o644);
    try {
      await handle.truncate(keep);
      await writeFile(this.#about, JSON.stringify(origin));
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async bytes(): Promise<number> {
    return lstat(this.file).then(
      ({ size }) => size,
      () => 0,
    );
  }

  async discard(): Promise<void> {
    await rm(this.file, { force: true });
    await rm(this.#about, { force: true });
  }

  /** After the file was moved to its place. */
  async forget(): Promise<void> {
    await rm(this.#about, { force: true });
  }
}

function validatorOf({ validator }: Partial<Origin>): string {
  return typeof validator === 'string' && /^[\x20-\x7e]*$/.test(validator) ? validator : '';
}
