#!/usr/bin/env node
/** The command `lipwire`. */
import { isCancelled, toLipwireError } from '../contract';
import { lipwireVersion } from '../runtime/health';
import { UsageError } from './arguments';
import { doctor } from './doctor';
import { HELP } from './help';
import { models } from './models';
import { render } from './render';
import { slim } from './slim';
import { voices } from './voices';

/** Exit codes. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const INTERRUPTED = 130;

type Command = (args: string[], signal: AbortSignal) => Promise<void>;

const COMMANDS: Record<string, Command> = {
  render,
  voices,
  models,
  doctor,
  slim,
  help,
  '--help': help,
};

async function help(): Promise<void> {
  process.stdout.write(HELP);
}

/** Runs one command line and says how it went. */
async function main([name = 'help', ...args]: string[]): Promise<number> {
  try {
    if (name === '--version') process.stdout.write(`${await lipwireVersion()}\n`);
    else await commandOf(name)(args, interruption());
    return DONE;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`lipwire: ${error.message} See: lipwire help\n`);
      return USAGE;
    }
    process.stderr.write(`lipwire: ${toLipwireError(error).message}\n`);
    return isCancelled(error) ? INTERRUPTED : FAILED;
  }
}

function commandOf(name: string): Command {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new UsageError(`There is no command ${name}.`);
  return command;
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
