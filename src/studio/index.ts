/** What a flow talks to. Light: loads no native library. */
export { avatarFile } from './avatar';
export { Studio } from './studio';
export type * from './types';
