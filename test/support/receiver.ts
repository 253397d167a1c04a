/** A small HTTP server on loopback that notes what it is asked: somebody else's API, for tests. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from './node-red';

export interface ReceivedRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Answer {
  status?: number;
  body?: string | Buffer;
}

export class Receiver {
  readonly requests: ReceivedRequest[] = [];

  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(answer: (request: ReceivedRequest) => Answer = () => ({})): Promise<Receiver> {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = '', url: path = '', headers } = request;
      const received = { method, path, headers, body: Buffer.concat(chunks).toString() };
      receiver.requests.push(received);
      const { status = 200, body = '' } = answer(received);
      response.writeHead(status).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stop = async (): Promise<void> => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    const receiver = new Receiver(`http://127.0.0.1:${port}`, stop);
    return receiver;
  }

  /** Waits until so many requests came. */
  async wait(count: number, milliseconds = 60_000): Promise<ReceivedRequest[]> {
    await until(() => this.requests.length >= count, milliseconds);
    return this.requests;
  }
}
