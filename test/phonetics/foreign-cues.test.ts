import assert from 'node:assert/strict';
import fc from 'fast-check';
import { takeCues } from '../../src/phonetics/foreign-cues';
import { parseIpa } from '../../src/phonetics/ipa';

/** `type value start end`, as text. */
const told = (value: unknown): string[] =>
  takeCues(value).map(
    ({ type, value: said, start, end }) => `${type} ${said} ${start.toFixed(2)} ${end.toFixed(2)}`,
  );

const RHUBARB_TSV = '0.00\tX\n0.10\tA\n0.20\tD\n0.35\tF\n0.50\tX\n';
const RHUBARB = {
  metadata: { soundFile: 'a.wav', duration: 0.6 },
  mouthCues: [
    { start: 0, end: 0.1, value: 'X' },
    { start: 0.1, end: 0.2, value: 'A' },
    { start: 0.2, end: 0.35, value: 'D' },
    { start: 0.35, end: 0.5, value: 'F' },
  ],
};
const SHAPES = ['phoneme m 0.10 0.20', 'phoneme ɑ 0.20 0.35', 'phoneme u 0.35 0.50'];
const OCULUS = 'sil PP FF TH DD kk CH SS nn RR aa E I O U'.split(' ');

const FORMS: [what: string, value: unknown, expected: string[]][] = [
  [
    'our own',
    [
      { type: 'phoneme', value: 'ˈoʊ', start: 0.2, end: 0.4 },
      { type: 'word', value: 'Oh', start: 0.2, end: 0.4 },
    ],
    ['word Oh 0.20 0.40', 'phoneme ˈoʊ 0.20 0.40'],
  ],
  [
    'Azure’s events',
    [
      { audioOffset: 0, visemeId: 0 },
      { audioOffset: 1_000_000, visemeId: 21 },
      { audioOffset: 2_000_000, visemeId: 11 },
      { audioOffset: 3_500_000, visemeId: 0 },
    ],
    ['phoneme p 0.10 0.20', 'phoneme aɪ 0.20 0.35'],
  ],
  [
    'Azure’s last event, which has no end',
    [{ AudioOffset: 5_000_000, VisemeId: 7 }],
    ['phoneme w 0.50 0.70'],
  ],
  [
    'Polly’s speech marks, as JSON lines',
    [
      '{"time":0,"type":"sentence","start":0,"end":9,"value":"Hi there."}',
      '{"time":10,"type":"word","start":0,"end":2,"value":"Hi"}',
      '{"time":10,"type":"viseme","value":"k"}',
      '{"time":100,"type":"viseme","value":"a"}',
      '{"time":300,"type":"viseme","value":"sil"}',
      '{"time":310,"type":"word","start":3,"end":8,"value":"there"}',
      '{"time":310,"type":"viseme","value":"T"}',
    ].join('\n'),
    [
      ...['word Hi 0.01 0.31', 'phoneme k 0.01 0.10', 'phoneme a 0.10 0.30'],
      ...['word there 0.31 0.51', 'phoneme θ 0.31 0.51'],
    ],
  ],
  ['one speech mark', '{"time":10,"type":"viseme","value":"u"}', ['phoneme u 0.01 0.21']],
  ['Rhubarb’s TSV', RHUBARB_TSV, SHAPES],
  ['Rhubarb’s JSON', RHUBARB, SHAPES],
  ['Rhubarb’s JSON as text', JSON.stringify(RHUBARB), SHAPES],
  [
    'Oculus’ visemes',
    OCULUS.map((viseme, index) => ({ viseme, start: index / 10, end: (index + 1) / 10 })),
    [...'pfθdk', 'tʃ', ...'snɹɑɛɪɔu'].map(
      (value, i) => `phoneme ${value} ${((i + 1) / 10).toFixed(2)} ${((i + 2) / 10).toFixed(2)}`,
    ),
  ],
  [
    'HeadTTS',
    {
      words: ['Hi ', 'you'],
      wtimes: [0, 300],
      wdurations: [250, 200],
      visemes: ['kk', 'aa', 'U'],
      vtimes: [0, 100, 300],
      vdurations: [100, 150, 200],
      audio: 'base64',
    },
    [
      ...['word Hi 0.00 0.25', 'phoneme k 0.00 0.10', 'phoneme ɑ 0.10 0.25'],
      ...['word you 0.30 0.50', 'phoneme u 0.30 0.50'],
    ],
  ],
  [
    'ElevenLabs’ characters',
    {
      alignment: {
        characters: [...'She, ok'],
        character_start_times_seconds: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        character_end_times_seconds: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
      },
    },
    [
      ...['word She 0.00 0.30', 'phoneme ʃ 0.00 0.20', 'phoneme ɛ 0.20 0.30'],
      ...['word ok 0.50 0.70', 'phoneme o 0.50 0.60', 'phoneme k 0.60 0.70'],
    ],
  ],
  [
    'words of a recogniser',
    { words: [{ word: ' and', start: 0.1, end: 0.3 }], text: 'and' },
    ['word and 0.10 0.30'],
  ],
  [
    'words of Kokoro-FastAPI',
    [{ word: 'and', start_time: 0.1, end_time: 0.3 }],
    ['word and 0.10 0.30'],
  ],
  ['none', [], []],
];

describe('cues that others made', () => {
  for (const [what, value, expected] of FORMS) {
    it(`become ours: ${what}`, () => assert.deepEqual(told(value), expected));
  }

  it('are all sounds that a mouth can make', () => {
    const azure = Array.from({ length: 22 }, (_, id) => ({ audioOffset: id * 1e6, visemeId: id }));
    const all = [
      azure,
      RHUBARB,
      OCULUS.map((viseme, start) => ({ viseme, start, end: start + 1 })),
    ];
    for (const cue of all.flatMap((each) => takeCues(each))) {
      assert.ok(parseIpa(cue.value).length > 0, cue.value);
    }
    assert.equal(takeCues(azure).length, 21);
  });

  it('do not overlap, and come in order', () => {
    const entry = fc.record({
      viseme: fc.constantFrom(...OCULUS),
      start: fc.double({ min: 0, max: 10, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        let last = 0;
        for (const { start, end } of takeCues(entries)) {
          assert.ok(start >= last - 1e-9 && end > start);
          last = end;
        }
      }),
    );
  });

  for (const [what, value] of [
    ['a sentence', 'Hello there'],
    ['a number', 7],
    ['an object of another kind', { a: [] }],
    ['holes', [null]],
    ['a shape that there is not', [{ viseme: 'ZZ', start: 0, end: 1 }]],
    ['a viseme that there is not', [{ audioOffset: 0, visemeId: 22 }]],
    ['times that are text', [{ viseme: 'PP', start: '0', end: '1' }]],
    ['times before the beginning', [{ viseme: 'PP', start: -1, end: 1 }]],
    ['an end before the start', [{ type: 'word', value: 'a', start: 2, end: 1 }]],
    ['times that are none', [{ type: 'word', value: 'a', start: NaN, end: 1 }]],
    [
      'columns of different lengths',
      {
        characters: ['a', 'b'],
        character_start_times_seconds: [0],
        character_end_times_seconds: [1],
      },
    ],
    ['broken JSON', '{"mouthCues": ['],
  ] as const) {
    it(`are refused in a sentence: ${what}`, () => {
      assert.throws(() => takeCues(value), { code: 'E_INPUT', message: /^Expected .*msg\.cues/ });
    });
  }
});
