export { knownModel, knownModels, type KnownModel } from './manifest';
export { storedNetwork, type StoredNetwork, type StoreOptions } from './converted';
