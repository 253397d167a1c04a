/** Messages with every kind of JavaScript value in every property that a node reads. */
import type { Parameter, ParameterTable } from '../../src/contract';
import { clip, face, speech, video } from '../support/payloads';
import { STAGES, type StageName } from '../../src/stages';

export interface MessageCase {
  stage: StageName;
  name: string;
  msg: Record<string, unknown>;
  /** Whether the value may be taken; nothing where that depends on the property. */
  isFine: boolean | undefined;
}

const cyclic: Record<string, unknown> = { kind: 'text' };
cyclic['self'] = cyclic;

/** Values that no property takes. */
const WRONG: Record<string, unknown> = {
  NaN: NaN,
  infinity: Infinity,
  'minus infinity': -Infinity,
  'a giant number': 1e300,
  'a long integer': 10n ** 30n,
  'a symbol': Symbol('x'),
  'a function': () => 1,
  'a class': class {},
  'an empty object': {},
  'an object without a prototype': Object.create(null),
  'an object with a prototype of its own': { __proto__: { kind: 'speech', file: '/etc/passwd' } },
  'an object that contains itself': cyclic,
  'an object that says it is a string': { toString: () => 'auto', valueOf: () => 1 },
  'an object that fails when it is read as text': {
    toString: () => {
      throw new Error('no');
    },
  },
  'an empty list': [],
  'a list of lists': [[[]]],
  'a list with holes': new Array(5),
  'a list of a thousand': new Array(1000).fill(0),
  'an empty Buffer': Buffer.alloc(0),
  'a Buffer of zeros': Buffer.alloc(1000),
  'a typed array': new Float32Array(10),
  'an ArrayBuffer': new ArrayBuffer(8),
  'a Date': new Date(0),
  'an invalid Date': new Date(NaN),
  'a regular expression': /x/,
  'a Map': new Map([['kind', 'text']]),
  'a Set': new Set([1]),
  'a WeakMap': new WeakMap(),
  'a Promise': Promise.resolve(1),
  'an Error': new Error('x'),
  'a Proxy': new Proxy({}, { get: () => undefined }),
  'a boxed string': new String('auto'),
  'a boxed number': new Number(5),
};

/** Values that some properties take, and others not. */
const DOUBTFUL: Record<string, unknown> = {
  zero: 0,
  'minus zero': -0,
  one: 1,
  'minus one': -1,
  'a half': 0.5,
  true: true,
  false: false,
  'a string': 'x',
  'white space': ' \n',
  'a numeric string': '5',
  'a string of 100,000 letters': 'x'.repeat(100_000),
  'half a surrogate': '\ud800',
  'a zero byte': 'a\0b',
  markup: '<b onload=alert(1)>x</b>',
  'a path': '../../etc/passwd',
  'a prototype': '__proto__',
};

/** Node-RED copies messages: what is this long is tried in one property of each node only. */
const LONG: Record<string, unknown> = { 'a list of a million': new Array(1_000_000).fill(0) };

const UNSET: Record<string, unknown> = { undefined: undefined, null: null, 'an empty string': '' };

/** Messages that are fine but for the property that is tried. */
const GOOD: Record<StageName, Record<string, unknown>> = {
  'text-segment': { payload: 'Hello.' },
  tts: { payload: 'Hello.' },
  loudnorm: { payload: speech(__filename) },
  'face-detect': { payload: 1, portrait: __filename },
  wav2lip: { payload: speech(__filename), face: face(__filename) },
  stitch: { payload: [clip(__filename)] },
  'hls-export': { payload: video(__filename) },
};

function parameterCases(stage: StageName): MessageCase[] {
  const table: ParameterTable = STAGES[stage].parameters;
  return Object.entries(table).flatMap(([property, parameter]) => {
    const of = (values: Record<string, unknown>, isFine: boolean | undefined): MessageCase[] =>
      Object.entries(values).map(([name, value]) => ({
        ...{ stage, isFine, name: `msg.${property} that is ${name}` },
        msg: { ...GOOD[stage], [property]: value },
      }));
    return [
      ...of(UNSET, true),
      ...of(WRONG, false),
      ...of(DOUBTFUL, undefined),
      ...ends(stage, property, parameter),
    ];
  });
}

/** At the edges of what is allowed, and beyond them. */
function ends(stage: StageName, property: string, parameter: Parameter): MessageCase[] {
  if (parameter.type !== 'number') return [];
  const { min, max } = parameter;
  const values: [number, boolean][] = [
    [min, true],
    [max, true],
    [min - 1e-6, false],
    [max + 1e-6, false],
  ];
  return values.map(([value, isFine]) => ({
    ...{ stage, isFine, name: `msg.${property} that is ${value}` },
    msg: { ...GOOD[stage], [property]: value },
  }));
}

/** Properties that are no parameters, in all and in some nodes. */
const OTHERS: Record<string, readonly StageName[]> = {
  payload: Object.keys(STAGES) as StageName[],
  parts: ['text-segment', 'tts', 'stitch'],
  priority: ['tts'],
  topic: ['tts'],
  error: ['stitch'],
  face: ['wav2lip'],
  portrait: ['face-detect'],
  reference: ['face-detect'],
  slides: ['hls-export'],
  idle: ['hls-export'],
  waitLimit: ['stitch'],
};

function otherCases(): MessageCase[] {
  const all = { ...WRONG, ...DOUBTFUL, ...UNSET };
  return Object.entries(OTHERS).flatMap(([property, stages]) =>
    stages.flatMap((stage) =>
      Object.entries(property === 'payload' ? { ...all, ...LONG } : all).map(([name, value]) => ({
        ...{ stage, isFine: undefined, name: `msg.${property} that is ${name}` },
        msg: { ...GOOD[stage], [property]: value },
      })),
    ),
  );
}

/** Payloads of the right kind with a wrong value in one of their fields. */
function fieldCases(): MessageCase[] {
  const all = { ...WRONG, ...DOUBTFUL, ...UNSET };
  const payloads: [StageName, string, object][] = [
    [
      'text-segment',
      'payload',
      { kind: 'text', text: 'Hello.', language: 'en', pause: 1, voice: 'en', speaker: 'x' },
    ],
    ['loudnorm', 'payload', { ...speech(__filename), text: 'x', language: 'en', cues: [] }],
    ['wav2lip', 'face', face(__filename)],
    ['stitch', 'payload', clip(__filename)],
    ['hls-export', 'payload', video(__filename)],
    ['stitch', 'parts', { id: 'a', index: 0, count: 1 }],
  ];
  return payloads.flatMap(([stage, property, good]) =>
    Object.keys(good).flatMap((field) =>
      Object.entries(all).map(([name, value]) => ({
        ...{ stage, isFine: undefined, name: `msg.${property}.${field} that is ${name}` },
        msg: {
          ...GOOD[stage],
          ...(property === 'parts' && { payload: clip(__filename) }),
          [property]: { ...good, [field]: value },
        },
      })),
    ),
  );
}

export function messageCases(): MessageCase[] {
  const stages = Object.keys(STAGES) as StageName[];
  return [...stages.flatMap(parameterCases), ...otherCases(), ...fieldCases()];
}
