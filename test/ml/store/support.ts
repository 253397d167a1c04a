/** Tiny model files, a folder for them, and a server that gives them, well or badly. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { StoreModel } from '../../../src/ml/store/manifest';

/** A field of a protobuf message with bytes in it. */
function field(number: number, content: Uint8Array): Buffer {
  const length = [];
  for (let rest = content.length; ; rest = Math.floor(rest / 128)) {
    length.push((rest % 128) | (rest >= 128 ? 128 : 0));
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}

/** A file with the outline of an ONNX model: ir_version, opset_import and a graph of random bytes. */
export function onnxFile(graphBytes = 600): Buffer {
  const version = Buffer.from([1 << 3, 8]);
  const opset = field(8, Buffer.from([2 << 3, 17]));
  return Buffer.concat([version, opset, field(7, randomBytes(graphBytes))]);
}

/** A checkpoint as torch.save wrote it before 1.6: the magic number, then anything. */
export function legacyCheckpoint(size = 600): Buffer {
  return Buffer.concat([Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex'), randomBytes(size)]);
}

/** The beginning of a zip whose first file has this name. */
export function zipFile(firstName = 'archive/data.pkl', size = 600): Buffer {
  const header = Buffer.alloc(30);
  header.write('PK\x03\x04', 'latin1');
  header.writeUInt16LE(firstName.length, 26);
  return Buffer.concat([header, Buffer.from(firstName), randomBytes(size)]);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** An entry of the list of models for this content. */
export function published(content: Buffer, more: Partial<StoreModel> = {}): StoreModel {
  return {
    id: 'lips',
    title: 'Lips',
    task: 'moves lips',
    kind: 'wav2lip-96',
    network: 'lips',
    format: 'onnx',
    file: 'lips.onnx',
    licence: 'research only',
    commercialUse: false,
    terms: 'https://example.org/terms',
    origin: 'https://example.org',
    bytes: content.length,
    sha256: sha256(content),
    sources: ['https://example.org/lips.onnx'],
    ...more,
  };
}

/** A folder of a test's own. */
export async function temporaryFolder(): Promise<{ folder: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lipwire-models-'));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server on loopback. The first answers are used once each, the last one again and again. */
export class FileServer {
  readonly requests: { url: string; range?: string; ifRange?: string }[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #answers: Answer[] = [];

  constructor() {
    this.#server = createServer((request, response) => {
      const { range, 'if-range': ifRange } = request.headers;
      this.requests.push({
        url: request.url as string,
        ...(range && { range }),
        ...(typeof ifRange === 'string' && { ifRange }),
      });
      const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
      (answer as Answer)(request, response);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** From now on it answers so. */
  answer(...answers: Answer[]): void {
    this.#answers = answers;
    this.requests.length = 0;
  }

  url(name = '/lips.onnx'): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${name}`;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Gives a file as a good server does: ranges, If-Range, ETag. */
export function file(content: Buffer, etag = '"one"'): Answer {
  return ({ headers }, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
    const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
    response.setHeader('ETag', etag);
    if (start > 0 && isSame) {
      const range = `bytes ${start}-${content.length - 1}/${content.length}`;
      response.writeHead(206, {
        'Content-Range': range,
        'Content-Length': content.length - start,
      });
      response.end(content.subarray(start));
      return;
    }
    response.writeHead(200, { 'Content-Length': content.length });
    response.end(content);
  };
}

/** Milliseconds after which a connection is cut: even a busy machine has read what came by then. */
export const CUT_AFTER = 300;

/** Announces all of a file, gives its beginning and cuts the connection. */
export function cutOff(content: Buffer, at: number, etag = '"one"'): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Length': content.length, ETag: etag });
    // Not at once: a client drops what it has not read when the connection breaks.
    response.write(content.subarray(0, at), () => setTimeout(() => response.destroy(), CUT_AFTER));
  };
}

/** Gives the beginning of a file and then nothing, for ever. */
export function stall(content: Buffer, at: number): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'Content-Length': content.length, ETag: '"one"' });
    response.write(content.subarray(0, at));
  };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_request, response) => {
    response.writeHead(code, headers);
    response.end();
  };
}

export function redirect(location: string, code = 302): Answer {
  return status(code, { Location: location });
}
