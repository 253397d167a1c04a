/** The model store. Light: loads no native library, so Node-RED's own thread may use it. */
export type { Upload } from './copy-in';
export type { InstalledModel } from './find';
export type { FileFormat } from './kinds';
export { expectLicence, licenceSentence, mayRun, type LicensedModel } from './licence';
export { parseManifest, storeModels, type ModelKind, type StoreModel } from './manifest';
export { isModelName, safeModelName } from './names';
export type { ModelProgress, WorkOptions } from './progress';
export type { ModelStatus } from './status';
export { ModelStore, type ModelStoreOptions } from './store';
export { ModelTasks, type ModelTask } from './tasks';
