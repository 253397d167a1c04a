import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  LipwireError,
  LIMITS,
  validateFace,
  validatePayload,
  validateText,
} from '../../src/contract';

const speech = {
  kind: 'speech',
  file: '/a.wav',
  duration: 1,
  sampleRate: 22050,
  channels: 1,
  engine: 'espeak',
};
const clip = {
  kind: 'clip',
  file: '/a.mp4',
  duration: 1,
  fps: 25,
  frames: 25,
  width: 2,
  height: 2,
};
const video = { ...clip, kind: 'video', chapters: [{ title: 'One', start: 0, end: 1 }] };
const stream = { kind: 'stream', playlist: '/m.m3u8', url: '/a', watchUrl: '/b', duration: 1 };
const face = {
  kind: 'face',
  source: { file: '/a.png', type: 'image', width: 10, height: 10 },
  detector: 'blazeface',
  faces: [{ box: [1, 1, 5, 5], score: 0.9, roll: 0 }],
  selected: 0,
};

describe('the message contract', () => {
  it('lets good payloads through as they are', () => {
    for (const payload of [{ kind: 'text', text: 'Hello' }, speech, clip, video, stream]) {
      assert.equal(validatePayload(payload), payload);
    }
    assert.equal(validateFace(face), face);
  });

  const wrong: [title: string, payload: unknown, field: string, expected: RegExp][] = [
    ['a number', 5, 'msg.payload', /the number 5/],
    ['nothing', undefined, 'msg.payload', /received nothing/],
    ['an array', [], 'msg.payload', /an array of 0/],
    ['an unknown kind', { kind: 'film' }, 'msg.payload.kind', /"film"/],
    ['a kind from the prototype', { kind: 'toString' }, 'msg.payload.kind', /one of text/],
    ['a text without text', { kind: 'text' }, 'msg.payload.text', /a string/],
    ['an odd language', { kind: 'text', text: 'a', language: 'x y' }, '.language', /BCP 47/],
    ['an endless pause', { kind: 'text', text: 'a', pause: Infinity }, '.pause', /0 to 60/],
    ['speech without a file', { ...speech, file: '' }, '.file', /path of a file/],
    ['a path with a null byte', { ...speech, file: 'a\0b' }, '.file', /path of a file/],
    ['a sample rate of 0', { ...speech, sampleRate: 0 }, '.sampleRate', /4000 to 384000/],
    ['no channels', { ...speech, channels: 0 }, '.channels', /from 1/],
    [
      'a cue that ends before it starts',
      { ...speech, cues: [{ type: 'word', value: 'a', start: 2, end: 1 }] },
      '.cues[0].end',
      /not before its start/,
    ],
    [
      'a cue of an odd type',
      { ...speech, cues: [{ type: 'x', value: 'a', start: 0, end: 1 }] },
      '.cues[0].type',
      /phoneme/,
    ],
    ['a NaN duration', { ...clip, duration: NaN }, '.duration', /0 to 360000/],
    ['half a frame', { ...clip, frames: 1.5 }, '.frames', /whole number/],
    [
      'a backdrop at an odd place',
      { ...clip, backdrop: { file: '/b.yuv', x: 1, y: 0, width: 2, height: 2 } },
      '.backdrop.x',
      /even number of pixels/,
    ],
    [
      'a backdrop that is a path',
      { ...clip, backdrop: '/b.yuv' },
      '.backdrop',
      /a backdrop \{file/,
    ],
    ['a chapter that is a string', { ...video, chapters: ['x'] }, '.chapters[0]', /chapter/],
  ];
  for (const [title, payload, field, expected] of wrong) {
    it(`refuses ${title}, naming the field, what was expected and what came`, () => {
      assert.throws(
        () => validatePayload(payload),
        (error: unknown) =>
          error instanceof LipwireError &&
          error.code === 'E_INPUT' &&
          error.message.includes(field) &&
          expected.test(error.message),
      );
    });
  }

  it('refuses texts that are longer than the limit', () => {
    const text = 'a'.repeat(LIMITS.textLength + 1);
    assert.throws(() => validateText({ kind: 'text', text }), { code: 'E_INPUT' });
  });

  it('tells where a face comes from when there is none', () => {
    assert.throws(() => validateFace(undefined), { code: 'E_INPUT', message: /face-detect/ });
    assert.throws(() => validateFace({ ...face, selected: 1 }), { message: /selected/ });
    const boxless = { ...face, faces: [{ box: [1, 2], score: 0.5, roll: 0 }] };
    assert.throws(() => validateFace(boxless), { message: /faces\[0\]\.box/ });
  });

  it('answers whatever comes with a payload or with E_INPUT, in one sentence', () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
        (x) => {
          try {
            validatePayload(x);
          } catch (error) {
            assert.ok(error instanceof LipwireError);
            assert.equal(error.code, 'E_INPUT');
            assert.ok(!error.message.includes('\n'));
            assert.ok(error.message.endsWith('.'));
          }
        },
      ),
    );
  });
});
