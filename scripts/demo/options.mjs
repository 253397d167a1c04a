/** What `npm run demo` takes. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

const TEXT =
  'Hello! I am a portrait, and a moment ago I could not speak. ' +
  'Lipwire turned this text into my voice, and moved my lips to it. ' +
  'Open the editor, change a node, and let me say something else.';

export const HELP = `npm run demo -- [options]

  --text TEXT   what is said
  --face FILE   portrait: a photo, painting or drawing (default: the built-in avatar)
  --out DIR     folder for the MP4 and the HLS stream (default: lipwire-demo)
  --port N      port of Node-RED (default: 1880 or, where that is taken, a free one)
  --once        end when the video is done, and print one JSON object as the last line
  --help        this text
`;

const TYPES = {
  text: { value: 'TEXT' },
  face: { value: 'FILE' },
  out: { value: 'DIR' },
  port: { value: 'N' },
  once: {},
};

/**
 * Reads the command line.
 * @param parse how the command `lipwire` reads options, from the built package
 * @throws an Error with one sentence for whoever typed it
 */
export function readOptions(args, parse) {
  const help = args.includes('--help') || args.includes('-h');
  const values = help ? {} : parse(args, TYPES);
  const { text = TEXT, once = false } = values;
  if (text.trim() === '') throw new Error('Expected a text for --text but received an empty one.');
  return {
    text,
    once,
    help,
    face: face(values.face),
    out: out(values.out ?? 'lipwire-demo'),
    port: port(values.port),
  };
}

function face(file) {
  if (file === undefined) return undefined;
  const full = path.resolve(file);
  if (existsSync(full) && statSync(full).isFile()) return full;
  throw new Error(`Expected a picture for --face but there is no file ${full}.`);
}

function out(folder) {
  const full = path.resolve(folder);
  if (existsSync(full) && !statSync(full).isDirectory()) {
    throw new Error(`Expected a folder for --out but ${full} is a file.`);
  }
  return full;
}

function port(text) {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65535) return number;
  throw new Error(`Expected a port from 0 to 65535 for --port but received ${text}.`);
}
