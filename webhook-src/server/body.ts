/** Reads a request body under every limit, without parsing, into memory that is counted to the byte. */
import type { IncomingMessage } from 'node:http';
import type { ChunkPool } from './chunks';
import { CHUNK_BYTES } from './chunks';
import { exceededBy, type Exceeded } from './limits';
import { createReviewScan, type ReviewScan } from './structure';
import type { ReviewHead } from './places';
import type { RefusalCode } from './refusals';

/** Bytes read of a body whose announced length is too large, to learn which pod it is for. */
const HEAD_BYTES = 64 * 1024;

const EMPTY = Buffer.alloc(0);

/** A body within all caps. */
export interface ReceivedBody {
  /** The body without `managedFields`. Each chunk is full but the last. */
  readonly chunks: readonly Buffer[];
  /** Length of all chunks together. */
  readonly length: number;
  /** Units of places.ts. */
  readonly cost: number;
  readonly head: Readonly<ReviewHead>;
  /** Releases the memory; the chunks must not be read afterwards. */
  release(): void;
}

export type Body =
  | ReceivedBody
  | { readonly exceeded: Exceeded; readonly head: Readonly<ReviewHead> }
  | { readonly refused: RefusalCode }
  | { readonly aborted: true };

/**
 * Scans piece by piece as the body arrives, so that no step blocks the event loop for the whole body. Never rejects.
 *
 * A body that exceeds the caps on cost and depth is not kept, but counted to its end, so that the answer can report the value. Only a body
 * that is too large is not read to its end.
 */
export function readBody(request: IncomingMessage, pool: ChunkPool): Promise<Body> {
  const announcedBytes = Number(request.headers['content-length'] ?? 0);
  return new Promise((resolve) => {
    const scan = createReviewScan();
    const kept = keeper(pool);
    let bytes = 0;

    function settle(body: Body): void {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      if (!('chunks' in body)) kept.release();
      resolve(body);
    }
    function onData(piece: Buffer): void {
      bytes += piece.length;
      if (!scanInto(kept, scan, piece)) return settle({ refused: 'overloaded' });
      // If the announced length is too large, only the head is read, which names the pod.
      const isRead = bytes >= HEAD_BYTES;
      const exceeded = exceededBy(scan, isRead ? Math.max(bytes, announcedBytes) : bytes);
      if (exceeded === undefined) return;
      kept.release();
      // Without a uid no AdmissionReview can answer, so the reason cannot be sent.
      if (exceeded.limit === 'bytes' || scan.head.uid === undefined)
        settle({ exceeded, head: scan.head });
    }
    function onEnd(): void {
      const { cost, head } = scan;
      const exceeded = exceededBy(scan, bytes);
      if (exceeded !== undefined) return settle({ exceeded, head });
      settle({
        chunks: kept.chunks(),
        length: kept.length(),
        cost,
        head,
        release: () => kept.release(),
      });
    }
    function onClose(): void {
      settle({ aborted: true });
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}

/** The bytes of a body, without a copy if it fits into one chunk. */
export function contiguous({ chunks }: ReceivedBody): Buffer {
  return chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks);
}

/** False if the pool has no chunk left. */
function scanInto(kept: Keeper, scan: ReviewScan, piece: Buffer): boolean {
  let fits = true;
  scan.feed(piece, (bytes) => (fits &&= kept.add(bytes)));
  return fits;
}

interface Keeper {
  add(bytes: Buffer): boolean;
  chunks(): readonly Buffer[];
  length(): number;
  /** Discards everything added afterwards. */
  release(): void;
}

/** Copies into chunks: a piece of one byte can retain the 64 KiB buffer it was received in. */
function keeper(pool: ChunkPool): Keeper {
  const chunks: Buffer[] = [];
  let length = 0;
  let released = false;

  function add(bytes: Buffer): boolean {
    for (let from = 0; from < bytes.length && !released;) {
      const offset = length % CHUNK_BYTES;
      if (offset === 0) {
        const chunk = pool.take(chunks.length === 0);
        if (chunk === undefined) return false;
        chunks.push(chunk);
      }
      const copied = bytes.copy(chunks[chunks.length - 1] as Buffer, offset, from);
      from += copied;
      length += copied;
    }
    return true;
  }
  return {
    add,
    chunks: () => chunks.map((chunk, i) => chunk.subarray(0, length - i * CHUNK_BYTES)),
    length: () => length,
    release() {
      if (!released) pool.give(chunks);
      released = true;
    },
  };
}
