/** Piper's voices: the published ones, which `models/voices.json` lists, and those that are installed. */
import { readFileSync } from 'node:fs';
import { copyFile, lstat, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, LipwireError, nearest, throwIfCancelled } from '../../contract';
import { syncFolder, writeWhole } from '../../files/write-file';
import { hashFile } from '../../files/hash-file';
import { manifestFile } from '../tfjs/packaged';
import { download, partialFile, PATIENCE, type Patience, SourceFailures } from './download';
import { expectSpace, freeBytes, openForWriting, withLock } from './folders';
import { recogniseModel } from './kinds';
import { signalOf, type WorkOptions } from './tasks';

/** One of a voice's two files. */
export interface VoiceFile {
  bytes: number;
  /** As the publisher's own list has it. */
  md5: string;
  /** In hex, where it is known. */
  sha256?: string;
}

export interface PublishedVoice {
  /** For example `en_US-ljspeech-medium`. */
  id: string;
  /** Below the address of all voices. */
  folder: string;
  /** BCP 47. */
  language: string;
  languageName: string;
  speakers: number;
  licence: string;
  /** null: not known. */
  commercialUse: boolean | null;
  network: VoiceFile;
  settings: VoiceFile;
}

export interface VoiceList {
  source: string;
  voices: PublishedVoice[];
}

let list: VoiceList | undefined;

/** The voices, and the address that their folders are below. */
export function publishedVoices(): Readonly<VoiceList> {
  list ??= JSON.parse(
    readFileSync(path.join(path.dirname(manifestFile()), 'voices.json'), 'utf8'),
  ) as VoiceList;
  return list;
}

/** The licence of a Piper voice by its id; one that nobody published has an unknown one. */
export function voiceLicence(id: string): Pick<PublishedVoice, 'licence' | 'commercialUse'> {
  const found = publishedVoices().voices.find((voice) => voice.id === id);
  if (!found) return { licence: 'not known', commercialUse: null };
  return { licence: found.licence, commercialUse: found.commercialUse };
}

/** A voice as lists show it. Plain JSON. */
export interface VoiceStatus {
  id: string;
  language: string;
  languageName: string;
  speakers: number;
  licence: string;
  commercialUse: boolean | null;
  /** Of both files. */
  bytes: number;
  installed: boolean;
}

/** The folder of voices inside the models folder. */
const FOLDER = 'voices';

/**
 * Gets, adds and removes Piper's voices. Only streams; several processes may share a folder.
 * @param modelsFolder voices lie in its folder `voices`
 */
export class VoiceStore {
  readonly folder: string;

  constructor(
    modelsFolder: string,
    private readonly list: Readonly<VoiceList> = publishedVoices(),
    private readonly patience: Patience = PATIENCE,
  ) {
    this.folder = path.join(modelsFolder, FOLDER);
  }

  /** All published voices. */
  async statuses(): Promise<VoiceStatus[]> {
    return Promise.all(this.list.voices.map((voice) => this.#status(voice)));
  }

  /**
   * Downloads both files of a voice unless they are there; a download that broke off is resumed.
   * @throws E_MODEL_MISSING for an unknown voice, or when its source fails; E_MODEL_INVALID when that
   *   gives other bytes; E_BUSY; E_DISK; E_PATH; E_CANCELLED
   */
  async pull(id: string, options: WorkOptions = {}): Promise<VoiceStatus> {
    const voice = this.#known(id);
    const folders = await openForWriting(this.folder);
    await withLock(path.join(folders.locks, `${id.toLowerCase()}.lock`), id, async (lost) => {
      const signal = AbortSignal.any([signalOf(options), lost]);
      const total = voice.network.bytes + voice.settings.bytes;
      await expectSpace(folders.partial, total, freeBytes);
      // The settings come last: a voice counts as installed when they are there.
      for (const [ending, wanted] of filesOf(voice)) {
        const file = `${id}${ending}`;
        const target = path.join(folders.models, file);
        if (await isWanted(target, wanted, signal)) continue;
        const partial = partialFile(folders, { file });
        const source = new URL(
          `${voice.folder}/${file}`.split('/').map(encodeURIComponent).join('/'),
          this.list.source,
        ).href;
        const report = (doing: 'downloading' | 'checking') => (done: number) =>
          options.onProgress?.({ doing, done, total: wanted.bytes });
        await download([source], partial.file, wanted, {
          ...{ signal, patience: this.patience },
          onBytes: report('downloading'),
          onChecked: report('checking'),
        }).catch((error: unknown) => {
          throw error instanceof SourceFailures ? failed(id, source, error) : error;
        });
        if (ending === '.onnx') await recogniseModel(partial.file, file);
        await rename(partial.file, target);
        await partial.forget();
      }
      await writeWhole(path.join(folders.receipts, `${id}.json`), JSON.stringify({ id }));
      await syncFolder(folders.models);
    });
    return this.#status(voice);
  }

  /**
   * Copies a voice's network, and the settings beside it, into the folder.
   * @param file path of the `.onnx`
   * @returns its id
   * @throws E_MODEL_INVALID, E_PATH, E_DISK
   */
  async add(file: string, options: WorkOptions = {}): Promise<string> {
    const id = path.basename(file).replace(/\.onnx(?:\.json)?$/i, '');
    const from = path.join(path.dirname(file), id);
    if (!/^[\p{L}\p{N}][\p{L}\p{N}._+-]*$/u.test(id)) {
      const sentence = `Expected a voice file with a plain name but received ${describe(id)}; rename it.`;
      throw new LipwireError('E_PATH', sentence);
    }
    await recogniseModel(`${from}.onnx`);
    const settings = await readFile(`${from}.onnx.json`, 'utf8').catch((cause: unknown) => {
      const sentence = `Expected the voice's settings in ${id}.onnx.json beside ${id}.onnx but there are none; get both files.`;
      throw new LipwireError('E_MODEL_INVALID', sentence, { cause });
    });
    const folders = await openForWriting(this.folder);
    await withLock(path.join(folders.locks, `${id.toLowerCase()}.lock`), id, async () => {
      await expectSpace(folders.partial, (await stat(`${from}.onnx`)).size, freeBytes);
      const copy = path.join(folders.partial, `add-${id}`);
      try {
        await copyFile(`${from}.onnx`, copy);
        throwIfCancelled(signalOf(options));
        await rename(copy, path.join(folders.models, `${id}.onnx`));
      } finally {
        await rm(copy, { force: true });
      }
      await writeWhole(path.join(folders.models, `${id}.onnx.json`), settings);
      await writeWhole(path.join(folders.receipts, `${id}.json`), JSON.stringify({ id }));
    });
    return id;
  }

  /**
   * Deletes a voice that the store put there, and its unfinished download.
   * @throws E_MODEL_MISSING when it is not there; E_PATH for one that somebody else put there
   */
  async remove(id: string): Promise<void> {
    const folders = await openForWriting(this.folder);
    // No name leads out of the folder.
    const name = path.basename(id);
    const files = ['.onnx', '.onnx.json'].map((ending) => `${name}${ending}`);
    const receipt = path.join(folders.receipts, `${name}.json`);
    await withLock(path.join(folders.locks, `${name.toLowerCase()}.lock`), name, async () => {
      const isThere = await exists(path.join(folders.models, files[0]));
      const partials = files.map((file) => partialFile(folders, { file }));
      const sizes = await Promise.all(partials.map((partial) => partial.bytes()));
      if (!isThere && sizes.every((size) => size === 0)) {
        const sentence = `Expected an installed voice but ${describe(id)} is not in ${this.folder}; there is nothing to remove.`;
        throw new LipwireError('E_MODEL_MISSING', sentence);
      }
      if (isThere && !(await exists(receipt))) {
        const sentence = `Expected a voice that Lipwire put into its folder but ${name} was put there by somebody else; delete its files yourself.`;
        throw new LipwireError('E_PATH', sentence);
      }
      for (const partial of partials) await partial.discard();
      for (const file of files) await rm(path.join(folders.models, file), { force: true });
      await rm(receipt, { force: true });
    });
  }

  #known(id: string): PublishedVoice {
    const found = this.list.voices.find((voice) => voice.id === id);
    if (found) return found;
    const near = nearest(
      id,
      this.list.voices.map((voice) => voice.id),
    );
    throw new LipwireError(
      'E_MODEL_MISSING',
      `Expected one of Piper's published voices but received ${describe(id)}; the nearest are ${near.join(', ')}; "lipwire voices list" has all.`,
    );
  }

  async #status(voice: PublishedVoice): Promise<VoiceStatus> {
    const { id, language, languageName, speakers, licence, commercialUse } = voice;
    const there = await Promise.all(
      filesOf(voice).map(([ending]) => exists(path.join(this.folder, `${id}${ending}`))),
    );
    return {
      ...{ id, language, languageName, speakers, licence, commercialUse },
      bytes: voice.network.bytes + voice.settings.bytes,
      installed: there.every(Boolean),
    };
  }
}

function filesOf({ network, settings }: PublishedVoice) {
  return [
    ['.onnx', network],
    ['.onnx.json', settings],
  ] as const;
}

async function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

async function isWanted(file: string, wanted: VoiceFile, signal: AbortSignal): Promise<boolean> {
  const stats = await lstat(file).catch(() => undefined);
  if (!stats?.isFile() || stats.size !== wanted.bytes) return false;
  const algorithm = wanted.sha256 === undefined ? 'md5' : 'sha256';
  return (await hashFile(file, { signal, algorithm })) === wanted[algorithm];
}

function failed(id: string, source: string, cause: SourceFailures): LipwireError {
  return new LipwireError(
    cause.isWrong ? 'E_MODEL_INVALID' : 'E_MODEL_MISSING',
    `Expected to download ${id} but its source did not give it (${cause.message}); try again later, or get both files with a browser from ${path.posix.dirname(source)} and run "lipwire voices add ${id}.onnx".`,
    { cause },
  );
}
