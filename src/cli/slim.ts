import { loadRuntime } from '../onnx/runtime';
import { findSurplus, removeSurplus, type Surplus } from '../studio';
import { readOptions } from './arguments';

const OPTIONS = { yes: 'boolean', json: 'boolean' } as const;

/** `lipwire slim`: what this machine never loads of the installed packages; `--yes` deletes it. */
export async function slim(args: string[]): Promise<void> {
  const { yes = false, json = false } = readOptions(args, OPTIONS);
  // Asked for real: what loads here must stay.
  const { kind } = await loadRuntime();
  const { platform, arch } = process;
  const surplus = await findSurplus({ kind, platform, arch });
  if (yes) await removeSurplus(surplus);
  const bytes = surplus.reduce((sum, each) => sum + each.bytes, 0);
  process.stdout.write(
    json ? `${JSON.stringify({ surplus, bytes, deleted: yes })}\n` : report(surplus, bytes, yes),
  );
}

function report(surplus: readonly Surplus[], bytes: number, isDeleted: boolean): string {
  if (surplus.length === 0) return 'Nothing is installed that this machine does not need.\n';
  const packages = [...new Set(surplus.map((each) => each.package))];
  const lines = packages.map((name) => {
    const parts = surplus.filter((each) => each.package === name);
    const size = parts.reduce((sum, each) => sum + each.bytes, 0);
    return `${megabytes(size).padStart(8)} MB  ${name}: ${parts[0]!.what}`;
  });
  const total = `${megabytes(bytes)} MB`;
  const what = isDeleted
    ? `Deleted ${total}. The next installation or update of Lipwire brings them back.`
    : `This machine does not need ${total} of that. Delete it by: lipwire slim --yes`;
  return `${[...lines, what].join('\n')}\n`;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
