/** `secure-ai synth` of a policy that is valid and most likely not meant. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../cli/main';
import type * as constructs from '../../constructs';

type Constructs = typeof constructs;

jest.mock('../../sandbox.config', () => {
  const { defineSandbox } = jest.requireActual<Constructs>('../../constructs');
  const config = defineSandbox({
    policy: {
      runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
      rules: [
        {
          name: 'foreign',
          when: { not: { container: { image: { registry: 'ours.example' } } } },
          runtime: 'gvisor',
        },
        { name: 'each', when: { container: { name: '*' } }, runtime: 'gvisor' },
      ],
    },
  });
  return { __esModule: true, default: config };
});

let folder: string;
let exitCode: typeof process.exitCode;
let printed: { stdout: string; stderr: string };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secure-ai-lints-'));
  exitCode = process.exitCode;
  process.exitCode = undefined;
  printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    jest.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
});

afterEach(() => {
  process.exitCode = exitCode;
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const PLACES = [
  'NOT_AROUND_CONTAINER policy.rules[0].when.not.container: ',
  'CONDITION_ALWAYS_HOLDS policy.rules[1].when.container: ',
  'RULE_SHADOWED policy.rules[0]: ',
];

test('synth prints each lint once, on stderr, and writes the manifests', async () => {
  const output = join(folder, 'dist');
  await main(['synth', '--output', output]);
  const lints = printed.stderr.split('\n').filter((line) => line.includes('. Fix: '));
  expect(lints).toEqual(
    PLACES.map((place) => expect.stringContaining(`sandbox.config.ts: ${place}`) as string),
  );
  expect(process.exitCode).toBeUndefined();
  expect(existsSync(output)).toBe(true);
});

test('the manifests on stdout hold no lint', async () => {
  await main(['synth', '--stdout', '--json']);
  expect(JSON.parse(printed.stdout)).toMatchObject({ kind: 'List' });
  expect(printed.stderr).toContain('NOT_AROUND_CONTAINER');
});

test('--strict fails with all of them, and writes nothing', async () => {
  const output = join(folder, 'dist');
  await main(['synth', '--strict', '--output', output]);
  expect(process.exitCode).toBe(1);
  expect(printed.stderr).toContain('LINTS_FOUND');
  expect(printed.stderr).toContain('policy.rules[1].when.container');
  expect(printed.stderr).toContain('(NOT_AROUND_CONTAINER)');
  expect(existsSync(output)).toBe(false);
});
