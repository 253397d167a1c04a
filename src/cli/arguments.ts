import { parseArgs } from 'node:util';

/** A command line that makes no sense. */
export class UsageError extends Error {}

/** Options by name: whether they take a value. */
export type OptionTypes = Record<string, 'string' | 'boolean'>;

export type Options<T extends OptionTypes> = {
  [K in keyof T]?: T[K] extends 'string' ? string : boolean;
};

/**
 * Reads the options of a command. A value may begin with a dash, as a text or a file name can; only
 * what is an option of the command itself is never taken for a value.
 * @throws UsageError for unknown options, missing or empty values and words that are no option
 */
export function readOptions<const T extends OptionTypes>(args: string[], types: T): Options<T> {
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
  try {
    const joined = joinValues(args, types);
    const { values } = parseArgs({ args: joined, options, strict: true, allowPositionals: false });
    return values as Options<T>;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    // The first sentence says what is wrong; the rest is advice for programmers.
    const [sentence = ''] = (error as Error).message.split(/(?<=')\. |\n/);
    throw new UsageError(sentence.endsWith('.') ? sentence : `${sentence}.`);
  }
}

/** `--name value` becomes `--name=value`, which leaves no doubt about a value such as `-5 °C`. */
function joinValues(args: readonly string[], types: OptionTypes): string[] {
  const isOption = (arg: string): boolean =>
    arg.startsWith('--') && Object.hasOwn(types, arg.slice(2).replace(/=.*$/s, ''));
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    const takesNext = isOption(arg) && types[arg.slice(2)] === 'string';
    if (!takesNext) {
      joined.push(arg);
      continue;
    }
    const value = args[++i];
    if (value === undefined || isOption(value)) {
      throw new UsageError(`Expected a value after ${arg}.`);
    }
    joined.push(`${arg}=${value}`);
  }
  return joined;
}
