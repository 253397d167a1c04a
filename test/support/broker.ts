/** A real MQTT broker on loopback: Debian's mosquitto where it is installed, or else aedes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { importOptional } from './optional';
import { until } from './node-red';

export interface Broker {
  port: number;
  stop(): Promise<void>;
}

/** What these tests use of aedes. */
interface Aedes {
  Aedes: {
    createBroker(): Promise<{ handle(socket: Socket): void; close(done: () => void): void }>;
  };
}

const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto'];

/** Starts a broker; undefined where there is none. */
export async function startBroker(): Promise<Broker | undefined> {
  const mosquitto = MOSQUITTO.find((file) => existsSync(file));
  if (mosquitto) return startMosquitto(mosquitto);
  const aedes = await importOptional<Aedes>('aedes');
  return aedes && startAedes(aedes);
}

async function startMosquitto(file: string): Promise<Broker> {
  const port = await freePort();
  // Without a configuration it listens on loopback only.
  const child = spawn(file, ['-p', `${port}`], { stdio: 'ignore' });
  const isThere = async (): Promise<boolean> => {
    const socket = connect(port, '127.0.0.1');
    const [event] = await Promise.race([
      once(socket, 'connect').then(() => ['connect']),
      once(socket, 'error').then(() => ['error']),
    ]).catch(() => ['error']);
    socket.destroy();
    return event === 'connect';
  };
  await until(isThere);
  const stop = async (): Promise<void> => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
  };
  return { port, stop };
}

async function startAedes({ Aedes }: Aedes): Promise<Broker> {
  const broker = await Aedes.createBroker();
  const server = createServer((socket) => broker.handle(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    await new Promise<void>((resolve) => broker.close(resolve));
    server.close();
    await once(server, 'close');
  };
  return { port, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
