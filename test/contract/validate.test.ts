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
const word = { type: 'word', value: 'a', start: 0, end: 1 };
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

  it('lets fields through that it does not know, and leaves out what a flow need not write', () => {
    for (const payload of [speech, clip, video, stream]) {
      const more = { ...payload, loudness: { target: -16 }, mine: { a: [1] } };
      assert.equal(validatePayload(more), more);
    }
    const bare = { ...speech, engine: undefined };
    assert.equal(validatePayload(bare), bare);
  });

  it('takes null for left out where an older flow could write it', () => {
    const nothing = { loudness: null, engine: null, report: null };
    const payloads = [
      { ...speech, ...nothing, notes: null },
      { ...speech, loudness: { integrated: null, target: null, gain: null, mode: null } },
      { ...clip, ...nothing, language: null },
      { ...video, ...nothing, language: null },
      { ...stream, renditions: null, segments: null },
    ];
    for (const payload of payloads) assert.equal(validatePayload(payload), payload);
    const source = { ...face.source, fps: null, rate: null, crop: null, resizeFactor: null };
    const byHand = { ...face, detector: null, report: null, engine: null };
    for (const rotate of [null, 0]) {
      const faces = [{ ...face.faces[0], roll: null }];
      const odd = { ...byHand, faces, source: { ...source, type: undefined, rotate } };
      assert.equal(validateFace(odd), odd);
    }
  });

  it('lets through what stages write, also when it comes from a record in JSON', () => {
    const measure = { integrated: null, range: null, truePeak: -1.5 };
    const notes = [{ type: 'silent' }, { type: 'clipped', samples: 3, places: 1 }];
    const loudness = { ...measure, target: -16, gain: 2, mode: 'linear', before: measure, notes };
    const report = {
      ...{ seconds: 1, speed: 2, framesWithoutFace: 0, withoutFace: [[0, 3]], drivenBy: 'cues' },
      ...{ offset: 0, psnr: Infinity, seam: { seam: 1, original: 1 }, notes: ['a'] },
    };
    const engine = { model: 'builtin', device: 'cpu' };
    const whole = { ...clip, loudness, report, engine, language: 'de' };
    assert.equal(validatePayload(whole), whole);
    const read: unknown = JSON.parse(JSON.stringify(whole));
    assert.equal(validatePayload(read), read);
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
    [
      'a loudness whose target is no number',
      { ...speech, loudness: { target: 'loud' } },
      'msg.payload.loudness.target',
      /a number of LUFS .* received "loud"/,
    ],
    [
      'a clip whose loudness aims at NaN',
      { ...clip, loudness: { target: NaN } },
      'msg.payload.loudness.target',
      /a number of LUFS .* received the number NaN/,
    ],
    ['an engine that is a number', { ...speech, engine: 5 }, 'msg.payload.engine', /a string/],
    ['a clip whose engine is a name', { ...clip, engine: 'x' }, '.engine', /\{model, device\}/],
    ['a report that is a list', { ...clip, report: [] }, '.report', /a report/],
    [
      'a cue that has no end, deep in a list',
      { ...speech, cues: [word, word, word, { ...word, end: undefined }] },
      'msg.payload.cues[3].end',
      /seconds from 0 .* received nothing/,
    ],
    [
      'a rendition without a size',
      { ...stream, renditions: [{ name: 'a' }] },
      '[0].width',
      /pixels/,
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
