/**
 * Caps on the structure of a JSON body, counted on its raw bytes as they arrive, before anything is parsed.
 *
 * `JSON.parse` costs by what it builds, not by bytes: 4 MiB with 300,000 distinct keys keep it busy a quarter of a second, 7 MiB of
 * nested arrays more than one and 280 MB. The sample pod has 100 keys, a pod of 200 containers about 5,000: what is refused here
 * could never run.
 */

export interface StructureCaps {
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** Members of objects, over the whole body. */
  readonly keys: number;
  /** Values of every kind, over the whole body. */
  readonly values: number;
}

/** Depth: a pod reaches about 20 (`managedFields`). */
export const STRUCTURE_CAPS: StructureCaps = { depth: 64, keys: 20_000, values: 100_000 };

export interface StructureScan {
  /** Counts on; the name of the first cap exceeded, or undefined. Pieces may end anywhere, inside a string too. */
  feed(piece: Uint8Array): keyof StructureCaps | undefined;
  /** Values counted so far. */
  values(): number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a byte means outside strings; 0 for those that mean nothing here. */
const enum Mark {
  None,
  Quote,
  Open,
  Close,
  Comma,
  Colon,
}

const MARKS = new Uint8Array(256);
for (const [characters, mark] of [
  ['"', Mark.Quote],
  ['{[', Mark.Open],
  ['}]', Mark.Close],
  [',', Mark.Comma],
  [':', Mark.Colon],
] as const) {
  for (const character of characters) MARKS[character.charCodeAt(0)] = mark;
}

/**
 * Text that is not JSON is counted as if it were; the parser refuses it afterwards. All bytes looked for are ASCII, and UTF-8 uses
 * none of them inside a longer character (RFC 3629 section 3), so bytes can be compared without decoding.
 */
export function createStructureScan(caps: StructureCaps = STRUCTURE_CAPS): StructureScan {
  const state = { inString: false, skipFirst: false, depth: 0, deepest: 0, keys: 0, values: 1 };
  return {
    feed(piece) {
      scan(piece, state);
      if (state.deepest > caps.depth) return 'depth';
      if (state.keys > caps.keys) return 'keys';
      return state.values > caps.values ? 'values' : undefined;
    },
    values: () => state.values,
  };
}

interface ScanState {
  inString: boolean;
  /** The piece before ended in a backslash inside a string: the first byte of this one is escaped. */
  skipFirst: boolean;
  depth: number;
  deepest: number;
  keys: number;
  values: number;
}

/** One pass over the bytes. Locals instead of members, and a loop of its own for strings, take half the time or less. */
function scan(piece: Uint8Array, state: ScanState): void {
  let { inString, depth, deepest, keys, values } = state;
  const end = piece.length;
  let index = state.skipFirst ? 1 : 0;
  while (index < end) {
    if (inString) {
      index = endOfPlainText(piece, index);
      if (piece[index] === BACKSLASH) index += 2;
      else if (index < end) {
        inString = false;
        index += 1;
      }
      continue;
    }
    const mark = MARKS[piece[index] as number];
    index += 1;
    if (mark === Mark.None) continue;
    if (mark === Mark.Quote) inString = true;
    else if (mark === Mark.Colon) keys += 1;
    else if (mark === Mark.Close) depth -= 1;
    else {
      values += 1;
      if (mark === Mark.Open && ++depth > deepest) deepest = depth;
    }
  }
  Object.assign(state, { inString, skipFirst: index > end, depth, deepest, keys, values });
}

/** Index of the next quote or backslash, or the length. */
function endOfPlainText(piece: Uint8Array, start: number): number {
  let index = start;
  while (index < piece.length && piece[index] !== QUOTE && piece[index] !== BACKSLASH) index += 1;
  return index;
}
