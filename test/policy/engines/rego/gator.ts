/** Gatekeeper's own engine without a cluster: its command line `gator`, built from the pinned module. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goBinary } from '../../../../local/toolchain/binaries';

const MODULE_DIR = join(__dirname, '..', '..', '..', '..', 'local', 'toolchain', 'kubernetes');
/** Seconds are enough, unless the computer has much else to do. */
const TIMEOUT_MILLISECONDS = 300_000;

/** Builds `gator` where it is not in the cache yet; takes minutes then. */
export function buildGator(): Promise<string> {
  const program = 'github.com/open-policy-agent/gatekeeper/v3/cmd/gator';
  return goBinary({ moduleDir: MODULE_DIR, package: program, name: 'gator' });
}

/** What a constraint says against an object. */
export interface Violation {
  readonly constraint: string;
  readonly message: string;
  readonly code: string | undefined;
  /** Name of the object. */
  readonly object: string;
}

interface GatorResult {
  readonly msg: string;
  readonly metadata: { readonly details?: { readonly code?: string } };
  readonly constraint: { readonly metadata: { readonly name: string } };
  readonly violatingObject: { readonly metadata: { readonly name: string } };
}

/** Reviews each object against the templates and constraints among them, as an audit does. */
export async function gatorTest(objects: readonly unknown[]): Promise<readonly Violation[]> {
  const manifest = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const { stdout } = await run(['test', '--output=json'], manifest);
  const results = (JSON.parse(stdout) ?? []) as readonly GatorResult[];
  return results.map(({ msg, metadata, constraint, violatingObject }) => ({
    constraint: constraint.metadata.name,
    message: msg,
    code: metadata.details?.code,
    object: violatingObject.metadata.name,
  }));
}

export interface Case {
  readonly name: string;
  /** AdmissionReview to judge. */
  readonly object: unknown;
  /** What the constraint says, each once; nothing else. */
  readonly messages: readonly string[];
}

export interface Suite {
  readonly template: unknown;
  readonly constraint: unknown;
  /** Objects the engine knows, such as namespaces. */
  readonly inventory: readonly unknown[];
  readonly cases: readonly Case[];
}

/** Judges AdmissionReviews, which `gator test` does not take. Gives what `gator verify` prints and whether all cases hold. */
export async function gatorVerify(
  suites: readonly Suite[],
): Promise<{ passed: boolean; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gator-'));
  try {
    const write = async (name: string, objects: readonly unknown[]) => {
      await writeFile(
        join(folder, name),
        objects.map((object) => JSON.stringify(object)).join('\n---\n'),
      );
      return name;
    };
    const tests = await Promise.all(
      suites.map(async ({ template, constraint, inventory, cases }, s) => ({
        name: `suite-${s}`,
        template: await write(`template-${s}.yaml`, [template]),
        constraint: await write(`constraint-${s}.yaml`, [constraint]),
        cases: await Promise.all(
          cases.map(async ({ name, object, messages }, c) => ({
            name,
            object: await write(`object-${s}-${c}.yaml`, [object]),
            inventory: [await write(`inventory-${s}.yaml`, inventory)],
            assertions: [
              { violations: messages.length },
              ...messages.map((message) => ({ violations: 1, message: `^${escaped(message)}$` })),
            ],
          })),
        ),
      })),
    );
    const suite = await write('suite.yaml', [
      {
        apiVersion: 'test.gatekeeper.sh/v1alpha1',
        kind: 'Suite',
        metadata: { name: 'suite' },
        tests,
      },
    ]);
    const { stdout, status } = await run(['verify', '--verbose', join(folder, suite)], '');
    return { passed: status === 0, output: stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
}

/** Exit status 1 says that something is refused; an error of gator itself leaves nothing on standard output. */
async function run(args: readonly string[], input: string): Promise<Outcome> {
  const binary = await buildGator();
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { timeout: TIMEOUT_MILLISECONDS, killSignal: 'SIGKILL' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      const text = Buffer.concat(stdout).toString();
      if (text === '')
        reject(
          new Error(
            `gator ${args[0]} failed (${signal ?? status}): ${Buffer.concat(stderr).toString()}`,
          ),
        );
      else resolve({ status, stdout: text });
    });
    child.stdin.on('error', () => undefined); // gator may end before it has read all; its exit says why.
    child.stdin.end(input);
  });
}
