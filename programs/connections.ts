/**
 * Limits the connections of a server. At the limit it closes a connection to make room, so it always accepts a new one.
 *
 * Refusing the new connection instead would let a client with enough idle ones keep the kubelet or the API servers out.
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface ConnectionBound {
  readonly maxConnections: number;
  /**
   * Decides after the TLS handshake whether a connection belongs to an allowed client. Connections that do not are closed
   * first, those with an unfinished handshake next, and a client's only when no other is left.
   * @default every connection counts the same
   */
  readonly isClient?: (socket: TLSSocket) => boolean;
  /** Called for each connection closed to make room. */
  readonly onClose?: () => void;
}

/** The share of all connections reserved for unfinished handshakes, so that a new client can authenticate. */
const NEWCOMERS_PART = 1 / 8;

interface Connection {
  readonly socket: Socket;
  /** Remote address. */
  readonly peer: string;
  /** Requests received in full and not answered yet. */
  answering: number;
  pool: Pool;
}

/** Closes connections of `server` so that no more than `maxConnections` are open. Call it before the server listens. */
export function boundConnections(
  server: HttpServer | HttpsServer,
  { maxConnections, isClient, onClose }: ConnectionBound,
): void {
  const strangers = createPool();
  const newcomers = createPool();
  const clients = createPool();
  /** By socket; for TLS both the raw and the secure one. */
  const connections = new WeakMap<Socket, Connection>();
  /** By endpoints: Node does not expose which raw socket a secure one runs on. */
  const raw = new Map<string, Connection>();

  server.on('connection', (socket: Socket) => {
    const key = endpointsOf(socket);
    const peer = socket.remoteAddress ?? '';
    const connection: Connection = { socket, peer, answering: 0, pool: newcomers };
    connections.set(socket, connection);
    raw.set(key, connection);
    newcomers.add(connection);
    socket.once('close', () => {
      connection.pool.remove(connection);
      if (raw.get(key) === connection) raw.delete(key);
    });
    if (strangers.size() + newcomers.size() + clients.size() > maxConnections) makeRoom();
  });

  server.on('secureConnection', (socket: TLSSocket) => {
    const connection = raw.get(endpointsOf(socket));
    if (connection === undefined) return;
    connections.set(socket, connection);
    if (isClient !== undefined) move(connection, isClient(socket) ? clients : strangers);
  });

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket);
    if (connection === undefined) return;
    move(connection, connection.pool);
    request.once('end', () => {
      if (response.writableEnded) return;
      connection.answering += 1;
      response.once('close', () => {
        connection.answering -= 1;
        move(connection, connection.pool);
      });
    });
  });

  function move(connection: Connection, pool: Pool): void {
    // A closed connection is in no pool any more.
    if (!connection.pool.remove(connection)) return;
    connection.pool = pool;
    pool.add(connection);
  }

  function makeRoom(): void {
    const keepNewcomers = clients.size() > maxConnections * (1 - NEWCOMERS_PART);
    const pool = strangers.size() > 0 ? strangers : keepNewcomers ? clients : newcomers;
    const connection = pool.leastWanted();
    if (connection === undefined) return;
    pool.remove(connection);
    connection.socket.destroy();
    onClose?.();
  }
}

interface Pool {
  add(connection: Connection): void;
  /** Returns whether the pool held it. */
  remove(connection: Connection): boolean;
  size(): number;
  /**
   * The connection that has been quiet longest, of the peer with the most connections. One with a pending request is chosen only if all
   * have one. So every peer keeps its fair share, however many connections another one opens.
   */
  leastWanted(): Connection | undefined;
}

function createPool(): Pool {
  // A Set keeps the order of insertion: quiet connections come first, because each use adds a connection again.
  const byPeer = new Map<string, Set<Connection>>();
  let size = 0;
  return {
    add(connection) {
      const ofPeer = byPeer.get(connection.peer);
      if (ofPeer === undefined) byPeer.set(connection.peer, new Set([connection]));
      else ofPeer.add(connection);
      size += 1;
    },
    remove(connection) {
      const ofPeer = byPeer.get(connection.peer);
      if (ofPeer?.delete(connection) !== true) return false;
      if (ofPeer.size === 0) byPeer.delete(connection.peer);
      size -= 1;
      return true;
    },
    size: () => size,
    leastWanted() {
      let largest: ReadonlySet<Connection> = new Set();
      for (const ofPeer of byPeer.values()) if (ofPeer.size > largest.size) largest = ofPeer;
      let quietest: Connection | undefined;
      for (const connection of largest) {
        if (connection.answering === 0) return connection;
        quietest ??= connection;
      }
      return quietest;
    },
  };
}

function endpointsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
