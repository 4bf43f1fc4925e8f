/** Connections that are opened to be held: what a hostile neighbour does to a port, bounded in number and always ended. */
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { MUTATOR } from '../../../base/names';

export interface Target {
  readonly address: string;
  readonly port: number;
}

/** One connection of a kind: what is sent on it once it is open. */
export interface Kind {
  readonly title: string;
  readonly tls: boolean;
  readonly words: string;
}

const head = (line: string, more = ''): string => `${line} HTTP/1.1\r\nHost: x\r\n${more}`;
const review = head('POST ' + MUTATOR.path, 'Content-Type: application/json\r\n');

/** What can be held open at a plain HTTP port. */
export const PLAIN_KINDS: readonly Kind[] = [
  { title: 'only connected', tls: false, words: '' },
  { title: 'half a request sent', tls: false, words: head('GET /healthz') },
  { title: 'idle after an answer', tls: false, words: `${head('GET /healthz')}\r\n` },
];

/** What can be held open at the webhook's port without a client certificate. */
export const WEBHOOK_KINDS: readonly Kind[] = [
  { title: 'no handshake', tls: false, words: '' },
  { title: 'idle after the handshake', tls: true, words: '' },
  { title: 'half a head sent', tls: true, words: review },
  { title: 'a body that never ends', tls: true, words: `${review}Content-Length: 4096\r\n\r\n{` },
  { title: 'one review each', tls: true, words: `${review}Content-Length: 2\r\n\r\n{}` },
];

export interface Flood {
  /** How many connections have been opened, those that were closed meanwhile included. */
  readonly opened: () => number;
  stop(): void;
}

/**
 * Holds `count` connections, of these kinds in turn. One that the server closes is opened again, a tenth of a second later at the
 * earliest. Resolves when all have been opened once.
 */
export async function startFlood(
  targets: readonly Target[],
  kinds: readonly Kind[],
  count: number,
): Promise<Flood> {
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();
  let opened = 0;
  let stopped = false;
  const open = (index: number): Promise<void> =>
    new Promise((resolve) => {
      const kind = kinds[index % kinds.length];
      const target = targets[index % targets.length];
      if (stopped || kind === undefined || target === undefined) return resolve();
      const to = { host: target.address, port: target.port };
      const socket = kind.tls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
      sockets.add(socket);
      socket.on('error', () => undefined).resume();
      socket.once('connect', () => (opened += 1));
      if (kind.words !== '') socket.write(kind.words);
      socket.once(kind.tls ? 'secureConnect' : 'connect', () => resolve());
      socket.once('close', () => {
        resolve();
        sockets.delete(socket);
        if (stopped) return;
        const timer = setTimeout(() => {
          timers.delete(timer);
          void open(index);
        }, 100);
        timers.add(timer);
      });
    });
  await Promise.all(Array.from({ length: count }, (_, index) => open(index)));
  return {
    opened: () => opened,
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Asks as the kubelet does, with its patience of a second; gives the status, or the error's message. */
export function probe({ address, port }: Target, path: string): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request(
      { host: address, port, path, agent: false, timeout: 1_000 },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer within 1 s')));
    sent.on('error', ({ message }) => resolve(message));
    sent.end();
  });
}
