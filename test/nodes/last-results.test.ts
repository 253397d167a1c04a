import assert from 'node:assert/strict';
import { timelineOf } from '../../nodes/shared/previews';
import { LastResults } from '../../nodes/shared/last-results';
import type { SpeechPayload, VideoPayload } from '../../src/contract';

describe('The last results of nodes', () => {
  const speech = (text: string): SpeechPayload =>
    ({ kind: 'speech', file: '/w/speech.wav', duration: 1, text }) as SpeechPayload;
  const input = { kind: 'text', text: '' } as const;
  const made = (text: string) => ({ stage: 'tts', studio: '', result: speech(text) }) as const;

  it('are the newest of each node, and of the node in a subflow’s template', () => {
    const results = new LastResults();
    results.set({ id: 'a' }, made('one'), input, {});
    results.set({ id: 'instance', _alias: 'template' }, made('two'), input, {});
    results.set({ id: 'a' }, made('three'), input, {});
    const textOf = (id: string): unknown => (results.get(id)?.result as SpeechPayload).text;
    assert.deepEqual(['a', 'instance', 'template'].map(textOf), ['three', 'two', 'two']);
    results.forget('a');
    assert.equal(results.get('a'), undefined);
  });

  it('are those of a limited number of nodes', () => {
    const results = new LastResults();
    for (let i = 0; i < 700; i++) results.set({ id: `${i}` }, made(''), input, {});
    assert.equal(results.get('199'), undefined);
    assert.ok(results.get('200') && results.get('699'));
  });

  it('hold words for the clip’s preview and the player’s path, and nothing else of messages', () => {
    const results = new LastResults();
    const cues = [{ type: 'word', value: 'a', start: 0, end: 1 }] as const;
    const spoken = { speech: { ...speech(''), cues: [...cues] }, face: {} as never };
    const payload = { watchUrl: '/a/watch', secret: 'x' };
    const result = { stage: 'wav2lip', studio: '', result: {} as never } as const;
    results.set({ id: 'a' }, result, spoken, payload);
    const { at, ...kept } = results.get('a')!;
    assert.ok(at > 0);
    assert.deepEqual(kept, { ...result, cues: [...cues], watchUrl: '/a/watch' });
    results.set({ id: 'a' }, result, spoken, { watchUrl: 'javascript:alert(1)' });
    assert.equal(results.get('a')?.watchUrl, undefined);
  });

  it('are what was made, whatever a flow does with its message afterwards', () => {
    const results = new LastResults();
    const mine = { stage: 'tts', studio: '', result: speech('one') } as const;
    results.set({ id: 'a' }, mine, input, {});
    Object.assign(mine.result, { text: 'two', file: '/etc/passwd', extra: 10n, self: mine.result });
    assert.deepEqual(results.get('a')?.result, speech('one'));
  });

  it('are none where something cannot be copied, and nothing is thrown', () => {
    const results = new LastResults();
    const cues = [{ type: 'phoneme', value: 'a', start: 0, end: 1, hung: () => 1 }];
    const spoken = { speech: { ...speech('one'), cues }, face: {} } as never;
    results.set({ id: 'a' }, made('one'), spoken, {});
    assert.equal(results.get('a'), undefined);
  });

  it('are forgotten of a subflow’s template with its instance, unless another one was later', () => {
    const results = new LastResults();
    results.set({ id: 'first', _alias: 'template' }, made('one'), input, {});
    results.forget('first');
    assert.equal(results.get('template'), undefined);
    results.set({ id: 'first', _alias: 'template' }, made('one'), input, {});
    results.set({ id: 'second', _alias: 'template' }, made('two'), input, {});
    results.forget('first');
    assert.ok(results.get('template'));
  });

  it('lay segments out so that neighbours share their cross-fade and chapters begin in its middle', () => {
    const chapters = [0, 2.25, 4.25].map((start, i) => {
      return { title: `${i}`, start, end: [2.25, 4.25, 6][i] };
    });
    const video = { duration: 6, fps: 10, chapters, report: { crossFadeFrames: 5 } };
    const { segments, crossFade } = timelineOf(video as unknown as VideoPayload);
    assert.equal(crossFade, 0.5);
    assert.deepEqual(
      segments.map(({ start, end }) => [start, end]),
      [
        [0, 2.5],
        [2, 4.5],
        [4, 6],
      ],
    );
  });
});
