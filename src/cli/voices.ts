import { LipwireError } from '../contract';
import { COMMON, readOptions, type Command, type OptionTable, withStudio } from './options';

const OPTIONS = {
  language: { value: 'TAG', help: 'only those of a language, for example en-GB or ar' },
  ...COMMON,
} as const satisfies OptionTable;

/** `lipwire voices`. */
export const voices: Command = {
  usage: ['voices [--language TAG] [--json]'],
  about: 'The voices that there are to speak with.',
  options: [{ table: OPTIONS }],
  run,
};

async function run(args: string[]): Promise<void> {
  const options = readOptions(args, OPTIONS);
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

/** Whether a language tag is the wanted one or one of its kinds: en-GB is within en. */
function isWithin(tag: string, wanted: string): boolean {
  const lower = tag.toLowerCase();
  return lower === wanted || lower.startsWith(`${wanted}-`);
}
