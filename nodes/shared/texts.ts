/** Texts of the runtime that all nodes share; they stand in the studio's catalogue. */
import type { NodeAPI } from 'node-red';

/** Where the shared texts are: package name, then the studio's entry in package.json. */
export const SHARED_TEXTS = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio';

export type TextValues = Record<string, string | number>;
export type Translate = (key: string, values?: TextValues) => string;

/** A translator of the shared texts, for example `translate('status.done')`. */
export function sharedTexts(RED: NodeAPI): Translate {
  return (key, values = {}) => RED._(`${SHARED_TEXTS}.${key}`, values);
}
