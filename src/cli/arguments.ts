import { parseArgs } from 'node:util';

/** A command line that makes no sense. */
export class UsageError extends Error {}

/** Options by name: whether they take a value. */
export type OptionTypes = Record<string, 'string' | 'boolean'>;

export type Options<T extends OptionTypes> = {
  [K in keyof T]?: T[K] extends 'string' ? string : boolean;
};

/**
 * Reads the options of a command.
 * @throws UsageError for unknown options, missing values and words that are no option
 */
export function readOptions<const T extends OptionTypes>(args: string[], types: T): Options<T> {
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
  try {
    const { values } = parseArgs({ args, options, strict: true, allowPositionals: false });
    return values as Options<T>;
  } catch (error) {
    // The first sentence says what is wrong; the rest is advice for programmers.
    const [sentence = ''] = (error as Error).message.split(/(?<=')\. |\n/);
    throw new UsageError(sentence.endsWith('.') ? sentence : `${sentence}.`);
  }
}
