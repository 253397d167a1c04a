/** text-segment: a text becomes segments, each a text of its own. */
import type { ParameterTable, StageDefinition, TextPayload, ValuesOf } from '../contract';

const parameters = {
  split: {
    type: 'choice',
    default: 'sentence',
    of: ['sentence', 'line', 'paragraph'],
    icon: 'fa-scissors',
  },
  /** Longest segment in characters (graphemes). */
  maxLength: {
    type: 'number',
    default: 240,
    min: 20,
    max: 5000,
    whole: true,
    unit: 'characters',
    icon: 'fa-arrows-h',
  },
  /** Silence after a segment, and after the last one of a paragraph, in seconds. */
  pause: { type: 'number', default: 0.35, min: 0, max: 60, unit: 's', icon: 'fa-pause' },
  paragraphPause: {
    type: 'number',
    default: 0.8,
    min: 0,
    max: 60,
    unit: 's',
    icon: 'fa-paragraph',
  },
  /** BCP 47; empty: by script, where that tells. */
  language: { type: 'text', default: '', maxLength: 35, format: 'language', icon: 'fa-language' },
} as const satisfies ParameterTable;

export type TextSegmentParameters = ValuesOf<typeof parameters>;

export const textSegment: StageDefinition<
  TextPayload,
  { segments: TextPayload[] },
  typeof parameters
> = {
  name: 'text-segment',
  version: 2,
  parameters,
  timeLimit: { base: 60, each: 1 },
  length: ({ text }) => text.length / 1000,
  files: () => [],
};
