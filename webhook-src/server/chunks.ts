/**
 * The memory of all request bodies together: chunks that are made once and used again, so that no body waits for a garbage collection
 * to be gone.
 */
export const CHUNK_BYTES = 64 * 1024;

export interface ChunkPool {
  /** Undefined where none is left. @param isFirst the first chunk of its body, which comes out of the reserve */
  take(isFirst: boolean): Buffer | undefined;
  /** All chunks of one body, the first of them first. */
  give(chunks: readonly Buffer[]): void;
}

export interface PoolSize {
  /** Chunks for the first 64 KiB of each body, so that small reviews are not refused because of large ones. */
  readonly reserved: number;
  /** Chunks for everything beyond that. */
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
