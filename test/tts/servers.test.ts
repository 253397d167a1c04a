import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { openFfmpeg } from '../../src/av/ffmpeg/open';
import { LipwireError, serverAddress, type ServerName, type Servers } from '../../src/contract';
import { EventParser, encodeEvent, type WyomingEvent } from '../../src/net/wyoming';
import { serversOf } from '../../src/runtime/settings';
import { TTS_ENGINES } from '../../src/tts/engines';
import type { Voice } from '../../src/tts/engine';
import { soundIn } from '../../src/tts/received';
import { chooseAmong } from '../../src/tts/server';
import { say, type Said } from './helpers';
import {
  bytesOf,
  httpServer,
  info,
  KEY,
  spokenEvents,
  toneSamples,
  toneWav,
  wyomingServer,
  type Asked,
  type TestServer,
  type WyomingTestServer,
} from './voice-servers';

const AUDIBLE = 33 / 32768;

/** Seconds from the first to the last audible sample. */
function heard({ samples, sampleRate }: Said): number {
  const first = samples.findIndex((sample) => Math.abs(sample) > AUDIBLE);
  const last = samples.findLastIndex((sample) => Math.abs(sample) > AUDIBLE);
  return (last - first + 1) / sampleRate;
}

function serverSettings(name: ServerName, address: string, more: object = {}): Servers {
  return { [name]: { address, key: '', model: '', voice: '', ...more } };
}

/** One sentence, that says what is expected and what to do, without the key. */
function isServerError(pattern: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof LipwireError, String(error));
    assert.equal(error.code, 'E_SERVER', error.message);
    assert.match(error.message, pattern);
    assert.match(error.message, /^Expected [^\n]+ but [^\n]+; [^\n]+\.$/);
    assert.ok(!JSON.stringify([error.message, error.details, error.stack]).includes(KEY));
    return true;
  };
}

const settings = {
  ...{ ffmpegPath: '', modelsFolder: '', device: 'auto', acceptNonCommercial: false },
};
const named = (id: string) => TTS_ENGINES.find((engine) => engine.id === id)!;

describe('sound that a server streams', () => {
  const service = { title: 'the test server', address: 'http://test', key: KEY };
  const signal = new AbortController().signal;
  async function received(bytes: Buffer[], type = ''): Promise<{ seconds: number; rate: number }> {
    const stream = (async function* () {
      yield* bytes;
    })();
    let length = 0;
    let rate = 0;
    let square = 0;
    for await (const part of soundIn(stream, type, { service, signal, ffmpegPath: '' })) {
      length += part.samples.length;
      rate = part.sampleRate;
      for (const sample of part.samples) square += sample * sample;
    }
    // A sine of a third: what was misread would be louder or quieter.
    assert.ok(Math.abs(Math.sqrt(square / length) - 11_000 / Math.SQRT2) < 500, 'it is the tone');
    return { seconds: length / rate, rate };
  }
  const tone = bytesOf(toneSamples(1, 22_050));
  const list = Buffer.concat([
    Buffer.from('LIST\x1a\0\0\0', 'latin1'),
    Buffer.from('INFOISFT\x0e\0\0\0Lavf59.27.100\0', 'latin1'),
  ]);
  const FORMS: [what: string, bytes: Buffer, type: string, seconds: number, rate: number][] = [
    ['a WAV', toneWav(1, 22_050), 'audio/wav', 1, 22_050],
    ['a WAV of all ones', toneWav(1, 22_050, 0xffffffff), 'audio/wav', 1, 22_050],
    ['a WAV of length 0', toneWav(1, 22_050, 0), 'audio/wav', 1, 22_050],
    ['a WAV of an invented length', toneWav(1, 24_000, 2e9), 'audio/wav', 1, 24_000],
    ['a WAV that claims too much', toneWav(1, 24_000, 90_000), 'audio/wav', 1, 24_000],
    ['a WAV that claims too little', toneWav(1, 24_000, 9_000), 'audio/wav', 1, 24_000],
    ['a WAV with chunks behind', Buffer.concat([toneWav(1, 22_050), list]), '', 1, 22_050],
    ['a WAV a sentence', Buffer.concat([toneWav(1, 16_000), toneWav(1, 16_000)]), '', 2, 16_000],
    ['a WAV that is called a page', toneWav(1, 22_050), 'text/html; charset=utf-8', 1, 22_050],
    ['samples without a header', tone, 'audio/pcm', 22_050 / 24_000, 24_000],
    ['samples with their rate', tone, 'audio/L16;rate=22050', 1, 22_050],
    ['samples of no kind', tone, 'application/octet-stream', 22_050 / 24_000, 24_000],
    [
      'an odd byte at the end',
      Buffer.concat([tone, tone.subarray(0, 1)]),
      'audio/pcm',
      0.92,
      24_000,
    ],
  ];
  for (const [what, bytes, type, seconds, rate] of FORMS) {
    it(`is read to its end: ${what}`, async () => {
      const found = await received([bytes], type);
      assert.equal(found.rate, rate);
      assert.ok(Math.abs(found.seconds - seconds) < 0.002, `${found.seconds} s`);
    });
  }

  it('is the same however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 17_000 }), { maxLength: 12 }),
        fc.constantFrom(0, 0xffffffff, 16_000, undefined),
        async (cuts, size) => {
          const bytes = toneWav(0.5, 16_000, size);
          const at = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length];
          at.sort((a, b) => a - b);
          const parts = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
          const { seconds } = await received(parts);
          assert.equal(seconds, 0.5);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is decoded where it is compressed', async () => {
    const ffmpeg = await openFfmpeg();
    const chunks: Buffer[] = [];
    const { PassThrough } = await import('node:stream');
    const target = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
    await ffmpeg.run({
      inputs: [{ source: 'sine=f=220:d=1:r=24000,volume=2.68', options: ['-f', 'lavfi'] }],
      outputs: [{ target, options: ['-c:a', 'flac', '-f', 'flac'] }],
    });
    const { rate, seconds } = await received(chunks, 'audio/wav');
    assert.equal(rate, 24_000);
    assert.ok(Math.abs(seconds - 1) < 0.05);
  });

  for (const [what, bytes, type, pattern] of [
    ['nothing', Buffer.alloc(0), 'audio/wav', /it sent nothing/],
    ['a page', Buffer.from('<html><title>Oh</title></html>'), 'text/html', /it sent "<html>/],
    ['an error that is called a success', Buffer.from('{"error":"no voice"}'), '', /no voice/],
    ['text that is called sound', Buffer.from('Internal Server Error'), '', /Internal Server/],
    ['a WAV without samples', toneWav(1, 16_000).subarray(0, 30), '', /WAV cannot be read/],
    ['a key', Buffer.from(`your key is ${KEY}`), 'text/plain', /your key is •••/],
  ] as const) {
    it(`is missed in a sentence: ${what}`, async () => {
      await assert.rejects(received([bytes], type), isServerError(pattern));
    });
  }
});

describe('an OpenAI-compatible server', function () {
  this.timeout(20_000);
  let server: TestServer;
  let answer: (asked: Asked, response: ServerResponse) => void;
  before(async () => {
    server = await httpServer((asked, response) => answer(asked, response));
  });
  beforeEach(() => (server.asked.length = 0));
  after(() => server.close());

  const wav = (response: ServerResponse, seconds = 1): void => {
    response.setHeader('Content-Type', 'audio/wav');
    response.end(toneWav(seconds, 24_000, 0xffffffff));
  };
  const speak = (text: string, more: object = {}, own: object = {}) => {
    const servers = serverSettings('openai', server.address, { key: KEY, ...own });
    return say(text, { engine: 'openai', ...more }, undefined, servers);
  };
  const posts = () => server.asked.filter(({ method }) => method === 'POST');

  it('is asked as OpenAI is, and only for what is set', async () => {
    answer = (_asked, response) => wav(response);
    const speech = await speak('Hello there.', { voice: 'af_heart', pause: 0, lead: 0 });
    const [{ path, headers, body }] = posts();
    assert.equal(path, '/v1/audio/speech');
    assert.equal(headers.authorization, `Bearer ${KEY}`);
    assert.deepEqual(JSON.parse(body), {
      ...{ model: 'tts-1', voice: 'af_heart', response_format: 'wav', input: 'Hello there.' },
    });
    assert.ok(Math.abs(heard(speech) - 1) < 0.005);
    assert.deepEqual(
      [speech.engine, speech.voice, speech.sampleRate],
      ['openai', 'af_heart', 24_000],
    );
    assert.ok(!JSON.stringify({ ...speech, samples: [] }).includes(KEY));
  });

  it('is asked for model, speed and manner where they are set', async () => {
    answer = (_asked, response) => wav(response);
    const own = { model: 'kokoro', voice: 'bf_emma', address: `${server.address}/v1` };
    await speak('Hello.', { rate: 200, instructions: 'Whisper.' }, own);
    await speak('Hello.', { speechModel: 'other' }, own);
    const [first, second] = posts();
    assert.equal(first.path, '/v1/audio/speech');
    assert.deepEqual(JSON.parse(first.body), {
      ...{ input: 'Hello.', response_format: 'wav' },
      ...{ model: 'kokoro', voice: 'bf_emma', speed: 1.25, instructions: 'Whisper.' },
    });
    assert.equal((JSON.parse(second.body) as { model: string }).model, 'other');
  });

  it('lists its voices in any of the usual forms, or none', async () => {
    const lists: [unknown, string[]][] = [
      [{ voices: ['af_heart', 'jm_kumo'] }, ['af_heart en-US female', 'jm_kumo ja male']],
      [{ voices: [{ id: 'x', name: 'X', language: 'de' }] }, ['x de unknown']],
      [['alloy'], ['alloy und unknown']],
      [{ data: [{ voice_id: 'v', name: 'V' }] }, ['v und unknown']],
      ['nonsense', []],
    ];
    const openai = named('openai');
    for (const [list, expected] of lists) {
      answer = (_asked, response) => void response.end(JSON.stringify(list));
      const voices = await openai.voices({
        ...settings,
        servers: serverSettings('openai', server.address),
      });
      const told = voices.map(
        ({ id, languages, gender }: Voice) => `${id} ${languages[0]} ${gender}`,
      );
      assert.deepEqual(told, expected);
    }
    answer = (_asked, response) => void response.writeHead(404).end();
    assert.deepEqual(
      await openai.voices({ ...settings, servers: serverSettings('openai', server.address) }),
      [],
    );
  });

  it('speaks with a voice of the language where none is named', async () => {
    answer = ({ method }, response) =>
      method === 'GET'
        ? void response.end(JSON.stringify({ voices: ['af_heart', 'ff_siwis'] }))
        : wav(response);
    assert.equal((await speak('Bonjour.', { language: 'fr' })).voice, 'ff_siwis');
    assert.equal((await speak('Hello.', { language: 'fi' })).voice, 'af_heart');
  });

  it('is asked for long texts in pieces', async () => {
    answer = (_asked, response) => wav(response, 0.4);
    const text = 'This is a sentence of some length, which is said again and again. '.repeat(60);
    const { progress } = await speak(text, { voice: 'v' });
    const inputs = posts().map(({ body }) => (JSON.parse(body) as { input: string }).input);
    assert.equal(inputs.length, 3);
    assert.equal(inputs.join(' '), text.trim());
    assert.ok(progress.some((each) => each.type === 'running' && each.done === 3));
  });

  type Behaviour = (count: number, response: ServerResponse) => void;
  const status =
    (code: number, body = '', headers = {}): Behaviour =>
    (_count, response) =>
      void response.writeHead(code, headers).end(body);
  const firstly =
    (times: number, other: Behaviour): Behaviour =>
    (count, response) =>
      count <= times ? other(count, response) : wav(response);

  const RECOVERS: [string, Behaviour, number][] = [
    [
      'too many requests, with when to come again',
      firstly(1, status(429, '', { 'Retry-After': '0' })),
      2,
    ],
    ['a gateway without its server', firstly(2, status(502)), 3],
    ['a server that starts', firstly(1, status(503, '{"detail":"loading"}')), 2],
    ['a connection that is cut', firstly(1, (_count, response) => response.destroy()), 2],
    ['a redirect within it', firstly(1, status(307, '', { Location: '/v1/audio/speech/' })), 2],
  ];
  for (const [what, behave, times] of RECOVERS) {
    it(`is asked again after ${what}`, async () => {
      let count = 0;
      answer = (_asked, response) => behave(++count, response);
      assert.ok((await speak('Hello.', { voice: 'v' })).duration > 1);
      assert.equal(posts().length, times);
    });
  }

  const FAILS: [string, Behaviour, RegExp, number][] = [
    ['a key that it refuses', status(401, JSON.stringify({ error: { message: `Incorrect key ${KEY}` } })), /refuses the key \(status 401: Incorrect key •••\); set the key anew/, 1],
    ['a person who may not', status(403), /refuses the key \(status 403\)/, 1],
    ['too many requests for an hour', status(429, '', { 'Retry-After': '3600' }), /too much to do \(status 429\); try again in 3600 s/, 1],
    ['too many requests for ever', status(429, '', { 'Retry-After': '0' }), /too much to do/, 3],
    ['a field that it does not know', status(422, JSON.stringify({ detail: [{ loc: ['body', 'speed'], msg: 'must be at least 1' }] })), /refuses \(status 422: body\.speed: must be at least 1\)/, 1],
    ['another kind of server', status(404, '<html><title>404 Not Found</title>'), /has no \/v1\/audio\/speech \(status 404: 404 Not Found\); check/, 1],
    ['a fault of its own', status(500, 'x'.repeat(999)), /failed \(status 500: x{200}…\); see its log/, 1],
    ['a redirect elsewhere', status(307, '', { Location: 'http://169.254.169.254/latest' }), /redirects to 169\.254\.169\.254; set/, 1],
    ['redirects for ever', status(308, '', { Location: '/v1/audio/speech' }), /redirects more than 3 times/, 4],
    ['no sound', status(200, '', { 'Content-Type': 'audio/wav' }), /it sent nothing/, 1],
    ['an empty WAV', (_count, response) => void response.end(toneWav(0, 24_000)), /it sent none/, 1],
    ['an end in mid-sentence', (_count, response) => {
      response.write(toneWav(1, 24_000, 0xffffffff));
      setTimeout(() => response.destroy(), 30);
    }, /the whole sound of the text .* it broke off before the end/, 1],
    ['an end before its own length', (_count, response) => {
      response.setHeader('Content-Length', '100000');
      response.write(toneWav(1, 24_000));
      setTimeout(() => response.destroy(), 30);
    }, /it broke off before the end/, 1],
  ]; // prettier-ignore
  for (const [what, behave, pattern, times] of FAILS) {
    it(`fails in one sentence: ${what}`, async () => {
      let count = 0;
      answer = (_asked, response) => behave(++count, response);
      await assert.rejects(speak('Hello.', { voice: 'v' }), isServerError(pattern));
      assert.equal(posts().length, times);
    });
  }

  it('that wants a key where none is set says so', async () => {
    answer = (_asked, response) => void response.writeHead(401).end();
    await assert.rejects(
      speak('Hello.', { voice: 'v' }, { key: '' }),
      isServerError(/wants a key \(status 401\); set the key/),
    );
    assert.equal(posts()[0].headers.authorization, undefined);
  });

  it('that is not there says so, and so does a name that is none', async () => {
    const gone = await httpServer(() => undefined);
    await gone.close();
    const own = { address: gone.address };
    await assert.rejects(
      speak('Hello.', { voice: 'v' }, own),
      isServerError(/takes no connections; see whether it runs/),
    );
    await assert.rejects(speak('Hello.', { voice: 'v' }, { address: 'http://x y' }), {
      code: 'E_INPUT',
    });
  });

  it('stops when the job is cancelled, also while it waits', async () => {
    for (const behave of [
      () => undefined,
      (_asked: Asked, response: ServerResponse) => void response.write(toneWav(1, 24_000, 0)),
      (_asked: Asked, response: ServerResponse) =>
        void response.writeHead(429, { 'Retry-After': '20' }).end(),
    ]) {
      answer = behave;
      const abort = new AbortController();
      setTimeout(() => abort.abort(), 100);
      const servers = serverSettings('openai', server.address);
      const started = Date.now();
      const saying = say('Hello.', { engine: 'openai', voice: 'v' }, abort.signal, servers);
      await assert.rejects(saying, { code: 'E_CANCELLED' });
      assert.ok(Date.now() - started < 3000);
    }
  });

  it('is replaced by the fallback, if one is set, which says so', async () => {
    answer = (_asked, response) => void response.writeHead(500, '', {}).end(`no ${KEY}`);
    await assert.rejects(speak('Hello.', { voice: 'v' }), { code: 'E_SERVER' });
    const speech = await speak('Hello.', { voice: 'v', fallback: 'espeak' });
    assert.equal(speech.engine, 'espeak');
    const notes = JSON.stringify((speech as unknown as { notes: unknown }).notes);
    assert.match(notes, /eSpeak NG spoke in place of the server: Expected .*status 500: no •••/);
    assert.ok(!notes.includes(KEY));
  });

  it('is healthy where it answers', async () => {
    answer = (_asked, response) => void response.end('{"voices":["a","b"]}');
    const servers = serverSettings('openai', server.address);
    assert.deepEqual(await named('openai').health({ ...settings, servers }), {
      ...{ usable: true, voices: 2 },
    });
    const { usable, ...why } = await named('openai').health(settings);
    assert.equal(usable, false);
    assert.match((why as { sentence: string }).sentence, /none is set up; give its address/);
  });
});

describe('Wyoming', function () {
  this.timeout(20_000);

  const event = fc.record({
    type: fc.string({ minLength: 1, maxLength: 12 }),
    data: fc.dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }),
    payload: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  });
  const plain = ({ type, data, payload }: WyomingEvent) => ({
    type,
    data: JSON.parse(JSON.stringify(data)) as unknown,
    payload: payload.toString('hex'),
  });

  it('events are found however their bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), fc.array(fc.nat(400)), (events, cuts) => {
        const bytes = Buffer.concat(events.map(encodeEvent));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length];
        at.sort((a, b) => a - b);
        const parser = new EventParser();
        const found = at.slice(1).flatMap((end, i) => parser.push(bytes.subarray(at[i], end)));
        assert.deepEqual(found.map(plain), events.map(plain));
        assert.equal(parser.isAmidst, false);
      }),
    );
  });

  it('data may stand in the line, and that behind it wins', () => {
    const bytes =
      '{"type":"a","version":"9","data":{"x":1,"y":2},"data_length":7,"new":[]}\n{"y":3}{"type":"b"}\n';
    assert.deepEqual(new EventParser().push(Buffer.from(bytes)).map(plain), [
      { type: 'a', data: { x: 1, y: 3 }, payload: '' },
      { type: 'b', data: {}, payload: '' },
    ]);
  });

  for (const [what, bytes] of [
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['no object', '[1]\n'],
    ['no type', '{"data_length":3}\nabc'],
    ['a negative length', '{"type":"a","payload_length":-1}\n'],
    ['a length beyond measure', '{"type":"a","payload_length":99999999999}\n'],
    ['data that is none', '{"type":"a","data_length":3}\nabc'],
    ['a line without end', 'x'.repeat(1_100_000)],
  ]) {
    it(`is told from ${what}`, () => {
      assert.throws(() => new EventParser().push(Buffer.from(bytes)));
    });
  }

  let server: WyomingTestServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });
  const speak = (text: string, more: object = {}, own: object = {}) => {
    const servers = serverSettings('wyoming', server?.address ?? '', own);
    return say(text, { engine: 'wyoming', lead: 0, pause: 0, ...more }, undefined, servers);
  };

  it('speaks a text, plain, from a server that cuts its bytes anywhere', async () => {
    const cut = (bytes: Buffer): Buffer[] => {
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += 777) parts.push(bytes.subarray(at, at + 777));
      return parts;
    };
    server = await wyomingServer(({ type }, send) => {
      if (type === 'describe') send({ type: 'hello' }, info(false));
      // An odd chunk ends within a sample.
      if (type === 'synthesize') send(...spokenEvents(1, 22_050, 1001));
    }, cut);
    const speech = await speak('Hello.', { language: 'en-GB', speakerName: 'p1' });
    assert.ok(Math.abs(heard(speech) - 1) < 0.005, `${heard(speech)} s`);
    assert.deepEqual([speech.voice, speech.sampleRate], ['en_US-joe-medium', 22_050]);
    const { data } = server.events.find(({ type }) => type === 'synthesize')!;
    assert.deepEqual(data, { text: 'Hello.', voice: { name: 'en_US-joe-medium', speaker: 'p1' } });
  });

  it('speaks as a stream, and does not take the first sentence for the last', async () => {
    let streams = 0;
    server = await wyomingServer(({ type }, send) => {
      if (type === 'describe') send(info(true, 'models'));
      if (type === 'synthesize-chunk') streams++;
      if (type !== 'synthesize-stop') return;
      send(...spokenEvents(0.5), ...spokenEvents(0.7), { type: 'synthesize-stopped' });
    });
    const speech = await speak('One. Two.', { voice: 'fr_FR-siwis-low' });
    assert.ok(Math.abs(heard(speech) - 1.2) < 0.005, `${heard(speech)} s`);
    assert.equal(streams, 1);
    const sent = server.events.map(({ type }) => type).filter((type) => type !== 'describe');
    assert.deepEqual(sent, [
      ...['synthesize-start', 'synthesize-chunk', 'synthesize', 'synthesize-stop'],
    ]);
  });

  it('lists its voices, those that are installed first', async () => {
    server = await wyomingServer(({ type }, send) => type === 'describe' && send(info(true)));
    const voices = await named('wyoming').voices({
      ...settings,
      servers: serverSettings('wyoming', server.address),
    });
    assert.deepEqual(
      voices.map(({ id, languages, installed }) => [id, languages[0], installed]),
      [
        ['en_US-joe-medium', 'en-US', true],
        ['fr_FR-siwis-low', 'fr-FR', true],
        ['de_DE-thorsten-low', 'de-DE', false],
      ],
    );
  });

  it('speaks with its own voice where that of the language is not there after all, and says so', async () => {
    server = await wyomingServer(({ type, data }, send) => {
      if (type === 'describe') send(info(false));
      if (type !== 'synthesize') return;
      if (data['voice']) send({ type: 'error', data: { text: 'x', code: 'VoiceNotFoundError' } });
      else send(...spokenEvents(1));
    });
    const speech = await speak('Bonjour.', { language: 'fr' });
    assert.match(
      JSON.stringify(speech),
      /spoke with its own voice, as it failed with fr_FR-siwis-low/,
    );
    await assert.rejects(
      speak('Bonjour.', { voice: 'fr_FR-siwis-low' }),
      isServerError(/VoiceNotFoundError/),
    );
  });

  it('takes for a language the voice of its usual region and of a good quality', () => {
    const voice = (id: string) => ({ id, languages: [id.slice(0, 5)], installed: true }) as Voice;
    const ids = [
      'en_GB-alan-low',
      'en_US-a-high',
      'en_US-b-medium',
      'de_DE-c-low',
      'en_GB-d-medium',
    ];
    const wish = { text: 'x', voice: '', parameters: {}, settings };
    const chosen = (language: string) =>
      chooseAmong({ ...wish, language }, '', ids.map(voice), '').id;
    assert.deepEqual(['en', 'en-GB', 'de-AT', 'fi'].map(chosen), [
      ...['en_US-b-medium', 'en_GB-d-medium', 'de_DE-c-low', 'en_GB-alan-low'],
    ]);
  });

  it('has no voice that it does not list', async () => {
    server = await wyomingServer(({ type }, send) => type === 'describe' && send(info(false)));
    await assert.rejects(speak('Hello.', { voice: 'en_US-jo-medium' }), {
      code: 'E_VOICE',
      message: /nearest are en_US-joe-medium/,
    });
  });

  const FAILS: [string, Parameters<typeof wyomingServer>[0], RegExp][] = [
    ['an error', ({ type }, send) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') send({ type: 'error', data: { text: 'no model\nloaded', code: 'X' } });
    }, /it failed \(no model loaded, X\); see its log/],
    ['an end in mid-sentence', ({ type }, send, socket) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') {
        send(...spokenEvents(1).slice(0, 9));
        setTimeout(() => socket.destroy(), 30);
      }
    }, /it broke off before the end/],
    ['an end in the midst of an event', ({ type }, send, socket) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') socket.end('{"type":"audio-chunk","payload_length":2048}\nabc');
    }, /it broke off before the end/],
    ['no sound at all', ({ type }, send) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') send({ type: 'audio-stop' });
    }, /sound from the Wyoming server .* it sent none/],
    ['sound of no format', ({ type }, send) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') send({ type: 'audio-chunk', data: { rate: 0 }, payload: Buffer.alloc(9) });
    }, /a rate of 0, undefined bytes and undefined channels/],
    ['another protocol', (_event, _send, socket) => void socket.end('HTTP/1.1 400 Bad\r\n\r\n'), /does not speak Wyoming; check/],
    ['nothing but the end', (_event, _send, socket) => void socket.end(), /it broke off/],
  ]; // prettier-ignore
  for (const [what, answer, pattern] of FAILS) {
    it(`fails in one sentence: ${what}`, async () => {
      server = await wyomingServer(answer);
      await assert.rejects(speak('Hello.'), isServerError(pattern));
    });
  }

  it('that is not there says so', async () => {
    server = await wyomingServer(() => undefined);
    const { address } = server;
    await server.close();
    server = undefined;
    await assert.rejects(
      speak('Hello.', {}, { address }),
      isServerError(/a connection from the Wyoming server .* takes no connections/),
    );
  });

  it('stops when the job is cancelled', async () => {
    server = await wyomingServer(({ type }, send) => {
      if (type === 'describe') send(info(false));
      if (type === 'synthesize') send(...spokenEvents(1).slice(0, 5));
    });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 200);
    const servers = serverSettings('wyoming', server.address);
    const saying = say('Hello.', { engine: 'wyoming' }, abort.signal, servers);
    await assert.rejects(saying, { code: 'E_CANCELLED' });
  });
});

describe('Coqui’s server and Piper’s', function () {
  this.timeout(20_000);
  let server: TestServer;
  let answer: (asked: Asked, response: ServerResponse) => void;
  before(async () => {
    server = await httpServer((asked, response) => answer(asked, response));
  });
  beforeEach(() => (server.asked.length = 0));
  after(() => server.close());
  const speak = (text: string, more: object = {}, own: object = {}) => {
    const servers = serverSettings('coqui', server.address, own);
    return say(text, { engine: 'coqui', lead: 0, pause: 0, ...more }, undefined, servers);
  };

  it('are told apart, and each is asked in its own way', async () => {
    answer = ({ path }, response) => {
      if (path === '/voices') response.end('tts_models--en--vctk--vits en u\n');
      else response.setHeader('Content-Type', 'audio/wav').end(toneWav(1, 22_050));
    };
    const first = await speak('Grüß dich & mich?', { voice: 'p225', language: 'de-AT' });
    assert.ok(Math.abs(heard(first) - 1) < 0.005);
    const { path } = server.asked.at(-1)!;
    const query = new URL(path, server.address).searchParams;
    assert.deepEqual(Object.fromEntries(query), {
      ...{ text: 'Grüß dich & mich?', speaker_id: 'p225', language_id: 'de' },
    });
    await speak('word '.repeat(290), { voice: 'p225' });
    const long = server.asked.at(-1)!;
    assert.equal(long.method, 'GET');
    await speak('слово '.repeat(200));
    const form = server.asked.at(-1)!;
    assert.deepEqual([form.method, form.path], ['POST', '/api/tts']);
    assert.equal(new URLSearchParams(form.body).get('text'), 'слово '.repeat(200).trim());

    const config = { 'en_US-joe-medium': { language: { code: 'en_US' } } };
    answer = ({ path: asked, method }, response) => {
      if (asked === '/voices') response.end(JSON.stringify(config));
      else if (method !== 'POST' || asked !== '/synthesize') response.writeHead(405).end();
      else response.setHeader('Content-Type', 'text/html').end(toneWav(1, 22_050));
    };
    const second = await speak('Hello.', { rate: 200 });
    assert.equal(second.voice, 'en_US-joe-medium');
    assert.deepEqual(JSON.parse(server.asked.at(-1)!.body), {
      ...{ text: 'Hello.', voice: 'en_US-joe-medium', length_scale: 0.8 },
    });
  });

  it('fail in one sentence', async () => {
    answer = ({ path }, response) =>
      path === '/voices'
        ? void response.writeHead(404).end()
        : void response.writeHead(400).end('{"error":"Missing text"}');
    await assert.rejects(speak('Hello.'), isServerError(/refuses \(status 400: Missing text\)/));
  });
});

describe('ElevenLabs', function () {
  this.timeout(20_000);
  let server: TestServer;
  let answer: (asked: Asked, response: ServerResponse) => void;
  before(async () => {
    server = await httpServer((asked, response) => answer(asked, response));
  });
  beforeEach(() => (server.asked.length = 0));
  after(() => server.close());
  const speak = (text: string, more: object = {}) => {
    const servers = serverSettings('elevenlabs', server.address, { key: KEY });
    return say(text, { engine: 'elevenlabs', lead: 0, pause: 0, ...more }, undefined, servers);
  };
  const VOICES = {
    voices: [
      {
        voice_id: 'abcdefghijklmnopqrst',
        name: 'Anna',
        labels: { language: 'de', gender: 'female' },
      },
      { voice_id: 'bbbdefghijklmnopqrst', name: 'Bob', labels: { language: 'en', gender: 'male' } },
    ],
  };
  /** A tenth of a second each. */
  const alignment = (text: string, from = 0) => ({
    characters: [...text],
    character_start_times_seconds: [...text].map((_, i) => from + i / 10),
    character_end_times_seconds: [...text].map((_, i) => from + (i + 1) / 10),
  });
  const pcm = (seconds: number) => bytesOf(toneSamples(seconds, 24_000)).toString('base64');

  it('speaks with the times of words and sounds, from lines that are cut anywhere', async () => {
    answer = async ({ method }, response) => {
      if (method === 'GET') return void response.end(JSON.stringify(VOICES));
      const lines = [
        { audio_base64: pcm(0.8), alignment: alignment('Hi mama'), normalized_alignment: null },
        { audio_base64: pcm(0.5), alignment: alignment(' bob.', 0.7) },
        { audio_base64: '', alignment: null },
      ];
      const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
      for (let at = 0; at < bytes.length; at += 9001) response.write(bytes.subarray(at, at + 9001));
      response.end();
    };
    const speech = await speak('Hi mama bob.', { voice: 'bob' });
    const { path, headers, body } = server.asked.at(-1)!;
    assert.equal(
      path,
      '/v1/text-to-speech/bbbdefghijklmnopqrst/stream/with-timestamps?output_format=pcm_24000',
    );
    assert.equal(headers['xi-api-key'], KEY);
    assert.deepEqual(JSON.parse(body), {
      ...{ text: 'Hi mama bob.', model_id: 'eleven_multilingual_v2' },
    });
    assert.ok(Math.abs(heard(speech) - 1.3) < 0.005);
    const of = (type: string) =>
      (speech.cues ?? [])
        .filter((cue) => cue.type === type)
        .map(({ value, start, end }) => `${value} ${start.toFixed(1)} ${end.toFixed(1)}`);
    assert.deepEqual(of('word'), ['Hi 0.0 0.2', 'mama 0.3 0.7', 'bob 0.8 1.1']);
    // The sounds are those that eSpeak reads, within the time of each word.
    assert.deepEqual(
      of('phoneme').map((cue) => cue.split(' ')[0]),
      ['h', 'ˈaɪ', 'm', 'ˈɑː', 'm', 'ɐ', 'b', 'ˈɑː', 'b'],
    );
    const words = (speech.cues ?? []).filter(({ type }) => type === 'word');
    for (const { type, start, end } of speech.cues ?? []) {
      const within = words.some((word) => word.start <= start && end <= word.end);
      assert.ok(type === 'word' || within, `${start} to ${end}`);
    }
  });

  it('names the nearest voices, and fails in one sentence', async () => {
    answer = (_asked, response) => void response.end(JSON.stringify(VOICES));
    await assert.rejects(speak('Hi.', { voice: 'Annna' }), { code: 'E_VOICE', message: /Anna/ });
    answer = ({ method }, response) =>
      method === 'GET'
        ? void response.end(JSON.stringify(VOICES))
        : void response.end('{"audio_base64": 7}\n');
    await assert.rejects(speak('Hi.'), isServerError(/audio_base64 is no text/));
    answer = ({ method }, response) =>
      method === 'GET' ? void response.end(JSON.stringify(VOICES)) : void response.end('data: x\n');
    await assert.rejects(speak('Hi.'), isServerError(/a line that is no JSON/));
    const error = { detail: { status: 'invalid_api_key', message: `Invalid API key ${KEY}` } };
    answer = (_asked, response) => void response.writeHead(401).end(JSON.stringify(error));
    await assert.rejects(
      speak('Hi.'),
      isServerError(/refuses the key \(status 401: Invalid API key •••/),
    );
  });
});

describe('the address of a server', () => {
  for (const [name, text, expected] of [
    ['openai', 'localhost:8880', 'http://localhost:8880'],
    ['openai', ' https://api.openai.com/v1/ ', 'https://api.openai.com/v1'],
    ['wyoming', 'homeassistant.local', 'tcp://homeassistant.local:10200'],
    ['wyoming', 'tcp://[::1]:10300', 'tcp://[::1]:10300'],
    ['coqui', 'http://10.0.0.2:5002/', 'http://10.0.0.2:5002'],
  ] as const) {
    it(`is ${expected} for ${name} and "${text}"`, () => {
      assert.equal(serverAddress(name, text, 'x'), expected);
    });
  }

  for (const [name, text] of [
    ['openai', ''],
    ['openai', 'ftp://host'],
    ['openai', `http://user:${KEY}@host`],
    ['openai', `http://host/?key=${KEY}`],
    ['wyoming', 'http://host'],
    ['coqui', 'http://'],
    ['coqui', 'file:///etc/passwd'],
  ] as const) {
    it(`is refused, without its key: ${text.replace(KEY, '…') || 'nothing'} for ${name}`, () => {
      assert.throws(
        () => serverAddress(name, text, 'the address'),
        (error: LipwireError) => error.code === 'E_INPUT' && !error.message.includes(KEY),
      );
    });
  }

  it('comes from the settings, else from the environment; a key alone is enough for OpenAI', () => {
    const environment = {
      LIPWIRE_OPENAI_KEY: KEY,
      LIPWIRE_WYOMING_ADDRESS: 'there',
      LIPWIRE_WYOMING_VOICE: 'joe',
      LIPWIRE_COQUI_ADDRESS: 'http://elsewhere:1',
    };
    assert.deepEqual(serversOf({ coqui: { address: 'here:5002' } }, environment), {
      openai: { address: 'https://api.openai.com/v1', key: KEY, model: '', voice: '' },
      wyoming: { address: 'tcp://there:10200', key: '', model: '', voice: 'joe' },
      coqui: { address: 'http://here:5002', key: '', model: '', voice: '' },
    });
    assert.deepEqual(serversOf({}, {}), {});
  });
});
