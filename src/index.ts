/**
 * The public API: the message contract, and what a script needs to run the pipeline without Node-RED.
 *
 * ```js
 * const { Studio, renderVideo, avatarFile } = require('@lipwire/node-red-lipwire');
 * const studio = new Studio();
 * const { video } = await renderVideo(studio, { text: 'Hello.', face: avatarFile() });
 * await studio.close();
 * ```
 */
export { ERROR_CODES, isCancelled, LipwireError, type ErrorCode } from './contract/errors';
export { openFaceTrack, type OpenFaceTrack, type TrackedFace } from './contract/face-track';
export { LIMITS, type InputLimits } from './contract/limits';
export { NOTES, type Note, type NoteCode } from './contract/notes';
export type { Parameter, ParameterTable, ValuesOf } from './contract/parameters';
export * from './contract/payloads';
export type { MediaFile, PortraitFile, Progress } from './contract/stage';
export * from './contract/timeline';
export { avatarFile } from './runtime/avatar';
export { renderVideo, type Rendered, type RenderRequest } from './runtime/pipeline';
export { Studio } from './runtime/studio';
export type { RunOptions, StudioOptions } from './runtime/types';
export { STAGE_NAMES, STAGES, type StageInput, type StageName, type StageOutput } from './stages';
