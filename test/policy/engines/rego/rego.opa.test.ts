/** The real OPA formats and tests the `.rego` files. Builds it where it is not in the cache yet; takes minutes then. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { goBinary } from '../../../../local/toolchain/binaries';
import { constantsModule } from '../../../../policy/engines/rego/modules';

jest.setTimeout(900_000);

const ROOT = join(__dirname, '../../../..');
const SOURCES = join(ROOT, 'policy/engines/rego');

let opa: string;
let folder: string;

const run = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(opa, args, { cwd: folder })).stdout;

beforeAll(async () => {
  opa = await goBinary({
    moduleDir: join(ROOT, 'local/toolchain/opa'),
    package: 'github.com/open-policy-agent/opa',
    name: 'opa',
  });
  folder = mkdtempSync(join(tmpdir(), 'opa-'));
  for (const file of modules()) copyFileSync(join(SOURCES, file), join(folder, file));
  writeFileSync(join(folder, 'constants.rego'), constantsModule());
});

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

const modules = (): string[] => readdirSync(SOURCES).filter((file) => file.endsWith('.rego'));

test('every file is formatted (`opa fmt -w` formats it)', async () => {
  expect(await run('fmt', '--list', '--diff', ...modules())).toBe('');
});

test('every file passes the strict checks of the compiler', async () => {
  expect(await run('check', '--strict', '.')).toBe('');
});

test('OPA has the version that Gatekeeper is built with', () => {
  const versionIn = (module: string) =>
    /open-policy-agent\/opa (v\S+)/.exec(
      readFileSync(join(ROOT, 'local/toolchain', module, 'go.mod'), 'utf8'),
    )?.[1];
  expect(versionIn('opa')).toMatch(/^v1\./);
  expect(versionIn('opa')).toBe(versionIn('kubernetes'));
});

test('every module has tests beside it, and they pass', async () => {
  const files = modules();
  const tested = files.filter((file) => !file.endsWith('_test.rego'));
  expect(tested.filter((file) => !files.includes(file.replace('.rego', '_test.rego')))).toEqual([]);
  const results = JSON.parse(await run('test', '--format=json', '.')) as readonly TestResult[];
  expect(results.filter(({ fail, error, skip }) => fail ?? error ?? skip)).toEqual([]);
  expect(new Set(results.map((result) => result.package)).size).toBe(tested.length);
});

interface TestResult {
  readonly package: string;
  readonly name: string;
  readonly fail?: true;
  readonly skip?: true;
  readonly error?: unknown;
}
