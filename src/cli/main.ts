#!/usr/bin/env node
/** The command `lipwire`. */
import { isCancelled, toLipwireError } from '../contract';
import { lipwireVersion } from '../runtime/health';
import { doctor } from './doctor';
import { models } from './models';
import { commandHelp, HelpRequest, suggestion, UsageError, type Command } from './options';
import { render } from './render';
import { slim } from './slim';
import { voices } from './voices';

/** Exit codes. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

const COMMANDS: Record<string, Command> = { render, voices, models, doctor, slim };

/** What `lipwire help` prints. */
function overview(): string {
  const commands = Object.values(COMMANDS).map(({ usage, about }) => {
    const lines = about.replace(/^/gm, '      ');
    return `${usage.map((line) => `  lipwire ${line}\n`).join('')}${lines}\n`;
  });
  return `lipwire: text and a face to a talking-head video

${commands.join('')}  lipwire help | --version

  lipwire COMMAND --help lists the options of a command; all but slim take --workspace FOLDER.

Exit codes: 0 done, 1 failed (the reason is one sentence), 2 wrong usage, 130 cancelled.
`;
}

/** Runs one command line and says how it went. */
async function main([name = 'help', ...args]: string[]): Promise<number> {
  try {
    if (name === '--version') process.stdout.write(`${await lipwireVersion()}\n`);
    else if (/^(?:help|--help|-h)$/.test(name)) process.stdout.write(helpOf(args));
    else await commandOf(name).run(args, interruption());
    return DONE;
  } catch (error) {
    if (error instanceof HelpRequest) {
      process.stdout.write(helpOf([name]));
      return DONE;
    }
    if (error instanceof UsageError) {
      process.stderr.write(`lipwire: ${error.message} See: lipwire help\n`);
      return USAGE;
    }
    process.stderr.write(`lipwire: ${toLipwireError(error).message}\n`);
    return isCancelled(error) ? INTERRUPTED : FAILED;
  }
}

function helpOf([name]: string[]): string {
  return name === undefined ? overview() : commandHelp(commandOf(name));
}

function commandOf(name: string): Command {
  if (Object.hasOwn(COMMANDS, name)) return COMMANDS[name];
  throw new UsageError(`There is no command ${name}${suggestion(name, Object.keys(COMMANDS))}.`);
}

/** Aborted by Ctrl-C or a closed terminal, so that nothing is left behind; a second one ends at once. */
function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted) process.exit(INTERRUPTED);
      abort.abort();
    });
  }
  return abort.signal;
}

/** Whoever read the output has left (`lipwire voices | head`): no reason to fail, or to stop a render. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // EIO: the terminal was closed.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
