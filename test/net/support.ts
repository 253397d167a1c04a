/** A server on this machine that stands for one of the internet, for tests. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebRules } from '../../src/net/rules';

export interface TestServer {
  port: number;
  /** Host and path of every request so far. */
  asked: string[];
  /** Names that were looked up so far. */
  resolved: string[];
  /** `*.example` is this server, `*.inside` a private address, `mixed.*` both. */
  rules: WebRules;
  url(path: string, host?: string): string;
  close(): Promise<void>;
}

export async function testServer(answer: RequestListener): Promise<TestServer> {
  const asked: string[] = [];
  const resolved: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.headers.host?.replace(/:.*/, '')}${request.url}`);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const here = { address: '127.0.0.1', family: 4 };
  const inside = { address: '10.0.0.7', family: 4 };
  const rules: WebRules = {
    resolve: async (host) => {
      resolved.push(host);
      if (host.startsWith('mixed.')) return [here, inside];
      return host.endsWith('.inside') ? [inside] : [here];
    },
    mayAsk: (address) => address === here.address,
    mayUsePort: (wanted) => wanted === port,
  };
  return {
    port,
    asked,
    resolved,
    rules,
    url: (path, host = 'portraits.example') => `http://${host}:${port}${path}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
