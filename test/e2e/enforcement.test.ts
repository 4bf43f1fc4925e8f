/**
 * The walk from audit over warn to deny on one cluster, with the same pods. Before deny nothing is changed or refused; what is warned of,
 * counted and reported is what deny then does.
 */
import { listAt, stringAt, type KubernetesObject } from '../../kubernetes/object';
import { createDecider } from '../../policy/decision/decide';
import type { DenialCode } from '../../policy/decision/decision';
import { textOf } from '../../policy/decision/validate';
import { definePolicy } from '../../policy/model/define';
import type { Enforcement, RuntimePolicy } from '../../policy/model/runtime-policy';
import { CONSTRAINT_KINDS } from '../../base/names';
import { bounded } from '../../programs/telemetry/log';
import { LAYERS } from './support/layers';
import { seriesOf } from './support/mutator-metrics';
import { deleteNamespaces, ENABLED, makeNamespace } from './support/namespaces';
import { plannedObjects, type Planned } from './support/planned';
import { connectPlatform, type Platform } from './support/platform';
import { enforce, restorePolicy } from './support/policy-switch';
import { NotYet, until } from './support/wait';
import { createPod, pod, refusalOf, sandboxOf, tryPod, type PodOptions } from '../fixtures/pods';

jest.setTimeout(600_000);

const NAMESPACE = 'e2e-enforcement';

const STAGES = ['audit', 'warn', 'deny'] as const;

const METRICS = ['secure_ai_mutator_decisions_total', 'secure_ai_mutator_denials_total'];

/** Characters of a warning of the webhook. */
const WARNING_LIMIT = 256;

const TORCH = { image: 'pytorch', cpu: '5' };

interface Case {
  readonly what: string;
  readonly pod: Omit<PodOptions, 'namespace' | 'name'>;
  /** Of the denials under deny; empty where it is admitted. */
  readonly codes: readonly DenialCode[];
}

const CASES: readonly Case[] = [
  { what: 'in-its-class', pod: { label: 'kata', runtimeClassName: 'kata' }, codes: [] },
  { what: 'labelled', pod: { label: 'gvisor' }, codes: [] },
  { what: 'silent', pod: {}, codes: [] },
  { what: 'by-rule', pod: TORCH, codes: [] },
  { what: 'unknown-runtime', pod: { label: 'runc' }, codes: ['UNKNOWN_RUNTIME'] },
  { what: 'required', pod: { container: 'ai-model' }, codes: ['LABEL_REQUIRED'] },
  { what: 'by-rule-refused', pod: { ...TORCH, label: 'gvisor' }, codes: ['RULE_VIOLATED'] },
  {
    what: 'mismatched',
    pod: { label: 'kata', runtimeClassName: 'gvisor' },
    codes: ['CLASS_MISMATCH'],
  },
  {
    what: 'hollow',
    pod: { label: 'kata', annotations: { 'io.katacontainers.config.hypervisor.x': '1' } },
    codes: ['HOLLOW_SANDBOX'],
  },
  {
    what: 'denied-and-hollow',
    pod: { image: 'miner', annotations: { 'dev.gvisor.spec.x': '1' } },
    codes: ['DENIED', 'HOLLOW_SANDBOX'],
  },
];

const podOf = ({ what, pod: options }: Case) =>
  pod({ namespace: NAMESPACE, name: what, ...options });

let platform: Platform;
let planned: Planned;

beforeAll(async () => {
  platform = await connectPlatform();
  planned = await plannedObjects(platform);
  await makeNamespace(platform, NAMESPACE, { labels: ENABLED });
});

afterAll(async () => {
  await restorePolicy(platform, planned);
  await deleteNamespaces(platform, [NAMESPACE]);
  platform.close();
});

function policyUnder(enforcement: Enforcement): RuntimePolicy {
  const { runtimes, rules } = platform.policy;
  return definePolicy({
    runtimes: runtimes.map(({ name, runtimeClassName, handler }) => ({
      name,
      runtimeClassName,
      handler,
    })),
    rules: [
      ...rules.map(({ name, title, when, runtime = '' }) => ({ name, title, when, runtime })),
      { name: 'miner', when: { container: { image: { contains: 'miner' } } }, deny: 'no miners' },
    ],
    required: [{ namespaces: [NAMESPACE], container: 'ai-model', runtime: 'kata' }],
    unlabelled: { assign: 'kata' },
    enforcement,
  });
}

const decidedUnderDeny = (tried: Case) =>
  createDecider(policyUnder('deny')).decide(podOf(tried), { namespace: NAMESPACE });

/** What deny says of a pod: `CODE: message`. */
function denialsOf(tried: Case): string[] {
  const { denials } = decidedUnderDeny(tried);
  expect(denials.map(({ code }) => code)).toEqual(tried.codes);
  return denials.map((denial) => `${denial.code}: ${textOf(denial)}`);
}

const messageIn = (line: string) => line.replace(/^[A-Z_]+: /, '');

/** The series that trying every pod once adds to, under the enforcement's own label, which is left out. */
async function counted(enforcement: Enforcement): Promise<Record<string, number>> {
  const before = await seriesOf(platform, METRICS);
  for (const one of CASES) await tryPod(platform, podOf(one));
  const after = await seriesOf(platform, METRICS);
  const grown = [...after].map(([series, value]) => [series, value - (before.get(series) ?? 0)]);
  return Object.fromEntries(
    grown
      .filter(([, value]) => value !== 0)
      .map(([series, value]) => [
        String(series).replace(`enforcement="${enforcement}"`, 'enforcement="…"'),
        value,
      ]),
  ) as Record<string, number>;
}

const counts = new Map<Enforcement, Record<string, number>>();

describe.each(STAGES)('under %s', (enforcement) => {
  const isEnforced = enforcement === 'deny';

  beforeAll(() => enforce(platform, planned, policyUnder(enforcement)));

  test.each(CASES)('$what', async (one) => {
    const sent = podOf(one);
    const answer = await tryPod(platform, sent);
    const denials = denialsOf(one);
    if (isEnforced && denials.length > 0) {
      expect(refusalOf(answer)).toEqual({ by: LAYERS.mutator, message: denials.join('\n') });
      return;
    }
    const { label, runtimeClassName, decision } = sandboxOf(answer);
    if (isEnforced) {
      const { runtime } = decidedUnderDeny(one).selection;
      expect([label, runtimeClassName, decision?.runtime]).toEqual([
        runtime?.name,
        runtime?.runtimeClassName,
        runtime?.name,
      ]);
      return;
    }
    expect([label, runtimeClassName, decision]).toEqual([
      one.pod.label,
      one.pod.runtimeClassName,
      undefined,
    ]);
    const ours = answer.warnings.filter((text) => /^(\[|[A-Z]+_?[A-Z]*: )/.test(text));
    const byGatekeeper = ours.filter((text) => text.startsWith('['));
    const byMutator = ours.filter((text) => !text.startsWith('['));
    expect(byMutator).toEqual(
      enforcement === 'warn' ? denials.map((text) => bounded(text, WARNING_LIMIT)) : [],
    );
    expect(byGatekeeper.map((text) => text.replace(/^\[[^\]]*\] /, '')).sort()).toEqual(
      enforcement === 'warn' ? denials.map(messageIn).sort() : [],
    );
  });

  test('every pod is counted once', async () => {
    const found = await counted(enforcement);
    counts.set(enforcement, found);
    const decisions = Object.entries(found).filter(([series]) => series.includes('decisions'));
    expect(decisions.reduce((sum, [, value]) => sum + value, 0)).toBe(CASES.length);
    expect(Object.keys(found).filter((series) => !series.includes('enforcement="…"'))).toEqual([]);
  });
});

test('warn and audit count what deny does', () => {
  expect(counts.get('audit')).toEqual(counts.get('deny'));
  expect(counts.get('warn')).toEqual(counts.get('deny'));
  expect(Object.keys(counts.get('deny') ?? {}).join('\n')).toContain('code="DENIED"');
});

describe("Gatekeeper's audit", () => {
  beforeAll(async () => {
    await enforce(platform, planned, policyUnder('audit'));
    for (const one of CASES) expect((await createPod(platform, podOf(one))).status).toBe(201);
  });

  test.each(['audit', 'warn'] as const)(
    'under %s it reports of the pods in the cluster what the reference does',
    async (enforcement) => {
      await enforce(platform, planned, policyUnder(enforcement));
      const expected = await expectedViolations(enforcement);
      await until('the violations of the constraints', async () => {
        const found = await violations();
        return found.join('\n') === expected.join('\n') || new NotYet(found.join('\n'));
      });
      expect(expected.length).toBeGreaterThan(CASES.length / 2);
    },
  );
});

/** What Gatekeeper does at admission about what its audit reports. */
const ACTIONS = { audit: 'dryrun', warn: 'warn' } as const;

/** What the decider reports of the pods as they are stored: `action pod: message`. */
async function expectedViolations(enforcement: keyof typeof ACTIONS): Promise<string[]> {
  const { reports } = createDecider(policyUnder(enforcement));
  const stored = await platform.api.list({ apiVersion: 'v1', kind: 'Pod', namespace: NAMESPACE });
  return stored
    .flatMap((one) => {
      const said = reports(one, { namespace: NAMESPACE, isStored: true });
      return said.flatMap(({ denials }) =>
        denials.map((denial) => `${ACTIONS[enforcement]} ${one.metadata.name}: ${textOf(denial)}`),
      );
    })
    .sort();
}

async function violations(): Promise<string[]> {
  const apiVersion = 'constraints.gatekeeper.sh/v1beta1';
  const kinds = Object.values(CONSTRAINT_KINDS);
  const lists = await Promise.all(kinds.map((kind) => platform.api.list({ apiVersion, kind })));
  return lists.flat().flatMap(violationsOf).sort();
}

function violationsOf(constraint: KubernetesObject): string[] {
  return listAt(constraint, 'status', 'violations')
    .filter((violation) => stringAt(violation, 'namespace') === NAMESPACE)
    .map((violation) => {
      const of = (member: string) => String(stringAt(violation, member));
      return `${of('enforcementAction')} ${of('name')}: ${of('message')}`;
    });
}
