/** `secure-ai synth` with settings that lead to objects no cluster would take. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../cli/main';
import type * as constructs from '../../constructs';

type Constructs = typeof constructs;

/** With a text of a thousand characters each: more policy than a ConfigMap may hold. */
const RULES = 1_100;

jest.mock('../../sandbox.config', () => {
  const { defineSandbox } = jest.requireActual<Constructs>('../../constructs');
  const config = defineSandbox({
    policy: {
      runtimes: [{ name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' }],
      rules: Array.from({ length: RULES }, (_, i) => ({
        name: `rule-${i}`,
        when: { container: { image: { contains: `team-${i}`.padEnd(1_000, 'x') } } },
        runtime: 'gvisor',
      })),
    },
  });
  return { __esModule: true, default: config };
});

let folder: string;
let exitCode: typeof process.exitCode;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secure-ai-synth-'));
  exitCode = process.exitCode;
});

afterEach(() => {
  process.exitCode = exitCode;
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test.each([
  ['files', ['synth']],
  ['text', ['synth', '--stdout']],
  ['one JSON object', ['synth', '--stdout', '--json']],
])(
  'a policy that does not fit is refused with its code, and nothing is written: %s',
  async (_title, args) => {
    const printed: string[] = [];
    const keep = (text: string | Uint8Array) => printed.push(String(text)) > 0;
    jest.spyOn(process.stdout, 'write').mockImplementation(keep);
    jest.spyOn(process.stderr, 'write').mockImplementation(keep);
    const output = join(folder, 'dist');
    await main([...args, '--output', output]);
    expect(process.exitCode).toBe(2);
    expect(printed.join('')).toContain('CHART_INVALID');
    expect(printed.join('')).toContain('ConfigMap/gatekeeper-system/ai-runtime-mutator-policy');
    expect(printed.join('')).not.toContain('UNEXPECTED');
    expect(existsSync(output)).toBe(false);
  },
);
