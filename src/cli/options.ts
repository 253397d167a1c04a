/** Options of a command: one table, from which they are read and which its help lists. */
import { nearest } from '../contract';
import { Studio } from '../runtime/studio';
import type { StudioOptions } from '../runtime/types';

/** A command line that makes no sense. */
export class UsageError extends Error {}

/** `--help` or `-h` among the options of a command. */
export class HelpRequest extends Error {}

export interface Option {
  /** What stands for the value in the help; without it the option takes none. */
  value?: string;
  /** Takes `true`, `false` or nothing, and has the opposite `--no-…`. */
  optional?: true;
  help: string;
}
export type OptionTable = Record<string, Option>;

type Options<T extends OptionTable> = {
  [K in keyof T]?: T[K] extends { value: string } ? string : boolean;
};

export interface Command {
  /** What may follow `lipwire`, a line each. */
  usage: string[];
  about: string;
  /** The options, under a heading each or under none. */
  options: { heading?: string; table: OptionTable }[];
  run(args: string[], signal: AbortSignal): Promise<void>;
}

/** Options that several commands have. */
export const COMMON = {
  workspace: {
    value: 'FOLDER',
    help: 'where work is kept, so that none is done twice',
  },
  json: { help: 'print one JSON object' },
} as const satisfies OptionTable;

/**
 * Reads the options of a command. A value may begin with a dash, as a text or a file name can; only
 * what is an option of the command itself is never taken for a value.
 * @throws UsageError for unknown options, missing values and words that are no option; HelpRequest
 */
export function readOptions<const T extends OptionTable>(args: string[], table: T): Options<T> {
  const known = new Map<string, Option>(Object.entries(table));
  const isOption = (arg: string): boolean =>
    arg.startsWith('--') && known.has(arg.slice(2).replace(/=.*$/s, ''));
  const values: Record<string, string | boolean> = {};
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg === '-h' || arg === '--help') throw new HelpRequest();
    const [, name = '', value] = /^--([^=]*)(?:=([^]*))?$/.exec(arg) ?? [];
    const option = known.get(name);
    if (option?.value !== undefined && value !== undefined) {
      values[name] = value;
    } else if (option?.optional) {
      values[name] = /^(?:true|false)$/.test(args[i + 1] ?? '') ? args[++i] : 'true';
    } else if (option?.value !== undefined) {
      const next = args[++i];
      if (next === undefined || next === '--help' || isOption(next)) {
        throw new UsageError(`Expected a value after ${arg}.`);
      }
      values[name] = next;
    } else if (option && value === undefined) {
      values[name] = true;
    } else if (known.get(name.replace(/^no-/, ''))?.optional && value === undefined) {
      values[name.replace(/^no-/, '')] = 'false';
    } else if (option) {
      throw new UsageError(`Expected no value for --${name} but received ${arg}.`);
    } else if (!arg.startsWith('-')) {
      throw new UsageError(`Expected an option but received ${arg}.`);
    } else {
      const hint = suggestion(name, Object.keys(table), '--');
      throw new UsageError(`There is no option ${arg.replace(/=.*$/s, '')}${hint}.`);
    }
  }
  return values as Options<T>;
}

/** Ends a sentence about a name that there is not by the nearest one that there is. */
export function suggestion(name: string, names: readonly string[], prefix = ''): string {
  const [closest] = nearest(name, names, 1);
  return closest && name ? `; the nearest is ${prefix}${closest}` : '';
}

const INDENT = 28;
const WIDTH = 100;

/** What `lipwire COMMAND --help` prints. */
export function commandHelp({ usage, about, options }: Command): string {
  const sections = options.map(({ heading, table }) => {
    const rows = Object.entries(table).map(([name, { value, help }]) =>
      row(`--${name}${value ? ` ${value}` : ''}`, help),
    );
    return `\n${heading ? `${heading}\n` : ''}${rows.join('')}`;
  });
  return `${about}\n\n${usage.map((line) => `  lipwire ${line}\n`).join('')}${sections.join('')}`;
}

/** An option with what it does beside it, in lines of at most 100 characters. */
function row(name: string, help: string): string {
  const lines = [''];
  for (const word of help.split(' ')) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length + 1 > WIDTH - INDENT) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  const left = `  ${name}`;
  const beside = left.length < INDENT - 1;
  const text = lines.join(`\n${' '.repeat(INDENT)}`);
  return beside ? `${left.padEnd(INDENT)}${text}\n` : `${left}\n${' '.repeat(INDENT)}${text}\n`;
}

/** Opens a studio for one command and closes it whatever happens. */
export async function withStudio<T>(
  options: StudioOptions,
  use: (studio: Studio) => Promise<T>,
): Promise<T> {
  const studio = new Studio(options);
  try {
    return await use(studio);
  } finally {
    await studio.close();
  }
}
