import { LipwireError } from '../contract';
import { checkLines, type CheckUp } from '../runtime/health';
import { readOptions } from './arguments';
import { withStudio } from './studio';

const OPTIONS = {
  workspace: 'string',
  'accept-non-commercial': 'boolean',
  json: 'boolean',
} as const;

/** `lipwire doctor`: what there is, with a tick or a cross; fails when something needed is amiss. */
export async function doctor(args: string[]): Promise<void> {
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
