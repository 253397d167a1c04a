/** What can be said of the guides and the recipes without a Raspberry Pi, Docker or Home Assistant. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
/** Node-RED's own YAML reader. */
const { load } = createRequire(createRequire(__filename).resolve('node-red'))('js-yaml') as {
  load(text: string): unknown;
};

describe('The guides', () => {
  it('say at their beginning what could not be run', () => {
    const guides = readdirSync(path.join(root, 'docs/guides'));
    assert.ok(guides.length >= 4);
    for (const name of guides) {
      const start = read(`docs/guides/${name}`).split('\n## ')[0];
      assert.match(start, /^> \*\*Untested/m, name);
    }
  });

  it('publish the ports of the compose file on this machine only', () => {
    const { services } = load(read('docker/compose.yaml')) as {
      services: Record<string, { ports?: string[]; volumes?: string[]; depends_on?: string[] }>;
    };
    assert.deepEqual(Object.keys(services).sort(), ['mosquitto', 'node-red']);
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    assert.deepEqual(ports, ['127.0.0.1:1880:1880']);
    const folders = services['node-red'].volumes!.map((volume) => volume.split(':')[1]);
    for (const folder of folders)
      assert.ok(read('docs/guides/docker.md').includes(`\`${folder}\``));
  });
});

describe('The Docker recipe', () => {
  const recipe = read('docker/Dockerfile');
  const instructions = recipe
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line));
  const argumentsOf = (name: string): string[] =>
    instructions
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1));

  it('ends as a user without rights, with a program that gets the signals', () => {
    assert.deepEqual(argumentsOf('USER'), ['node']);
    const last = instructions.findIndex((line) => line.startsWith('USER'));
    assert.ok(!instructions.slice(last).some((line) => /^(RUN|COPY|ADD) /.test(line)));
    assert.deepEqual(argumentsOf('ENTRYPOINT'), ['["tini", "--"]']);
    assert.match(argumentsOf('CMD')[0], /^\["node", /);
  });

  it('is healthy while Node-RED answers, with a password too, and not otherwise', async () => {
    const [, list] = /CMD (\[.*\])/.exec(argumentsOf('HEALTHCHECK')[0])!;
    const [program, option, script] = JSON.parse(list) as [string, string, string];
    assert.deepEqual([program, option], ['node', '-e']);
    let status = 200;
    const server = createServer((_, response) => response.writeHead(status).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const here = script.replace('127.0.0.1:1880', `127.0.0.1:${port}`);
    assert.notEqual(here, script);
    const check = async (): Promise<unknown> => {
      const [code] = (await once(spawn(process.execPath, ['-e', here]), 'exit')) as unknown[];
      return code;
    };
    const codes: unknown[] = [];
    for (status of [200, 401, 503]) codes.push(await check());
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    codes.push(await check());
    assert.deepEqual(codes, [0, 0, 1, 1]);
  });
});
