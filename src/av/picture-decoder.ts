/** Loads sharp, the picture decoder, when it is first needed, and never in Node-RED's own process. */
import type * as SharpModule from 'sharp';
import { LipwireError } from '../contract';

export type Sharp = typeof SharpModule.default;

let loaded: Promise<Sharp> | undefined;

/** @throws E_NATIVE with the reason and what to do, when the native library does not load */
export function loadDecoder(): Promise<Sharp> {
  loaded ??= importDecoder(async () => (await import('sharp')).default).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** The part of {@link loadDecoder} that turns a failed import into a sentence. */
export async function importDecoder(load: () => Promise<Sharp>): Promise<Sharp> {
  try {
    return await load();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new LipwireError(
      'E_NATIVE',
      `Expected sharp, which reads pictures, to load on ${process.platform}-${process.arch} but it ` +
        `did not (${message.split('\n')[0]}); run "npm install --include=optional sharp" ` +
        'in the folder where Lipwire is installed.',
      { cause },
    );
  }
}
