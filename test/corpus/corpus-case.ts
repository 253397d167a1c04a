/** A case of the corpus: something broken, odd or hostile, and what must come of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Ffmpeg } from '../../src/av/ffmpeg/types';
import {
  type ErrorCode,
  type FacePayload,
  resolveParameters,
  objectSource,
  type ParameterTable,
} from '../../src/contract';
import type { Studio } from '../../src/runtime/studio';
import { STAGES, type StageInput, type StageName, type StageParameters } from '../../src/stages';

export type Outcome = ErrorCode | 'works';

/** What cases work with. */
export interface Bench {
  studio: Pick<Studio, 'run'>;
  /** A folder for the case's files; emptied after it. */
  folder: string;
  /** The studio's folder of models. */
  models: string;
  ffmpeg: Ffmpeg;
  /** The built-in avatar's face, for cases that are about something else. */
  face: FacePayload;
}

export interface CorpusCase {
  kind: string;
  name: string;
  /** What must come of it; several where libraries differ from version to version. */
  expect: readonly Outcome[];
  /** Too slow or too large for the test suite; `bench/corpus.ts` runs it. */
  isHeavy?: true;
  /** Gives it to Lipwire, and rejects with what a node would be told. */
  run(bench: Bench): Promise<unknown>;
}

/** All that may come of input that nobody has looked at: a result, or a word about the input. */
export const HARMLESS: readonly Outcome[] = [
  ...(['works', 'E_INPUT', 'E_PATH', 'E_NO_FACE', 'E_VOICE', 'E_FFMPEG'] as const),
  ...(['E_MODEL_INVALID', 'E_MODEL_MISSING'] as const),
];

/** Runs a stage with defaults, save for the parameters that are given. */
export function runStage<S extends StageName>(
  { studio }: Bench,
  stage: S,
  input: StageInput<S>,
  values: Record<string, unknown> = {},
): Promise<unknown> {
  const table: ParameterTable = STAGES[stage].parameters;
  const parameters = resolveParameters(table, [objectSource('', values)]) as StageParameters<S>;
  return studio.run(stage, input, parameters);
}

/** Gives bytes, or writes the file itself. */
export type Make = (file: string, bench: Bench) => Promise<Buffer | void> | Buffer;

export interface FileCase {
  kind: string;
  name: string;
  /** Name of the file; what it says need not be true. */
  file: string;
  expect: Outcome | readonly Outcome[];
  stage: 'loudnorm' | 'face-detect' | 'hls-export';
  make: Make;
  values?: Record<string, unknown>;
  isHeavy?: boolean;
}

/** A file that a stage is given. */
export function fileCase(wish: FileCase): CorpusCase {
  const { kind, name, file, expect, stage, make, values, isHeavy = false } = wish;
  return {
    kind,
    name: `${stage} of ${name}`,
    expect: listOf(expect),
    ...(isHeavy && { isHeavy: true }),
    run: async (bench) => {
      const full = path.join(bench.folder, file);
      await mkdir(path.dirname(full), { recursive: true });
      const bytes = await make(full, bench);
      if (bytes) await writeFile(full, bytes);
      return runStage(bench, stage, { kind: 'file', file: full }, values);
    },
  };
}

export function listOf(expect: Outcome | readonly Outcome[]): readonly Outcome[] {
  return typeof expect === 'string' ? [expect] : expect;
}

/** What is no picture and no sound, whatever its name says. */
export const STRANGERS: Record<string, Buffer> = {
  'an empty file': Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  'a web page': Buffer.from('<!DOCTYPE html><html><body><h1>404</h1></body></html>'),
  JSON: Buffer.from('{"kind":"speech","file":"/etc/passwd"}'),
  'a PDF document': Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n', 'latin1'),
  'a zip archive': Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(60)]),
  'a program': Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(90)]),
  zeros: Buffer.alloc(5000),
  'an HLS playlist': Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n'),
  'an ffconcat script': Buffer.from("ffconcat version 1.0\nfile '/etc/passwd'\n"),
  'a session description': Buffer.from(
    'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=audio 5004 RTP/AVP 0\n',
  ),
  'a DASH manifest': Buffer.from(
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>',
  ),
  subtitles: Buffer.from('WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n'),
  'FFmpeg metadata': Buffer.from(';FFMETADATA1\ntitle=x\n[CHAPTER]\nSTART=0\nEND=99999999999\n'),
};

/** File names that a careless program takes for options, protocols, patterns or markup. */
export const FILE_NAMES: readonly string[] = [
  ...[
    '-i',
    '-y -f null',
    'a:b',
    'http:x',
    'pipe:1',
    'concat:a|b',
    'a%03d',
    '%n%s%x',
    "it's",
    'a"b',
  ],
  ...['a\nb', 'a;b', '$(id)', '`id`', 'a&b|c', '*?', '[0]', 'a,b=c', '#1', ' space ', 'Ünïcödé'],
  ...['\u202egnp.exe', '😀', 'a\\b', '~', '..a', `${'long'.repeat(50)}`, 'CON', '\u0007bell'],
];
