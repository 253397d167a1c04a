import { loadRuntime } from '../ml/onnx/runtime';
import { findSurplus, removeSurplus, type Surplus } from '../runtime/surplus';
import { COMMON, readOptions, type Command, type OptionTable } from './options';

const OPTIONS = {
  yes: { help: 'delete it' },
  json: COMMON.json,
} as const satisfies OptionTable;

/** `lipwire slim`. */
export const slim: Command = {
  usage: ['slim [--yes] [--json]'],
  about:
    'What this machine never loads of the installed packages, such as libraries of other systems.',
  options: [{ table: OPTIONS }],
  run,
};

async function run(args: string[]): Promise<void> {
  const { yes = false, json = false } = readOptions(args, OPTIONS);
  // Asked for real: what loads here must stay.
  const { kind } = await loadRuntime();
  const { platform, arch } = process;
  const surplus = await findSurplus({ kind, platform, arch });
  if (yes) await removeSurplus(surplus);
  const bytes = sum(surplus);
  process.stdout.write(
    json ? `${JSON.stringify({ surplus, bytes, deleted: yes })}\n` : report(surplus, yes),
  );
}

function report(surplus: readonly Surplus[], isDeleted: boolean): string {
  if (surplus.length === 0) return 'Nothing is installed that this machine does not need.\n';
  const lines = [...new Set(surplus.map((each) => each.package))].map((name) => {
    const parts = surplus.filter((each) => each.package === name);
    return `${megabytes(sum(parts)).padStart(8)} MB  ${name}: ${parts[0].what}`;
  });
  const total = `${megabytes(sum(surplus))} MB`;
  const what = isDeleted
    ? `Deleted ${total}. Installing Lipwire anew brings them back.`
    : `This machine does not need ${total} of that. Delete it by: lipwire slim --yes`;
  return `${[...lines, what].join('\n')}\n`;
}

function sum(surplus: readonly Surplus[]): number {
  return surplus.reduce((bytes, each) => bytes + each.bytes, 0);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
