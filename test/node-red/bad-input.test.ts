import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ErrorCode } from '../../src/contract';
import { httpFlow } from '../support/flows';
import { PROJECT, sharedNodeRed, type NodeRed } from '../support/node-red';
import { clip, face, speech, video } from '../support/payloads';

type Msg = Record<string, unknown>;
interface Answer {
  status: number;
  body: { code?: string; message?: string; payload?: unknown };
}

/** A bad message for a node: what it is, the message, the code that must come, a word of the sentence. */
type Case = [what: string, msg: Msg, code: ErrorCode, says: RegExp];

const HUGE = 'word '.repeat(220_000);
const NOWHERE = '/nowhere/at/all';
const base64 = (bytes: Buffer | string): string => Buffer.from(bytes).toString('base64');
/** Marks a property that travels as base64 and arrives as a Buffer. */
const bytes = (content: Buffer | string): Msg => ({ payload: base64(content), bytes: ['payload'] });

const TEXT_CASES: Case[] = [
  ['null', { payload: null }, 'E_INPUT', /msg\.payload/],
  ['no payload', {}, 'E_INPUT', /nothing/],
  ['an empty string', { payload: '' }, 'E_INPUT', /something to say/],
  ['white space', { payload: ' \n\t ' }, 'E_INPUT', /something to say/],
  ['a boolean', { payload: true }, 'E_INPUT', /true/],
  ['an array', { payload: ['a'] }, 'E_INPUT', /array of 1/],
  ['an empty object', { payload: {} }, 'E_INPUT', /msg\.payload/],
  [
    'a text that is a number',
    { payload: { kind: 'text', text: 5 } },
    'E_INPUT',
    /msg\.payload\.text/,
  ],
  ['another kind', { payload: speech('/x.wav') }, 'E_INPUT', /kind "speech"/],
  ['bytes that are no UTF-8', bytes(Buffer.from([0xff, 0xfe, 0x80])), 'E_INPUT', /Buffer of 3/],
  ['a text that is too long', { payload: HUGE }, 'E_INPUT', /1000000/],
  ['a language that is none', { payload: 'Hi', language: 5 }, 'E_INPUT', /msg\.language/],
  ['a pause that is no number', { payload: 'Hi', pause: 'long' }, 'E_INPUT', /msg\.pause/],
];

const FILE_CASES: Case[] = [
  ['null', { payload: null }, 'E_INPUT', /msg\.payload/],
  ['a number', { payload: 5 }, 'E_INPUT', /number 5/],
  ['an array', { payload: [] }, 'E_INPUT', /array of 0/],
  ['an empty path', { payload: '' }, 'E_INPUT', /path/],
  ['a path that is not there', { payload: `${NOWHERE}/a.wav` }, 'E_PATH', /nowhere/],
  ['a folder', { payload: '/' }, 'E_PATH', /not a file/],
  ['an address', { payload: 'http://localhost/a.wav' }, 'E_INPUT', /http request/],
  ['a path with a zero byte', { payload: 'a\0b' }, 'E_INPUT', /path/],
  ['an empty Buffer', bytes(''), 'E_INPUT', /Buffer of 0/],
  ['bytes that are nothing', bytes('this is no sound and no picture'), 'E_INPUT', /msg\.payload/],
];

const FACE = face(`${NOWHERE}/face.png`);
const AVATAR_FACE = face(path.join(PROJECT, 'assets/avatar/avatar.png'));

const CASES: Record<string, Case[]> = {
  'text-segment': [
    ...TEXT_CASES,
    [
      'an unknown way to split',
      { payload: 'Hi', split: 'verse' },
      'E_INPUT',
      /sentence, line, paragraph/,
    ],
    [
      'a longest segment of half a character',
      { payload: 'Hi', maxLength: 0.5 },
      'E_INPUT',
      /maxLength/,
    ],
  ],
  tts: [
    ...TEXT_CASES,
    ['an unknown voice', { payload: 'Hi', voice: 'klingon-x' }, 'E_VOICE', /klingon-x/],
    ['a rate of zero', { payload: 'Hi', rate: 0 }, 'E_INPUT', /80 to 450/],
    ['a pitch that is not finite', { payload: 'Hi', pitch: 'NaN' }, 'E_INPUT', /msg\.pitch/],
    ['an unknown engine', { payload: 'Hi', engine: 'robot' }, 'E_INPUT', /espeak/],
  ],
  loudnorm: [
    ...FILE_CASES,
    ['speech without a file', { payload: { kind: 'speech' } }, 'E_INPUT', /msg\.payload\.file/],
    ['speech whose file is gone', { payload: speech(`${NOWHERE}/s.wav`) }, 'E_PATH', /nowhere/],
    ['an unknown preset', { payload: 'a.wav', preset: 'loud' }, 'E_INPUT', /streaming/],
    ['a target above zero', { payload: 'a.wav', integrated: 3 }, 'E_INPUT', /-70 to -5/],
    ['a file that is no sound', { payload: 'text.txt' }, 'E_INPUT', /./],
  ],
  'face-detect': [
    ['a portrait that is not there', { portrait: `${NOWHERE}/p.png` }, 'E_PATH', /nowhere/],
    ['a portrait that is a number', { portrait: 5 }, 'E_INPUT', /msg\.portrait/],
    ['a portrait that is an object', { portrait: {} }, 'E_INPUT', /msg\.portrait/],
    ['a portrait that is a folder', { portrait: '/' }, 'E_PATH', /not a file/],
    [
      'a portrait that is an address',
      { portrait: 'https://localhost/p.png' },
      'E_INPUT',
      /http request/,
    ],
    ['a portrait that is no picture', { portrait: 'text.txt' }, 'E_INPUT', /./],
    [
      'bytes that are no picture',
      { portrait: base64('no picture'), bytes: ['portrait'] },
      'E_INPUT',
      /msg\.portrait/,
    ],
    ['a picture without a face', { portrait: 'plain.svg' }, 'E_NO_FACE', /plain\.svg/],
    ['a face number that is not there', { select: 'number', faceNumber: 7 }, 'E_INPUT', /7/],
    ['a score above 1', { minScore: 2 }, 'E_INPUT', /msg\.minScore/],
  ],
  wav2lip: [
    ...FILE_CASES,
    ['no face', { payload: 'text.txt' }, 'E_INPUT', /face-detect/],
    [
      'a face of another kind',
      { payload: 'text.txt', face: { kind: 'text' } },
      'E_INPUT',
      /msg\.face/,
    ],
    [
      'a face without a source',
      { payload: 'text.txt', face: { kind: 'face' } },
      'E_INPUT',
      /msg\.face\.source/,
    ],
    ['a face whose picture is gone', { payload: 'text.txt', face: FACE }, 'E_PATH', /nowhere/],
    [
      'a face with a wrong selection',
      { payload: 'text.txt', face: { ...FACE, selected: 3 } },
      'E_INPUT',
      /selected/,
    ],
    ['a negative frame rate', { payload: 'text.txt', face: FACE, fps: -1 }, 'E_INPUT', /0 to 120/],
    [
      // Any name may be that of a model of the user's own.
      'an unknown model',
      { payload: 'text.txt', face: AVATAR_FACE, model: 'magic' },
      'E_MODEL_MISSING',
      /magic/,
    ],
    [
      'a flag that is neither',
      { payload: 'text.txt', face: FACE, blinks: 'maybe' },
      'E_INPUT',
      /true or false/,
    ],
  ],
  stitch: [
    ['null', { payload: null }, 'E_INPUT', /msg\.payload/],
    ['a string', { payload: 'clip.mp4' }, 'E_INPUT', /kind "clip"/],
    ['an empty array', { payload: [] }, 'E_INPUT', /array of 0/],
    [
      'an array with something else in it',
      { payload: [clip('/a.mp4'), 5] },
      'E_INPUT',
      /msg\.payload\[1\]/,
    ],
    ['a clip without frames', { payload: { ...clip('/a.mp4'), frames: 0 } }, 'E_INPUT', /frames/],
    ['a clip whose file is gone', { payload: clip(`${NOWHERE}/c.mp4`) }, 'E_PATH', /nowhere/],
    [
      'an index beyond the count',
      { payload: clip('/a.mp4'), parts: { id: 'a', index: 5, count: 2 } },
      'E_INPUT',
      /msg\.parts\.index/,
    ],
    [
      'a count that is no number',
      { payload: clip('/a.mp4'), parts: { id: 'a', index: 0, count: 'two' } },
      'E_INPUT',
      /msg\.parts\.count/,
    ],
    [
      'an unknown transition',
      { payload: clip('/a.mp4'), transition: 'magic' },
      'E_INPUT',
      /one of cut, fade/,
    ],
    ['a width beyond 1080p', { payload: clip('/a.mp4'), width: 3840 }, 'E_INPUT', /0 to 1920/],
    [
      'a wait limit that is no number',
      { payload: clip('/a.mp4'), waitLimit: 'soon', parts: { id: 'b', index: 0, count: 2 } },
      'E_INPUT',
      /waitLimit/,
    ],
    [
      'a clip that never comes',
      { payload: clip('/a.mp4'), waitLimit: 0.1, parts: { id: 'c', index: 0, count: 2 } },
      'E_TIMEOUT',
      /number 1 /,
    ],
  ],
  'hls-export': [
    ...FILE_CASES,
    ['speech', { payload: speech('/x.wav') }, 'E_INPUT', /kind "speech"/],
    ['a video whose file is gone', { payload: video(`${NOWHERE}/v.mp4`) }, 'E_PATH', /nowhere/],
    ['a file that is no video', { payload: 'text.txt' }, 'E_INPUT', /./],
    ['a segment length of zero', { payload: 'text.txt', segmentLength: 0 }, 'E_INPUT', /1 to 30/],
    [
      'renditions that are no heights',
      { payload: 'text.txt', renditions: 'large' },
      'E_INPUT',
      /./,
    ],
  ],
};

describe('Bad messages in a real Node-RED', function () {
  this.timeout(60_000);
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await sharedNodeRed();
    const userDir = path.join(nodeRed.home, 'user');
    await writeFile(path.join(userDir, 'text.txt'), 'Not a sound, not a picture, not a video.');
    const plain =
      '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><rect width="300" height="300" fill="#789"/></svg>';
    await writeFile(path.join(userDir, 'plain.svg'), plain);
    await mkdir(path.join(nodeRed.temporary), { recursive: true });
    const flows = Object.keys(CASES).map((stage) =>
      httpFlow(stage, [{ type: `lipwire-${stage}` }]),
    );
    await nodeRed.deploy(flows.flat());
  });

  async function send(stage: string, { bytes: fields, ...message }: Msg): Promise<Answer> {
    const response = await fetch(`${nodeRed.url}/${stage}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ message, bytes: fields }),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }

  /** Unfinished work, and files of the temporary folder that are not the workspace. */
  async function leftOvers(): Promise<string[]> {
    const workspace = `lipwire-${process.getuid!()}`;
    const beside = (await readdir(nodeRed.temporary)).filter((name) => name !== workspace);
    const work = path.join(nodeRed.temporary, workspace, 'tmp');
    return [...beside, ...(await readdir(work).catch(() => []))];
  }

  for (const [stage, cases] of Object.entries(CASES)) {
    describe(stage, () => {
      for (const [what, msg, code, says] of cases) {
        it(`answers ${what} with ${code} and one sentence`, async () => {
          const { status, body } = await send(stage, msg);
          assert.equal(status, 500, JSON.stringify(body).slice(0, 500));
          assert.equal(body.code, code, body.message);
          const sentence = body.message!.replace(/^LipwireError: /, '');
          assert.match(sentence, says);
          assert.match(sentence, /^[A-Z].*\.$/s);
          assert.ok(sentence.length < 700 && !sentence.includes('\n'), sentence);
        });
      }
    });
  }

  it('covers every node, with 60 cases and more', () => {
    assert.ok(Object.values(CASES).flat().length >= 60);
    assert.equal(Object.keys(CASES).length, 7);
  });

  it('leaves Node-RED alive, no file behind, and the next message works', async () => {
    assert.ok(nodeRed.isAlive);
    assert.deepEqual(await leftOvers(), []);
    const spoken = await send('tts', { payload: 'It still works.' });
    assert.equal(spoken.status, 200, JSON.stringify(spoken.body).slice(0, 300));
    const levelled = await send('loudnorm', { payload: spoken.body.payload as object });
    const found = await send('face-detect', {});
    assert.deepEqual([levelled.status, found.status], [200, 200]);
    const split = await send('text-segment', { payload: 'It still works.' });
    assert.equal(split.status, 200);
  });
});
