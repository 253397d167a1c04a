import type { TextPayload, RunOf } from '../contract';
import { segmentText } from './segment';
import type { textSegment } from './stage';

/**
 * Text to segments, each a text of its own. After the last segment of a paragraph comes
 * `paragraphPause`, after others `pause`; after the very last the text's own `pause`, else `pause`.
 */
export const run: RunOf<typeof textSegment> = async (input, parameters, context) => {
  const segments = await segmentText(
    input.text,
    {
      split: parameters.split,
      maxLength: parameters.maxLength,
      language: input.language || parameters.language,
    },
    context.signal,
  );
  const last = segments.length - 1;
  context.progress({ type: 'running', done: 1, total: 1, unit: 'steps' });
  return {
    segments: segments.map(({ text, language, endsParagraph }, index): TextPayload => {
      const between = endsParagraph ? parameters.paragraphPause : parameters.pause;
      return {
        kind: 'text',
        text,
        ...(language && { language }),
        ...(input.speaker !== undefined && { speaker: input.speaker }),
        ...(input.voice !== undefined && { voice: input.voice }),
        pause: index === last ? (input.pause ?? parameters.pause) : between,
      };
    }),
  };
};
