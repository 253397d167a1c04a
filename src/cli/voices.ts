import path from 'node:path';
import { LipwireError } from '../contract';
import { VoiceStore, type VoiceStatus } from '../ml/store/voices';
import { openModels } from '../runtime/settings';
import { ByteBar, megabytes } from './bars';
import {
  COMMON,
  readOptions,
  suggestion,
  UsageError,
  type Command,
  type OptionTable,
  withStudio,
} from './options';

const OPTIONS = {
  language: { value: 'TAG', help: 'only those of a language, for example en-GB or ar' },
  ...COMMON,
} as const satisfies OptionTable;

/** `lipwire voices`. */
export const voices: Command = {
  usage: [
    'voices [--language TAG] [--json]',
    'voices list [--language TAG] | pull NAME | add FILE | remove NAME [--json]',
  ],
  about:
    "The voices that there are to speak with; Piper's published voices with their licences, which\npull downloads into the models folder.",
  options: [{ table: OPTIONS }],
  run,
};

async function run([action = '', ...rest]: string[], signal: AbortSignal): Promise<void> {
  if (action !== '' && !action.startsWith('-')) return store(action, rest, signal);
  const options = readOptions(action === '' ? [] : [action, ...rest], OPTIONS);
  const all = await withStudio({ workspace: options.workspace }, (studio) => studio.voices());
  const wanted = options.language?.toLowerCase();
  const found = all.voices.filter(
    ({ languages }) => wanted === undefined || languages.some((tag) => isWithin(tag, wanted)),
  );
  if (found.length === 0) {
    const sentence = `Expected a language that there is a voice for but received "${options.language}"; see lipwire voices for all.`;
    throw new LipwireError('E_VOICE', sentence);
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ...all, voices: found })}\n`);
    return;
  }
  const width = Math.max(...found.map(({ id }) => id.length)) + 2;
  const titles = new Map(all.engines.map(({ id, title }) => [id, title]));
  for (const { id, name, languages, engine, installed } of found) {
    const facts = [titles.get(engine) ?? engine, ...(installed ? [] : ['not installed'])].join(
      ', ',
    );
    process.stdout.write(`${id.padEnd(width)}${name} (${languages.join(', ')}) · ${facts}\n`);
  }
}

const ACTIONS = ['list', 'pull', 'add', 'remove'];

/** What is done with published voices. */
async function store(action: string, rest: string[], signal: AbortSignal): Promise<void> {
  if (!ACTIONS.includes(action)) {
    const hint = suggestion(action, ACTIONS);
    throw new UsageError(
      `Expected one of ${ACTIONS.join(', ')} after voices but received ${action}${hint}.`,
    );
  }
  const takes = action === 'list' ? 0 : 1;
  const [subject = ''] = takes === 1 && !rest[0]?.startsWith('-') ? rest : [];
  if (takes === 1 && subject === '') {
    throw new UsageError(
      `Expected ${action === 'add' ? 'a file' : 'a voice'} after voices ${action}.`,
    );
  }
  const options = readOptions(rest.slice(subject ? 1 : 0), OPTIONS);
  const { folder } = await openModels({ workspace: options.workspace ?? '' });
  const voices = new VoiceStore(folder);
  const bar = new ByteBar(process.stderr);
  let found: VoiceStatus[] = [];
  try {
    const work = { signal, onProgress: bar.update.bind(bar) };
    if (action === 'pull') found = [await voices.pull(subject, work)];
    if (action === 'remove') await voices.remove(subject);
    if (action === 'add') {
      const id = await voices.add(path.resolve(subject), work);
      found = (await voices.statuses()).filter((voice) => voice.id === id);
    }
    if (action === 'list') found = await voices.statuses();
  } finally {
    bar.end();
  }
  const wanted = options.language?.toLowerCase();
  const shown = found.filter(({ language }) => wanted === undefined || isWithin(language, wanted));
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ folder: voices.folder, voices: shown })}\n`);
    return;
  }
  for (const { id, installed, bytes, commercialUse, licence, languageName } of shown) {
    const use = commercialUse ? 'any use' : commercialUse === null ? 'not known' : 'non-commercial';
    const state = installed ? 'installed' : 'can be pulled';
    const cells = [id.padEnd(36), state.padEnd(13), megabytes(bytes).padStart(9), use.padEnd(14)];
    process.stdout.write(`${cells.join('  ')}  ${languageName} · ${licence}\n`);
  }
}

/** Whether a language tag is the wanted one or one of its kinds: en-GB is within en. */
function isWithin(tag: string, wanted: string): boolean {
  const lower = tag.toLowerCase();
  return lower === wanted || lower.startsWith(`${wanted}-`);
}
