/** The part of the protobuf wire format that is needed to find length-delimited fields (protobuf.dev/programming-guides/encoding). */

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** The values of field `number`, in order. @throws Error if `message` is not a protobuf message */
export function bytesFields(message: Buffer, number: number): readonly Buffer[] {
  const values: Buffer[] = [];
  for (let at = 0; at < message.length;) {
    const tag = varint(message, at);
    const { end, value } = field(message, tag.end, tag.value & 7);
    if (tag.value >>> 3 === number && value !== undefined) values.push(value);
    at = end;
  }
  return values;
}

export function textFields(message: Buffer, number: number): readonly string[] {
  return bytesFields(message, number).map((value) => value.toString('utf8'));
}

function field(message: Buffer, at: number, type: number): { end: number; value?: Buffer } {
  switch (type) {
    case VARINT:
      return { end: varint(message, at).end };
    case FIXED_64:
      return { end: at + 8 };
    case LENGTH_DELIMITED: {
      const length = varint(message, at);
      const end = length.end + length.value;
      if (end > message.length) throw new Error('a field goes beyond the end of its message');
      return { end, value: message.subarray(length.end, end) };
    }
    case FIXED_32:
      return { end: at + 4 };
    default:
      throw new Error(`wire type ${type} does not exist`);
  }
}

/** Exact up to 32 bits, the size of tags and lengths; of longer numbers only the end is needed. */
function varint(message: Buffer, start: number): { end: number; value: number } {
  let value = 0;
  for (let at = start; at < start + 10; at += 1) {
    const byte = message[at];
    if (byte === undefined) throw new Error('a number goes beyond the end of its message');
    value += (byte & 0x7f) * 2 ** (7 * (at - start));
    if (byte < 0x80) return { end: at + 1, value };
  }
  throw new Error('a number is longer than 64 bits');
}
