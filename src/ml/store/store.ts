import { describe, LipwireError } from '../../contract';
import { addModel } from './add';
import type { Upload } from './copy-in';
import { freeBytes, type FreeBytes } from './disk';
import { PATIENCE, type Patience } from './download/download';
import { findModel, surveyedByName, type InstalledModel } from './find';
import { storeFolders } from './folders';
import type { Depth } from './inspect';
import { storeModels, type StoreModel } from './manifest';
import { signalOf, type WorkOptions } from './progress';
import { pullModel } from './pull';
import { removeModel } from './remove';
import { statusOf, type ModelStatus } from './status';
import { partialFile, survey, type SurveyedModel } from './survey';

export interface ModelStoreOptions {
  /** Where models lie; made when something is put there. */
  folder: string;
  /** The published models; the manifest's when left out. */
  models?: readonly StoreModel[];
  /** How long to wait for servers. */
  patience?: Partial<Patience>;
  freeBytes?: FreeBytes;
}

/**
 * The models in a folder. Works in streams and loads no native library, so that it can be used on
 * Node-RED's own thread. Several stores, also of several processes, may share a folder.
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

  /** All known models and all in the folder. Reads no file whole. */
  async list(): Promise<ModelStatus[]> {
    return this.#statuses(await survey(storeFolders(this.folder), this.#known, 'quick'));
  }

  /** {@link findModel} in this folder. */
  find(name: string, { signal }: Pick<WorkOptions, 'signal'> = {}): Promise<InstalledModel> {
    return findModel(this.folder, this.#known, name, { signal });
  }

  /** {@link pullModel} by name or file name. @returns what `list` says of it afterwards */
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

  /** {@link addModel} into this folder. @returns what `list` says of it afterwards */
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
    // Another file may have the same weights.
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
