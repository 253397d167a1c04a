import { LipwireError } from '../contract';
import { readOptions } from './arguments';
import { withStudio } from './studio';

/** `lipwire voices`: the voices that tts can speak with. */
export async function voices(args: string[]): Promise<void> {
  const options = readOptions(args, { language: 'string', workspace: 'string', json: 'boolean' });
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
