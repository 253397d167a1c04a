import path from 'node:path';
import { LipwireError } from '../contract';
import type { ModelStatus, ModelStore } from '../ml/store/store';
import type { WorkOptions } from '../ml/store/tasks';
import { openModels } from '../runtime/settings';
import { ByteBar, megabytes } from './bars';
import { COMMON, HelpRequest, readOptions, suggestion, UsageError, type Command } from './options';

/** What an action of `lipwire models` takes, and what it does. */
interface Action {
  /** Whether a name or a file has to follow, may follow, or must not. */
  takes: 'one' | 'maybe' | 'none';
  what: string;
  run(store: ModelStore, name: string, options: WorkOptions): Promise<ModelStatus[]>;
}

const ACTIONS: Record<string, Action> = {
  list: { takes: 'none', what: '', run: (store) => store.list() },
  pull: {
    takes: 'one',
    what: 'the name of a model',
    run: async (store, name, options) => [await store.pull(name, options)],
  },
  add: {
    takes: 'one',
    what: 'a file',
    run: async (store, file, options) => [await store.add(path.resolve(file), options)],
  },
  verify: {
    takes: 'maybe',
    what: 'the name of a model',
    run: (store, name, options) => store.verify(name || undefined, options),
  },
  remove: {
    takes: 'one',
    what: 'the name of a model',
    run: async (store, name) => {
      await store.remove(name);
      return [];
    },
  },
};

/** What the command works with; tests put their own in place. */
interface Surroundings {
  open: typeof openModels;
  out: Pick<NodeJS.WriteStream, 'write'>;
  /** Where progress is drawn. */
  terminal: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;
}

/** `lipwire models …`: the networks that the user brings. */
export const models = {
  usage: [
    'models list [--json]',
    'models pull NAME | add FILE | verify [NAME] | remove NAME [--json]',
  ],
  about:
    'Networks for lip-sync that you bring yourself, with their licences; kept in LIPWIRE_MODELS, or\nelse in your cache folder.',
  options: [{ table: COMMON }],
  run,
} satisfies Command;

async function run(
  [name = 'list', ...rest]: string[],
  signal: AbortSignal,
  { open, out, terminal }: Surroundings = {
    open: openModels,
    out: process.stdout,
    terminal: process.stderr,
  },
): Promise<void> {
  const [action, subject, args] = parsed(name, rest);
  const options = readOptions(args, COMMON);
  const store = await open({ workspace: options.workspace ?? '' });
  const bar = new ByteBar(terminal);
  let result: ModelStatus[];
  try {
    const onProgress = bar.update.bind(bar);
    result = await action.run(store, subject, { signal, onProgress });
  } finally {
    bar.end();
  }
  const print = options.json
    ? JSON.stringify({ folder: store.folder, models: result })
    : table(result);
  if (print) out.write(`${print}\n`);
  const damaged = result.filter(({ valid }) => valid === false);
  if (name === 'verify' && damaged.length > 0) throw invalid(damaged);
}

/** `lipwire models` alone, or with options only, lists. */
function parsed(name: string, rest: string[]): [Action, string, string[]] {
  if (rest[0] === '--help' || rest[0] === '-h') throw new HelpRequest();
  if (name.startsWith('-')) return [ACTIONS['list'], '', [name, ...rest]];
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) {
    const all = Object.keys(ACTIONS);
    const hint = suggestion(name, all);
    throw new UsageError(
      `Expected one of ${all.join(', ')} after models but received ${name}${hint}.`,
    );
  }
  const isNext = rest[0] !== undefined && !rest[0].startsWith('-');
  if (action.takes === 'none' || (action.takes === 'maybe' && !isNext)) return [action, '', rest];
  if (!isNext) throw new UsageError(`Expected ${action.what} after models ${name}.`);
  return [action, rest[0], rest.slice(1)];
}

function table(list: ModelStatus[]): string {
  const rows = list.map((model) => [
    model.name,
    stateOf(model),
    model.bytes === null ? 'size not known' : megabytes(model.bytes),
    useOf(model),
    model.title,
  ]);
  const widths = [0, 1, 2, 3].map((at) => Math.max(0, ...rows.map((row) => row[at].length)));
  return rows
    .map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '))
    .join('\n');
}

function stateOf({ installed, valid, partialBytes, canPull }: ModelStatus): string {
  if (installed && valid === null) return 'not checked';
  if (installed) return valid ? 'installed' : 'damaged';
  if (partialBytes > 0) return 'half downloaded';
  return canPull ? 'can be pulled' : 'can be added';
}

function useOf({ commercialUse }: ModelStatus): string {
  if (commercialUse === null) return 'licence not known';
  return commercialUse ? 'any use' : 'non-commercial';
}

function invalid(damaged: ModelStatus[]): LipwireError {
  const each = damaged.map(({ name, file, problem }) => `${name} (${file} ${problem})`);
  return new LipwireError(
    'E_MODEL_INVALID',
    `Expected whole models but found ${each.join(', ')}; remove them and get them again.`,
  );
}
