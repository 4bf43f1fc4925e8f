import fc from 'fast-check';
import {
  withBlockAtEnd,
  withBlockAtStart,
  withImport,
  withoutEdits,
} from '../../../installer-src/containerd/edits';
import { SandboxError } from '../../../base/errors';

const PATH = '/etc/containerd/config.toml';
const PATTERN = '/etc/containerd/conf.d/secure-ai-gvisor*.toml';
const undone = (text: string) => withoutEdits(PATH, text, PATTERN);

/** Lines as configurations have them, with all that line ends may be. */
const texts = fc
  .array(
    fc.constantFrom(
      '',
      'version = 3',
      '# comment',
      '[plugins]',
      '  imports = ["/a.toml", "/b/*.toml"]',
      'imports = [',
      ']',
      'text = "ü\\n"',
      '\r',
    ),
    { maxLength: 8 },
  )
  .chain((lines) => fc.constantFrom('', '\n', '\n\n').map((end) => lines.join('\n') + end));
const blocks = fc.constantFrom('a = 1\n', '[t]\nb = 2\n\n[u]\n');

test('what was inserted can be taken out to the byte', () => {
  fc.assert(
    fc.property(texts, blocks, (text, block) => {
      expect(undone(withBlockAtEnd(text, block))).toBe(text);
      expect(undone(withBlockAtStart(text, block))).toBe(text);
      const extended = withImport(text, PATTERN);
      if (extended !== undefined) expect(undone(extended)).toBe(text);
    }),
  );
});

test('what others add before and after stays', () => {
  fc.assert(
    fc.property(texts, blocks, (text, block) => {
      const before = '# somebody\n\n';
      const after = '[somebody]\n';
      const complete = text === '' || text.endsWith('\n') ? text : `${text}\n`;
      expect(undone(`${before}${withBlockAtStart(text, block)}`)).toBe(before + text);
      expect(undone(`${withBlockAtEnd(complete, block)}${after}`)).toBe(complete + after);
    }),
  );
});

test('a text without edits is left alone', () => {
  fc.assert(fc.property(texts, (text) => expect(undone(text)).toBe(text)));
});

test.each([
  ['imports = []', `imports = ["${PATTERN}", ]`],
  ['  imports=["/a", "/b"] # x\n[t]', `  imports=["${PATTERN}", "/a", "/b"] # x\n[t]`],
  ['imports = [\n  "/a",\n]\n', `imports = ["${PATTERN}", \n  "/a",\n]\n`],
])('%j is extended', (text, extended) => {
  expect(withImport(text, PATTERN)).toBe(extended);
});

test.each(['[t]\nimports = []', '"imports" = []', 'x = { imports = [] }', ''])(
  '%j has no list of imports that can be extended',
  (text) => expect(withImport(text, PATTERN)).toBeUndefined(),
);

test('half of the marks is refused and reported', () => {
  const [begin = '', , end = ''] = withBlockAtStart('', 'a = 1\n').split('\n');
  for (const damaged of [`${begin}\na = 1\n`, `a = 1\n${end}\n`]) {
    expect(() => undone(damaged)).toThrow(SandboxError);
    expect(() => undone(damaged)).toThrow(/^GVISOR_CONTAINERD_UNKNOWN/);
  }
});
