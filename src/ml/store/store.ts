import { describe, LipwireError } from '../../contract';
import { partialFile, PATIENCE, type Patience } from './download';
import { freeBytes, type FreeBytes, storeFolders } from './folders';
import { addModel, pullModel, type Upload } from './install';
import { type ModelKind, type StoreModel, storeModels } from './manifest';
import {
  type Depth,
  findModel,
  type InstalledModel,
  licenceOf,
  removeModel,
  survey,
  surveyedByName,
  type SurveyedModel,
} from './survey';
import { signalOf, type WorkOptions } from './tasks';

export interface ModelStoreOptions {
  /** Models folder; made when the first model is put there. */
  folder: string;
  /** Published models; by default the manifest's. */
  models?: readonly StoreModel[];
  patience?: Partial<Patience>;
  freeBytes?: FreeBytes;
}

/**
 * The models in a folder. Streams, and loads no native library: it runs on Node-RED's own thread.
 * Several stores, also of several processes, may share a folder.
 */
export class ModelStore {
  readonly folder: string;
  readonly #models: readonly StoreModel[] | undefined;
  readonly #patience: Patience;
  readonly #freeBytes: FreeBytes;

  constructor(options: ModelStoreOptions) {
    this.folder = options.folder;
    this.#models = options.models;
    this.#patience = { ...PATIENCE, ...options.patience };
    this.#freeBytes = options.freeBytes ?? freeBytes;
  }

  /** All published models and all in the folder, without reading whole files. */
  async list(): Promise<ModelStatus[]> {
    return this.#statuses(await survey(storeFolders(this.folder), this.#known, 'quick'));
  }

  /** {@link findModel} in this folder. */
  find(name: string, { signal }: Pick<WorkOptions, 'signal'> = {}): Promise<InstalledModel> {
    return findModel(this.folder, this.#known, name, { signal });
  }

  /** {@link pullModel} by name or file name. @returns its status afterwards */
  async pull(name: string, options: WorkOptions = {}): Promise<ModelStatus> {
    const model =
      this.#known.find(({ id }) => id === name) ?? this.#known.find(({ file }) => file === name);
    if (!model) throw this.#unknown(name);
    await pullModel(
      model,
      { folder: this.folder, patience: this.#patience, freeBytes: this.#freeBytes },
      options,
    );
    return this.#status((each) => each.name === model.id);
  }

  /** {@link addModel} into this folder. @returns its status afterwards */
  async add(source: string | Upload, options: WorkOptions = {}): Promise<ModelStatus> {
    const settings = { folder: this.folder, freeBytes: this.#freeBytes };
    const file = await addModel(source, this.#known, settings, options);
    return this.#status(({ found }) => found?.file === file);
  }

  /**
   * Reads installed models whole and compares them with what they should be.
   * @param name one model; all when left out
   * @throws E_MODEL_MISSING for a name that is not installed; E_CANCELLED. A damaged model is no
   *   error: its status says `valid: false`
   */
  async verify(name?: string, options: WorkOptions = {}): Promise<ModelStatus[]> {
    const folders = storeFolders(this.folder);
    const all = await survey(folders, this.#known, 'quick');
    const chosen = name === undefined ? all : [surveyedByName(all, name)];
    const present = chosen.filter(({ found }) => found !== undefined);
    // A file of another name may have the same weights.
    if (name !== undefined && present.length === 0) {
      return this.verify((await this.find(name, options)).name, options);
    }
    const total = present.reduce((sum, { found }) => sum + (found?.bytes ?? 0), 0);
    const names = new Set(present.map((each) => each.name));
    let done = 0;
    const onBytes = (_ofFile: number, more: number): void => {
      done = Math.min(total, done + more);
      options.onProgress?.({ doing: 'checking', done, total });
    };
    const depthOf = (each: string): Depth => (names.has(each) ? 'again' : 'quick');
    const reading = { signal: signalOf(options), onBytes };
    const checked = await survey(folders, this.#known, depthOf, reading);
    return this.#statuses(checked.filter((each) => names.has(each.name)));
  }

  /** {@link removeModel} from this folder. */
  remove(name: string): Promise<void> {
    return removeModel(this.folder, this.#known, name);
  }

  get #known(): readonly StoreModel[] {
    return this.#models ?? storeModels();
  }

  async #status(isIt: (model: SurveyedModel) => boolean): Promise<ModelStatus> {
    const all = await survey(storeFolders(this.folder), this.#known, 'quick');
    const [status] = await this.#statuses(all.filter(isIt));
    if (status) return status;
    throw new LipwireError('E_MODEL_MISSING', 'The model was removed while it was being added.');
  }

  #statuses(models: SurveyedModel[]): Promise<ModelStatus[]> {
    const folders = storeFolders(this.folder);
    return Promise.all(
      models.map(async (each) => {
        const partial = each.model?.id === each.name && partialFile(folders, each.model);
        return statusOf(each, partial ? await partial.bytes() : 0);
      }),
    );
  }

  #unknown(name: string): LipwireError {
    const names = this.#known.filter(({ sha256 }) => sha256).map(({ id }) => id);
    return new LipwireError(
      'E_MODEL_MISSING',
      `Expected one of the models ${names.join(', ')} but received ${describe(name)}.`,
    );
  }
}

/** A model as lists show it. Plain JSON. */
export interface ModelStatus {
  name: string;
  title: string;
  /** File name in the models folder. */
  file: string;
  kind: ModelKind | 'own';
  /** `wav2lip_gan` for every file with these weights; null for the user's own. */
  network: string | null;
  licence: string;
  /** null: unknown, as for all files of the user's own. */
  commercialUse: boolean | null;
  /** Address of the licence. */
  terms: string | null;
  /** Whether it is a published model. */
  known: boolean;
  installed: boolean;
  /** null: not installed, or not checked yet (verify does). */
  valid: boolean | null;
  /** Why it is not valid; continues "the file …". */
  problem: string | null;
  /** Size of the file, or of the download; null where unknown. */
  bytes: number | null;
  /** null while the file has not been read whole. */
  sha256: string | null;
  /** Who put the file there: the store, which may remove it again, or the user (`found`). */
  by: 'pull' | 'add' | 'found' | null;
  /** Whether it can be downloaded and checked. */
  canPull: boolean;
  /** Bytes of an unfinished download, which is resumed. */
  partialBytes: number;
}

function statusOf({ name, model, found }: SurveyedModel, partialBytes: number): ModelStatus {
  return {
    name,
    title: model?.title ?? 'a model of your own',
    file: (found?.file ?? model?.file) as string,
    kind: model?.kind ?? 'own',
    network: model?.network ?? null,
    ...licenceOf(model),
    terms: model?.terms ?? null,
    known: model !== undefined,
    installed: found !== undefined,
    valid: found?.valid ?? null,
    problem: found?.problem ?? null,
    bytes: found?.bytes ?? model?.bytes ?? null,
    sha256: found?.sha256 ?? null,
    by: found?.by ?? null,
    canPull: model?.sha256 !== undefined && !found,
    partialBytes,
  };
}
