import fc from 'fast-check';
import { createStructureScan, STRUCTURE_CAPS } from '../../../webhook-src/server/structure';

function scan(text: string, caps = STRUCTURE_CAPS): string | undefined {
  return createStructureScan(caps).feed(Buffer.from(text));
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('caps', () => {
  it.each([
    [nested(64), undefined],
    [nested(65), 'depth'],
    ['[{"a":'.repeat(32) + '0' + '}]'.repeat(32), undefined],
    [`{${'"a":0,'.repeat(19_999)}"a":0}`, undefined],
    [`{${'"a":0,'.repeat(20_000)}"a":0}`, 'keys'],
    [`[${'0,'.repeat(99_998)}0]`, undefined],
    [`[${'0,'.repeat(99_999)}0]`, 'values'],
  ])('%.20s… of %s', (text, exceeded) => {
    expect(scan(text)).toBe(exceeded);
  });

  it('hold for text that is not JSON at all', () => {
    expect(scan('['.repeat(65))).toBe('depth');
    expect(scan(']'.repeat(100))).toBeUndefined();
    expect(scan(`${']'.repeat(1000)}${'['.repeat(65)}`)).toBeUndefined();
  });

  it('count nothing inside strings, whatever is escaped in them', () => {
    const caps = { depth: 1, keys: 1, values: 3 };
    expect(scan(String.raw`{"a\"[{:,\\":"}]\\\"{[,:"}`, caps)).toBeUndefined();
    expect(scan(String.raw`{"a\\":[0]}`, caps)).toBe('depth');
  });
});

const json = fc.json({ maxDepth: 6, stringUnit: 'binary' });

function measure(value: unknown): { depth: number; keys: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, keys: 0 };
  const parts = Object.values(value).map(measure);
  return {
    depth: 1 + Math.max(0, ...parts.map(({ depth }) => depth)),
    keys: parts.reduce((sum, { keys }) => sum + keys, Array.isArray(value) ? 0 : parts.length),
  };
}

it('an escape at the end of a piece reaches into the next', () => {
  const cut = createStructureScan({ depth: 1, keys: 1, values: 2 });
  for (const piece of ['{"a\\', '"[{[{', '":0}'])
    expect(cut.feed(Buffer.from(piece))).toBeUndefined();
});

describe('laws', () => {
  it('depth and keys are those of the parsed value', () => {
    fc.assert(
      fc.property(json, (text) => {
        const { depth, keys } = measure(JSON.parse(text));
        // `__proto__` twice, or any key twice, is one member once parsed: text keys can only be more.
        const unlimited = 1_000_000;
        expect(scan(text, { depth, keys: unlimited, values: unlimited })).toBeUndefined();
        if (depth > 0)
          expect(scan(text, { depth: depth - 1, keys: unlimited, values: unlimited })).toBe(
            'depth',
          );
        if (keys > 0)
          expect(scan(text, { depth: unlimited, keys: keys - 1, values: unlimited })).toBe('keys');
      }),
    );
  });

  it('it does not matter where the pieces end', () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 7 }), (text, size) => {
        const bytes = Buffer.from(text);
        const whole = createStructureScan();
        whole.feed(bytes);
        const pieces = createStructureScan();
        for (let start = 0; start < bytes.length; start += size)
          pieces.feed(bytes.subarray(start, start + size));
        expect(pieces.values()).toBe(whole.values());
        const { depth, keys } = measure(JSON.parse(text));
        const strict = createStructureScan({
          depth,
          keys: Math.max(keys, 1) * 2,
          values: whole.values(),
        });
        for (let start = 0; start < bytes.length; start += size) {
          expect(strict.feed(bytes.subarray(start, start + size))).toBeUndefined();
        }
      }),
    );
  });
});
