/** What each member of a condition means, on every engine that evaluates conditions here. */
import { definePolicy } from '../../../policy/model/define';
import { explainRule } from '../../../policy/rules/explain';
import { podFacts } from '../../../policy/pod/facts';
import { compileMatcher } from '../../../policy/rules/compiled/compile';
import { referenceMatcher } from '../../../policy/rules/match';
import type { RuntimePolicyInput } from '../../../policy/model/runtime-policy';
import type { PodLike } from '../../../policy/pod/pod';
import { CONTEXT, EXAMPLE } from '../fixtures';

type When = NonNullable<RuntimePolicyInput['rules']>[number]['when'];
type Container = NonNullable<When['container']>;

const POD: PodLike = {
  metadata: { labels: { team: 'red' }, annotations: { note: '' } },
  spec: {
    serviceAccountName: 'trainer',
    hostPID: true,
    volumes: [{ name: 'a', hostPath: {} }],
    containers: [
      {
        name: 'ai-model',
        image: 'ghcr.io/org/pytorch:2.4',
        resources: { requests: { cpu: '2', 'nvidia.com/gpu': '1' } },
        securityContext: { runAsUser: 0, capabilities: { add: ['CAP_NET_ADMIN'] } },
      },
      { name: 'plain', securityContext: { runAsUser: 1, allowPrivilegeEscalation: false } },
    ],
    initContainers: [{ name: 'setup', image: 'busybox', resources: { limits: { cpu: '3' } } }],
  },
};

const container = (condition: Container): When => ({ container: condition });
const cpu = (match: Record<string, string | boolean>) => container({ requests: { cpu: match } });

const TABLE: [string, When, boolean][] = [
  ['a name', container({ name: 'ai-model' }), true],
  ['a name by glob', container({ name: 'ai-*' }), true],
  ['the name of an init container', container({ name: 'setup' }), true],
  ['part of a name', container({ name: 'ai' }), false],
  ['a literal in the image', container({ image: { contains: 'torch:2' } }), true],
  ['a literal in another case', container({ image: { contains: 'PyTorch' } }), false],
  [
    'a literal that is only in the parsed image',
    container({ image: { contains: 'docker.io' } }),
    false,
  ],
  ['a registry', container({ image: { registry: 'ghcr.io' } }), true],
  ['a registry in upper case', container({ image: { registry: 'GHCR.IO' } }), true],
  [
    'the default registry',
    container({ image: { registry: 'docker.io', repository: 'library/busybox' } }),
    true,
  ],
  ['a repository by glob', container({ image: { repository: 'org/*' } }), true],
  ['a tag', container({ image: { tag: '2.4' } }), true],
  ['the default tag', container({ image: { tag: 'latest' } }), true],
  ['a digest where there is none', container({ image: { digest: '*' } }), false],
  [
    'members of two containers',
    container({ name: 'plain', image: { contains: 'pytorch' } }),
    false,
  ],
  ['more than', cpu({ gt: '1999m' }), true],
  ['more than the same', container({ name: 'ai-model', requests: { cpu: { gt: '2' } } }), false],
  ['at least the same', container({ name: 'ai-model', requests: { cpu: { gte: '2' } } }), true],
  ['at least more', container({ name: 'ai-model', requests: { cpu: { gte: '2001m' } } }), false],
  ['less than', cpu({ lt: '2001m' }), true],
  ['less than the same', cpu({ lt: '2' }), false],
  ['at most the same', cpu({ lte: '2' }), true],
  ['at most less', cpu({ lte: '1999m' }), false],
  ['between', cpu({ gt: '1', lt: '3' }), true],
  ['between in two containers', cpu({ gt: '2500m', lt: '2800m' }), false],
  [
    'less than, of what is missing',
    container({ name: 'plain', requests: { cpu: { lt: '9' } } }),
    false,
  ],
  [
    'a request that a limit stands in for',
    container({ name: 'setup', requests: { cpu: { gte: '3' } } }),
    true,
  ],
  ['a stated resource', container({ requests: { 'nvidia.com/gpu': { exists: true } } }), true],
  [
    'a resource not stated',
    container({ name: 'ai-model', limits: { cpu: { exists: false } } }),
    true,
  ],
  [
    'a resource not stated that is',
    container({ name: 'setup', limits: { cpu: { exists: false } } }),
    false,
  ],
  ['root', container({ securityContext: { runAsRoot: true } }), true],
  ['not root', container({ securityContext: { runAsRoot: false } }), true],
  [
    'not root, where nobody knows',
    container({ name: 'setup', securityContext: { runAsRoot: false } }),
    false,
  ],
  [
    'root, where nobody knows',
    container({ name: 'setup', securityContext: { runAsRoot: true } }),
    false,
  ],
  ['privileged', container({ securityContext: { privileged: true } }), false],
  ['not privileged', container({ securityContext: { privileged: false } }), true],
  ['a capability', container({ securityContext: { addsCapability: 'net_admin' } }), true],
  ['another capability', container({ securityContext: { addsCapability: 'SYS_ADMIN' } }), false],
  [
    'escalation by default',
    container({ name: 'setup', securityContext: { allowPrivilegeEscalation: true } }),
    true,
  ],
  ['no escalation', container({ securityContext: { allowPrivilegeEscalation: false } }), true],
  ['a writable root', container({ securityContext: { readOnlyRootFilesystem: false } }), true],
  ['a namespace by glob', { pod: { namespace: 'ai-*' } }, true],
  ['another namespace', { pod: { namespace: 'ai' } }, false],
  ['a label', { pod: { labels: { team: 'red' } } }, true],
  ['another value of a label', { pod: { labels: { team: 'blue' } } }, false],
  ['a missing label by glob', { pod: { labels: { tier: '*' } } }, false],
  ['a label that is there', { pod: { labels: { team: { exists: true } } } }, true],
  ['a label that is not', { pod: { labels: { tier: { exists: false } } } }, true],
  ['an empty annotation by glob', { pod: { annotations: { note: '*' } } }, true],
  ['a service account', { pod: { serviceAccountName: 'trainer' } }, true],
  ['a host namespace', { pod: { hostPID: true } }, true],
  ['two host namespaces, one used', { pod: { hostPID: true, hostIPC: true } }, false],
  ['a host namespace not used', { pod: { hostNetwork: false } }, true],
  ['a volume', { pod: { volumes: ['hostPath'] } }, true],
  ['two volumes, one used', { pod: { volumes: ['hostPath', 'emptyDir'] } }, false],
  ['requests of the whole pod', { pod: { requests: { cpu: { gte: '3', lte: '3' } } } }, true],
  ['limits of the whole pod', { pod: { limits: { cpu: { gt: '3' } } } }, false],
  ['all', { all: [{ pod: { hostPID: true } }, container({ name: 'plain' })] }, true],
  ['all but one', { all: [{ pod: { hostPID: true } }, container({ name: 'other' })] }, false],
  ['any', { any: [{ pod: { hostPID: false } }, container({ name: 'plain' })] }, true],
  ['none of any', { any: [{ pod: { hostPID: false } }, container({ name: 'other' })] }, false],
  ['not', { not: container({ name: 'other' }) }, true],
  ['not, of what holds', { not: container({ name: 'plain' }) }, false],
  [
    'every member',
    { ...container({ name: 'plain' }), pod: { hostPID: true }, not: { pod: { hostIPC: true } } },
    true,
  ],
  [
    'every member but one',
    { ...container({ name: 'plain' }), pod: { hostPID: true }, not: { pod: { hostPID: true } } },
    false,
  ],
];

describe.each([
  ['the reference matcher', referenceMatcher],
  ['the compiled matcher', compileMatcher],
])('%s', (_, makeMatcher) => {
  test.each(TABLE)('%s', (__, when, matches) => {
    const policy = definePolicy({ ...EXAMPLE, rules: [{ name: 'a', when, runtime: 'kata' }] });
    expect(makeMatcher(policy).matching(podFacts(POD, CONTEXT))).toHaveLength(matches ? 1 : 0);
  });

  test('gives all that match at once, by name', () => {
    const rules = TABLE.map(([, when], index) => ({
      name: `rule-${index}`,
      when,
      runtime: 'kata',
    }));
    const matcher = makeMatcher(definePolicy({ ...EXAMPLE, rules }));
    const expected = TABLE.flatMap(([, , matches], index) => (matches ? [`rule-${index}`] : []));
    const found = matcher.matching(podFacts(POD, CONTEXT));
    expect(found.map(({ name }) => name)).toEqual(expected.sort());
  });

  test('tells bounds at the same value apart', () => {
    const bounds = ['gt', 'gte', 'lt', 'lte'].flatMap((comparison) =>
      ['1', '2', '3'].map((threshold) => ({ comparison, threshold })),
    );
    const rules = bounds.map(({ comparison, threshold }) => ({
      name: `${comparison}-${threshold}`,
      when: cpu({ [comparison]: threshold }),
      runtime: 'kata',
    }));
    const matcher = makeMatcher(definePolicy({ ...EXAMPLE, rules }));
    const pod: PodLike = { spec: { containers: [{ resources: { requests: { cpu: '2' } } }] } };
    const found = matcher.matching(podFacts(pod, CONTEXT));
    expect(found.map(({ name }) => name)).toEqual([
      'gt-1',
      'gte-1',
      'gte-2',
      'lt-3',
      'lte-2',
      'lte-3',
    ]);
  });
});

test.each(TABLE)('explain says the same of %s', (_, when, matches) => {
  const { rules } = definePolicy({ ...EXAMPLE, rules: [{ name: 'a', when, runtime: 'kata' }] });
  const facts = podFacts(POD, CONTEXT);
  expect(rules.map((rule) => explainRule(rule, facts).matches)).toEqual([matches]);
});
