/** What is looked at, in the order in which it is shown. */
export const CHECKS = [
  'node',
  'platform',
  'libc',
  'processor',
  'packages',
  'engine',
  'onnx',
  'devices',
  'pictures',
  'ffmpeg',
  'speech',
  'models',
  'workspace',
  'disk',
] as const;

export type CheckName = (typeof CHECKS)[number];

/** One thing that was looked at. */
export interface Check {
  name: CheckName;
  ok: boolean;
  /** Whether Lipwire is of no use without it. */
  needed: boolean;
  /** What there is, or what is wrong. */
  text: string;
  /** What to do, where it is not well. */
  remedy?: string;
}

export interface CheckUp {
  /** Whether all that is needed is well. */
  ok: boolean;
  checks: Check[];
}
