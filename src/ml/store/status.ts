import { licenceOf } from './find';
import type { ModelKind } from './manifest';
import type { SurveyedModel } from './survey';

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
  /** null: not known, as of every file of the user's own. */
  commercialUse: boolean | null;
  /** Where the licence can be read. */
  terms: string | null;
  /** Whether it is a published model. */
  known: boolean;
  installed: boolean;
  /** null: not installed, or not checked yet (verify does). */
  valid: boolean | null;
  /** Why it is not valid; continues "the file …". */
  problem: string | null;
  /** Size of the file, or of the one that would be downloaded; null where that is not known. */
  bytes: number | null;
  /** Of the file; null while it was not read whole. */
  sha256: string | null;
  /** Who put the file there: the store, which may remove it again, or the user (`found`). */
  by: 'pull' | 'add' | 'found' | null;
  /** Whether it can be downloaded and checked. */
  canPull: boolean;
  /** Bytes of a download that did not end; it is resumed. */
  partialBytes: number;
}

export function statusOf({ name, model, found }: SurveyedModel, partialBytes: number): ModelStatus {
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
