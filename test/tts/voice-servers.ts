/** Voice servers on this machine, for tests: each answers, and misbehaves, as a test says. */
import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { wavHeader } from '../../src/av/wav';
import { encodeEvent, EventParser, type SentEvent, type WyomingEvent } from '../../src/net/wyoming';

/** A secret that must not be seen anywhere. */
export const KEY = 'sk-Xq7-very-secret-9f3a';

/** Samples of a tone of 220 Hz at a third of full scale. */
export function toneSamples(seconds: number, rate: number): Int16Array {
  return Int16Array.from({ length: Math.round(seconds * rate) }, (_, i) =>
    Math.round(11_000 * Math.sin((2 * Math.PI * 220 * i) / rate + 0.5)),
  );
}

export function bytesOf(samples: Int16Array): Buffer {
  return Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** A WAV file of a tone. @param size what its header claims, in bytes; left out: the truth */
export function toneWav(seconds: number, rate: number, size?: number): Buffer {
  const samples = toneSamples(seconds, rate);
  const header = wavHeader({ sampleRate: rate, channels: 1, samples: samples.length });
  if (size !== undefined) {
    header.writeUInt32LE(size, 40);
    header.writeUInt32LE(Math.min(0xffffffff, size + 36), 4);
  }
  return Buffer.concat([header, bytesOf(samples)]);
}

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface TestServer {
  address: string;
  asked: Asked[];
  close(): Promise<void>;
}

type Answer = (asked: Asked, response: ServerResponse) => void | Promise<void>;

export async function httpServer(answer: Answer): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createHttp((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      asked.push(one);
      void answer(one, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    asked,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface WyomingTestServer {
  address: string;
  events: WyomingEvent[];
  close(): Promise<void>;
}

/** @param answer called for each event; sends with the function that it is given */
export async function wyomingServer(
  answer: (event: WyomingEvent, send: (...events: SentEvent[]) => void, socket: Socket) => void,
  cut: (bytes: Buffer) => Buffer[] = (bytes) => [bytes],
): Promise<WyomingTestServer> {
  const events: WyomingEvent[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    const parser = new EventParser();
    const send = (...sent: SentEvent[]): void => {
      for (const part of cut(Buffer.concat(sent.map(encodeEvent)))) socket.write(part);
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const event of parser.push(chunk)) {
        events.push(event);
        answer(event, send, socket);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `tcp://127.0.0.1:${port}`,
    events,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a Wyoming server says of itself. */
export function info(isStreaming: boolean, key: 'voices' | 'models' = 'voices'): SentEvent {
  const voice = (name: string, language: string, installed = true) => ({
    ...{ name, description: `${name} of ${language}`, version: '1', installed },
    attribution: { name: 'rhasspy', url: '' },
    languages: [language],
  });
  const program = {
    ...{ name: 'piper', description: 'Piper', version: '2', installed: true },
    attribution: { name: 'rhasspy', url: '' },
    supports_synthesize_streaming: isStreaming,
    [key]: [
      voice('de_DE-thorsten-low', 'de_DE', false),
      voice('en_US-joe-medium', 'en_US'),
      voice('fr_FR-siwis-low', 'fr_FR'),
    ],
  };
  return { type: 'info', data: { tts: [program], asr: [], unknown: { a: 1 } } };
}

/** A sentence of tone as Wyoming sends it. */
export function spokenEvents(seconds: number, rate = 22_050, chunk = 2048): SentEvent[] {
  const format = { rate, width: 2, channels: 1 };
  const bytes = bytesOf(toneSamples(seconds, rate));
  const events: SentEvent[] = [{ type: 'audio-start', data: format }];
  for (let at = 0; at < bytes.length; at += chunk) {
    const payload = bytes.subarray(at, at + chunk);
    events.push({ type: 'audio-chunk', data: format, payload });
  }
  return [...events, { type: 'audio-stop', data: {} }];
}
