/**
 * The memory of all request bodies: chunks that are allocated once and reused, so that freed memory does not wait for a garbage
 * collection.
 */
export const CHUNK_BYTES = 64 * 1024;

export interface ChunkPool {
  /** Undefined if none is left. @param isFirst the first chunk of its body, which comes from the reserve */
  take(isFirst: boolean): Buffer | undefined;
  /** All chunks of one body, the first of them first. */
  give(chunks: readonly Buffer[]): void;
}

export interface PoolSize {
  /** Chunks for the first 64 KiB of each body, so that small reviews are not refused because of large ones. */
  readonly reserved: number;
  /** Chunks for the rest of the bodies. */
  readonly shared: number;
}

export function createChunkPool({ reserved, shared }: PoolSize): ChunkPool {
  const free: Buffer[] = [];
  const left = { reserved, shared };
  return {
    take(isFirst) {
      const from = isFirst ? 'reserved' : 'shared';
      if (left[from] === 0) return undefined;
      left[from] -= 1;
      return free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    },
    give(chunks) {
      if (chunks.length === 0) return;
      left.reserved += 1;
      left.shared += chunks.length - 1;
      free.push(...chunks);
    },
  };
}
