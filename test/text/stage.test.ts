import assert from 'node:assert/strict';
import {
  type Progress,
  type TextPayload,
  objectSource,
  resolveParameters,
  type StageContext,
} from '../../src/contract';
import { run as runTextSegment } from '../../src/text/run';
import { textSegment } from '../../src/text/stage';

function run(
  input: Omit<TextPayload, 'kind'>,
  settings: object = {},
  progress: Progress[] = [],
): Promise<{ segments: TextPayload[] }> {
  const parameters = resolveParameters(textSegment.parameters, [objectSource('msg.', settings)]);
  const context = {
    signal: new AbortController().signal,
    folder: '/nowhere',
    progress: (update: Progress) => void progress.push(update),
  } as unknown as StageContext;
  return runTextSegment({ kind: 'text', ...input }, parameters, context);
}

describe('the text-segment stage', () => {
  it('hands on speaker, voice and language with every segment', async () => {
    const { segments } = await run({
      text: 'A. Bc.',
      speaker: 'Ann',
      voice: 'f',
      language: 'en-GB',
    });
    assert.deepEqual(segments, [
      { kind: 'text', text: 'A. Bc.', language: 'en-GB', speaker: 'Ann', voice: 'f', pause: 0.35 },
    ]);
    const two = await run({ text: 'Abc. Bcd.', speaker: 'Ann' });
    assert.deepEqual(two.segments, [
      { kind: 'text', text: 'Abc.', speaker: 'Ann', pause: 0.35 },
      { kind: 'text', text: 'Bcd.', speaker: 'Ann', pause: 0.35 },
    ]);
  });

  it('pauses longer between paragraphs', async () => {
    const { segments } = await run(
      { text: 'One. Two.\n\nThree.' },
      { pause: 0.2, paragraphPause: 1.5 },
    );
    assert.deepEqual(
      segments.map(({ pause }) => pause),
      [0.2, 1.5, 0.2],
    );
  });

  it("ends with the text's own pause", async () => {
    const { segments } = await run({ text: 'One.\n\nTwo.', pause: 3 });
    assert.deepEqual(
      segments.map(({ pause }) => pause),
      [0.8, 3],
    );
  });

  it('takes the language of the message over the setting, and the setting over the script', async () => {
    const text = 'مرحبا';
    assert.equal((await run({ text })).segments[0]?.language, 'ar');
    assert.equal((await run({ text }, { language: 'fa' })).segments[0]?.language, 'fa');
    const both = await run({ text, language: 'ur' }, { language: 'fa' });
    assert.equal(both.segments[0]?.language, 'ur');
  });

  it('reports that it is done', async () => {
    const progress: Progress[] = [];
    await run({ text: 'Hello.' }, {}, progress);
    assert.deepEqual(progress.at(-1), { type: 'running', done: 1, total: 1, unit: 'steps' });
  });
});
