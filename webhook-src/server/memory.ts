/**
 * The maximum memory of the process, part by part. The named code limits each part, for every client and every body that is
 * sent; test/webhook-src/server/memory-process.test.ts drives a process to these limits. The memory limit of the pod follows from the sum
 * (constructs/webhook/schema.ts).
 */
import { CHUNK_BYTES, type PoolSize } from './chunks';
import { MAX_CONNECTIONS } from './https';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Largest review an API server can send: two objects of its 3 MiB body limit and 1 MiB around them
 * (the same limit: controller-runtime pkg/webhook/admission/http.go, maxRequestSize).
 */
export const BODY_CAP_BYTES = 7 * MIB;

/** Maximum number of reviews that wait for the worker; further ones are refused with Retry-After. */
export const QUEUE_LIMIT = 16;

/**
 * Old and young generation of one V8 heap. The most costly body within the caps needs 80 MiB in the worker (4 MB of distinct keys); 512
 * connections need half of that in the main thread.
 */
export const HEAP_MIB = { old: 128, semiSpace: 8 } as const;

/** V8 has two semi-spaces, and a third for large objects that are young (v8 src/heap/heap.cc, YoungGenerationSizeFromSemiSpaceSize). */
const SEMI_SPACES = 3;

/** Threads with a heap of their own: the server's and the worker's. */
const HEAPS = 2;

/**
 * Flags of Node that set these limits for both heaps; without them V8 derives limits from the memory of the computer. Flags override
 * `resourceLimits` of a worker (v8 src/heap/heap.cc, ConfigureHeap).
 */
export const NODE_FLAGS =
  `--max-old-space-size=${HEAP_MIB.old} --max-semi-space-size=${HEAP_MIB.semiSpace}` as const;

/** Chunks of request bodies: one for every possible body, and 24 MiB for larger ones. */
export const POOL_SIZE: PoolSize = {
  reserved: MAX_CONNECTIONS + QUEUE_LIMIT + 1,
  shared: (24 * MIB) / CHUNK_BYTES,
};

/** Bytes by part. */
export const MEMORY_PARTS = {
  /** Node itself: code, its own native memory, the stacks and malloc arenas of its threads. */
  program: 72 * MIB,
  /** By NODE_FLAGS. */
  heaps: HEAPS * (HEAP_MIB.old + SEMI_SPACES * HEAP_MIB.semiSpace) * MIB,
  /** By the pool (chunks.ts). */
  bodies: (POOL_SIZE.reserved + POOL_SIZE.shared) * CHUNK_BYTES,
  /** The body that the worker reviews (worker.ts). */
  worker: BODY_CAP_BYTES,
  /** TLS and HTTP state outside the heap (https.ts). */
  connections: MAX_CONNECTIONS * 96 * KIB,
  /**
   * Received buffers that have been copied, until they are collected: V8 collects when young buffers exceed two semi-spaces, and at the latest
   * at 32 MiB (v8 src/heap/heap.cc, AllocateExternalBackingStore).
   */
  received: 32 * MIB,
} as const;

/** Sum of all parts. */
export const MEMORY_BOUND_BYTES = Object.values(MEMORY_PARTS).reduce((sum, part) => sum + part, 0);

/** The memory limit of the pod, as a quantity: the bound, rounded up to the next 16 MiB. */
export const MEMORY_LIMIT = `${Math.ceil(MEMORY_BOUND_BYTES / (16 * MIB)) * 16}Mi`;
