/** Reads a request body under every cap, with nothing parsed, into memory that is counted to the byte. */
import type { IncomingMessage } from 'node:http';
import type { ChunkPool } from './chunks';
import { CHUNK_BYTES } from './chunks';
import { exceededBy, type Exceeded } from './limits';
import { createReviewScan, type ReviewScan } from './structure';
import type { ReviewHead } from './places';
import type { RefusalCode } from './refusals';

/** Bytes that are read of a body whose announced length is too large, to learn which pod it is about. */
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
  /** Gives the memory back; the chunks must not be read afterwards. */
  release(): void;
}

export type Body =
  | ReceivedBody
  | { readonly exceeded: Exceeded; readonly head: Readonly<ReviewHead> }
  | { readonly refused: RefusalCode }
  | { readonly aborted: true };

/**
 * Scans piece by piece as the body arrives, so that no step holds the event loop by the size of the whole. Never rejects.
 *
 * What exceeds the caps on cost and depth is not kept but counted to its end, so that the answer can say what was found; only a body
 * that is too large is left in the middle.
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
      // Of a body announced as too large the head is read, which says what it is about.
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

/** The bytes of a body; of one that fits into a chunk without copying. */
export function contiguous({ chunks }: ReceivedBody): Buffer {
  return chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks);
}

/** False where the pool has no chunk left. */
function scanInto(kept: Keeper, scan: ReviewScan, piece: Buffer): boolean {
  let fits = true;
  scan.feed(piece, (bytes) => (fits &&= kept.add(bytes)));
  return fits;
}

interface Keeper {
  add(bytes: Buffer): boolean;
  chunks(): readonly Buffer[];
  length(): number;
  /** Everything added afterwards is forgotten. */
  release(): void;
}

/** Copies into chunks: a piece of one byte can hold on to the 64 KiB it was received in. */
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
