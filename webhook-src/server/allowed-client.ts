/** Which clients are allowed: with a client CA, only those with a certificate of it and, if configured, with the given common name. */
import type { TLSSocket } from 'node:tls';

/**
 * The handshake requests a certificate and also completes without one, so that the refusal is an HTTP answer that the client can read.
 * @param commonName subject common name the client must have; undefined: any
 */
export function clientCheck(
  required: boolean,
  commonName: string | undefined,
): (socket: TLSSocket) => boolean {
  if (!required) return () => true;
  // A connection keeps its certificate for life, and reading it costs more than the rest of a request.
  const known = new WeakMap<TLSSocket, boolean>();
  return (socket) => {
    const before = known.get(socket);
    if (before !== undefined) return before;
    const allowed =
      socket.authorized && (commonName === undefined || subjectName(socket) === commonName);
    known.set(socket, allowed);
    return allowed;
  };
}

function subjectName(socket: TLSSocket): unknown {
  return socket.getPeerX509Certificate()?.toLegacyObject().subject.CN;
}
