/** What a flow talks to. Light: loads no native library. */
export { avatarFile } from './avatar';
export { lipwireVersion } from './diagnostics';
export { checkLines, type Check, type CheckUp } from './doctor';
export { Journal, type Unfinished } from './journal';
export { KEPT_EXTENSIONS } from './kept-files';
export { openModels } from './models';
export * from './pipeline';
export { sniffExtension } from './sniff';
export { Studio } from './studio';
export { findSurplus, removeSurplus, type Surplus } from './surplus';
export type * from './types';
export { keepPortrait, UPLOAD_BYTES } from './uploads';
