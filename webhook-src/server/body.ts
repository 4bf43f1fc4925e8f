/** Reads a request body under every cap, with nothing parsed. */
import type { IncomingMessage } from 'node:http';
import { createStructureScan, type StructureCaps } from './structure';
import type { RefusalCode } from './refusals';

/**
 * Largest review an API server can send: two objects of its 3 MiB body limit and 1 MiB around them
 * (the same limit: controller-runtime pkg/webhook/admission/http.go, maxRequestSize).
 */
export const BODY_CAP_BYTES = 7 * 1024 * 1024;

/** Bytes of one body that are never counted against the budget: pods are 3 to 108 KB, so real reviews are never shed. */
const UNBUDGETED_BYTES = 128 * 1024;

/** Bytes all bodies together may hold beyond that. Keeps the process inside a memory limit of 128 MiB whoever calls. */
const BUDGET_BYTES = 24 * 1024 * 1024;

/** Bytes held by bodies that are being read, over all connections. */
export interface ByteBudget {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

export function createByteBudget(limit: number = BUDGET_BYTES): ByteBudget {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > limit) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
  };
}

export interface ReceivedBody {
  readonly bytes: Buffer;
  /** How many JSON values it holds. */
  readonly values: number;
}

export type Body = ReceivedBody | { readonly refused: RefusalCode } | { readonly aborted: true };

const CAP_REFUSALS: Readonly<Record<keyof StructureCaps, RefusalCode>> = {
  depth: 'too_deep',
  keys: 'too_many_keys',
  values: 'too_many_values',
};

/**
 * Scans piece by piece as the body arrives, so that no step holds the event loop by the size of the whole.
 * Resolves as soon as the outcome is known, which for a refusal may be before the body has ended. Never rejects.
 */
export function readBody(request: IncomingMessage, budget: ByteBudget): Promise<Body> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > BODY_CAP_BYTES) return Promise.resolve({ refused: 'body_too_large' });
  return new Promise((resolve) => {
    const scan = createStructureScan();
    const pieces: Buffer[] = [];
    let bytes = 0;
    let taken = 0;

    function settle(body: Body): void {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      budget.give(taken);
      resolve(body);
    }
    function fitsBudget(): boolean {
      const needed = Math.max(0, bytes - UNBUDGETED_BYTES) - taken;
      if (!budget.take(needed)) return false;
      taken += needed;
      return true;
    }
    function onData(piece: Buffer): void {
      bytes += piece.length;
      if (bytes > BODY_CAP_BYTES) return settle({ refused: 'body_too_large' });
      if (!fitsBudget()) return settle({ refused: 'overloaded' });
      const exceeded = scan.feed(piece);
      if (exceeded !== undefined) return settle({ refused: CAP_REFUSALS[exceeded] });
      pieces.push(piece);
    }
    function onEnd(): void {
      settle({ bytes: Buffer.concat(pieces), values: scan.values() });
    }
    function onClose(): void {
      settle({ aborted: true });
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose);
  });
}
