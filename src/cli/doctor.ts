import { LipwireError } from '../media';
import type { Diagnostics } from '../studio';
import { readOptions } from './arguments';
import { withStudio } from './studio';

/** `lipwire doctor`: what is installed; fails when something that is always needed is not. */
export async function doctor(args: string[]): Promise<void> {
  const options = readOptions(args, { workspace: 'string', json: 'boolean' });
  const found = await withStudio({ workspace: options.workspace }, (studio) =>
    studio.diagnostics(),
  );
  process.stdout.write(options.json ? `${JSON.stringify(found)}\n` : report(found));
  const problems = problemsOf(found);
  if (problems.length > 0) throw new LipwireError('E_INPUT', problems.join(' '));
}

function problemsOf({ ffmpeg, workspace, libraries }: Diagnostics): string[] {
  const missing = Object.entries(libraries).filter(([, version]) => version === null);
  return [
    ...('error' in workspace ? [workspace.error.message] : []),
    ...('error' in ffmpeg && !('error' in workspace) ? [ffmpeg.error.message] : []),
    ...missing.map(([name]) => `The package ${name} is not installed; run npm install ${name}.`),
  ];
}

function report({ ffmpeg, workspace, libraries, ...facts }: Diagnostics): string {
  const lines: [string, string][] = [
    ['lipwire', facts.lipwire],
    ['node', facts.node],
    ['platform', facts.platform],
    ['processors', String(facts.cpus)],
    ['memory', mebibytes(facts.memoryBytes)],
    ['ffmpeg', 'error' in ffmpeg ? ffmpeg.error.code : `${ffmpeg.version} (${ffmpeg.ffmpegPath})`],
    ['workspace', 'error' in workspace ? workspace.error.code : usage(workspace)],
    ['models', facts.modelsFolder],
    ...Object.entries(libraries).map(([name, version]): [string, string] => [
      name,
      version ?? 'not installed',
    ]),
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  return lines.map(([name, value]) => `${name.padEnd(width)}${value}\n`).join('');
}

function usage(workspace: Exclude<Diagnostics['workspace'], { error: unknown }>): string {
  const { folder, bytes, artifacts, maxBytes } = workspace;
  return `${folder} (${artifacts} artifacts, ${mebibytes(bytes)} of ${mebibytes(maxBytes)})`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
