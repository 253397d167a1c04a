import { LipwireError } from '../contract';
import { checkLines, type CheckUp } from '../runtime/health';
import { COMMON, readOptions, type Command, type OptionTable, withStudio } from './options';

const OPTIONS = {
  'accept-non-commercial': {
    help: 'your use is within the licence of models for research and personal use',
  },
  ...COMMON,
} as const satisfies OptionTable;

/** `lipwire doctor`: fails when something needed is amiss. */
export const doctor: Command = {
  usage: ['doctor [--accept-non-commercial] [--json]'],
  about: 'All that is needed, with a tick or a cross, and what to do.',
  options: [{ table: OPTIONS }],
  run,
};

async function run(args: string[]): Promise<void> {
  const options = readOptions(args, OPTIONS);
  const settings = {
    workspace: options.workspace,
    acceptNonCommercial: options['accept-non-commercial'] ?? false,
  };
  const { found, diagnostics } = await withStudio(settings, async (studio) => ({
    found: await studio.checkUp(),
    diagnostics: await studio.diagnostics(),
  }));
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ...found, ...diagnostics })}\n`
      : `lipwire ${diagnostics.lipwire}\n${checkLines(found).join('\n')}\n`,
  );
  if (!found.ok) throw new LipwireError('E_INPUT', complaint(found));
}

function complaint({ checks }: CheckUp): string {
  const names = checks.filter(({ ok, needed }) => needed && !ok).map(({ name }) => name);
  return `Expected all that Lipwire needs but something is wrong with ${names.join(', ')}; see above.`;
}
