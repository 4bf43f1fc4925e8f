/**
 * The cost to evaluate a review, counted on its raw bytes as they arrive, before parsing.
 *
 * The cost of `JSON.parse` depends on what it builds, not on bytes: 7 MiB of nested arrays take more than a second and 280 MB. What the
 * policy reads costs more still: 3 bytes (`{},`) among the containers as much as 40 values elsewhere. places.ts has the prices.
 */
import { BODY, DROPPED, OTHER_ARRAY, OTHER_OBJECT, type Place, type ReviewHead } from './places';

/** Nesting of objects and arrays. A pod reaches about 12, without `managedFields`. */
export const DEPTH_CAP = 64;

/**
 * Units of places.ts. A pod of 4,000 environment variables costs 24,000, one of 200 containers 15,000; anything within the 1.5 MiB that
 * etcd accepts at most (`--max-request-bytes`) in entries of 25 bytes and more, as environment variables and ports are, stays below.
 */
export const COST_CAP = 400_000;

export interface ReviewScan {
  /** Continues the count, and passes the bytes to keep to `keep`. Pieces may end anywhere, even inside a string or a character. */
  feed(piece: Buffer, keep: (bytes: Buffer) => void): void;
  readonly cost: number;
  /** Deepest nesting so far. */
  readonly depth: number;
  /** What has been read so far. */
  readonly head: Readonly<ReviewHead>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;

/** Meaning of a byte outside strings; 0 for bytes without one. */
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

/** Bytes of the longest key or value that is read: a name of 253 characters, each written as an escape. */
const TOKEN_BYTES = 2_048;

const NULL = Buffer.from('null');

/**
 * Invalid JSON is counted like JSON; the parser refuses it afterwards. All bytes of interest are ASCII, and UTF-8 uses
 * none of them inside a multi-byte character (RFC 3629 section 3), so bytes can be compared without decoding.
 */
export function createReviewScan(): ReviewScan {
  return new Scan();
}

class Scan implements ReviewScan {
  cost = 0;
  depth = 0;
  readonly head: ReviewHead = {};

  private level = 0;
  /** By level; levels beyond the cap count as one. */
  private readonly places: Place[] = [BODY];
  private place = BODY;
  /** Open objects and arrays inside the value that is being dropped; 0 if none is. */
  private droppedLevel = 0;

  private inString = false;
  /** The previous piece ended in a backslash inside a string: the first byte of this one is escaped. */
  private skipFirst = false;
  /** The next string of this object is a key. */
  private keyIsNext = false;
  /** The place of the member whose key was read last, and where to store its string. */
  private member: Place | undefined;
  private remembered: keyof ReviewHead | undefined;
  /** Start of the current string in this piece; undefined if its value is not needed. */
  private tokenStart: number | undefined;
  /** Its part in earlier pieces. */
  private token: Buffer = Buffer.alloc(0);

  feed(piece: Buffer, keep: (bytes: Buffer) => void): void {
    let keptFrom = 0;
    let index = this.skipFirst ? 1 : 0;
    while (index < piece.length) {
      if (this.inString) {
        index = this.throughString(piece, index);
        continue;
      }
      const mark = MARKS[piece[index] as number] as Mark;
      index += 1;
      if (mark === Mark.None) continue;
      if (this.droppedLevel > 0) {
        this.drop(mark);
        if (this.droppedLevel > 0) continue;
        keep(NULL);
        keptFrom = index;
      } else if (mark !== Mark.Quote) {
        this.structural(mark, piece[index - 1] === OPEN_ARRAY);
        if (this.droppedLevel > 0) keep(piece.subarray(keptFrom, index - 1));
      } else this.startString(index);
    }
    this.skipFirst = index > piece.length;
    this.holdToken(piece);
    if (this.droppedLevel === 0) keep(piece.subarray(keptFrom));
  }

  /** Index after the part of the string in this piece. */
  private throughString(piece: Buffer, start: number): number {
    let index = start;
    while (index < piece.length && piece[index] !== QUOTE) {
      index += piece[index] === BACKSLASH ? 2 : 1;
    }
    if (index >= piece.length) return index;
    this.inString = false;
    if (this.tokenStart !== undefined) this.endToken(piece.subarray(this.tokenStart, index));
    return index + 1;
  }

  private startString(index: number): void {
    this.inString = true;
    const isRead =
      this.place.members !== undefined && (this.keyIsNext || this.remembered !== undefined);
    this.tokenStart = isRead ? index : undefined;
  }

  private structural(mark: Mark, isArray: boolean): void {
    if (mark === Mark.Open) this.open(isArray);
    else if (mark === Mark.Close) {
      this.level = Math.max(0, this.level - 1);
      this.place = this.places[this.level] ?? OTHER_ARRAY;
      this.expectValue();
    } else if (this.place.isArray === (mark === Mark.Comma)) this.cost += this.place.itemCost;
    if (mark === Mark.Comma) {
      this.expectValue();
      this.keyIsNext = true;
    } else if (mark === Mark.Colon) this.keyIsNext = false;
  }

  private open(isArray: boolean): void {
    const next = this.place.isArray ? this.place.element : this.member;
    if (next === DROPPED) {
      this.droppedLevel = 1;
      return;
    }
    this.place = next?.isArray === isArray ? next : isArray ? OTHER_ARRAY : OTHER_OBJECT;
    this.cost += this.place.openCost;
    this.level += 1;
    if (this.level > this.depth) this.depth = this.level;
    if (this.level <= DEPTH_CAP) this.places[this.level] = this.place;
    this.expectValue();
    this.keyIsNext = true;
  }

  private expectValue(): void {
    this.keyIsNext = false;
    this.member = undefined;
    this.remembered = undefined;
  }

  private drop(mark: Mark): void {
    if (mark === Mark.Quote) this.inString = true;
    else if (mark === Mark.Open) this.droppedLevel += 1;
    else if (mark === Mark.Close) this.droppedLevel -= 1;
  }

  /** Handles a piece that ends inside a string to read. */
  private holdToken(piece: Buffer): void {
    if (this.tokenStart === undefined) return;
    this.token = Buffer.concat([this.token, piece.subarray(this.tokenStart)]);
    this.tokenStart = this.token.length > TOKEN_BYTES ? undefined : 0;
    if (this.tokenStart === undefined) this.token = Buffer.alloc(0);
  }

  private endToken(last: Buffer): void {
    const text = textOf(this.token.length === 0 ? last : Buffer.concat([this.token, last]));
    if (this.token.length > 0) this.token = Buffer.alloc(0);
    this.tokenStart = undefined;
    if (text === undefined) return;
    if (this.keyIsNext) {
      this.member = this.place.members?.get(text);
      this.remembered = this.place.remembered?.get(text);
    } else if (this.remembered !== undefined) this.head[this.remembered] = text;
  }
}

/** The string between two quotes, as `JSON.parse` reads it; undefined if it is invalid, or longer than any string of interest. */
function textOf(raw: Buffer): string | undefined {
  if (raw.length > TOKEN_BYTES) return undefined;
  const text = raw.toString('utf8');
  if (!text.includes('\\')) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}
