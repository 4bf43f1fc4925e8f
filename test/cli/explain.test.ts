import { stripVTControlCharacters } from 'node:util';
import { explainPod } from '../../cli/explain/explain';
import { refuseTooLarge } from '../../cli/explain/limits';
import { podsOf } from '../../cli/explain/manifests';
import { renderExplanation } from '../../cli/explain/render';
import { TOO_COSTLY_POD } from '../fixtures/big-pods';
import { definePolicy } from '../../policy/model/define';

const policy = definePolicy({
  runtimes: [
    { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' },
    { name: 'kata', runtimeClassName: 'kata-class', handler: 'kata' },
  ],
  rules: [
    {
      name: 'high_compute',
      when: {
        container: { image: { contains: 'pytorch' } },
        pod: { requests: { cpu: { gt: '4' } } },
      },
      runtime: 'kata',
    },
    { name: 'light', when: { container: { image: { contains: 'scikit' } } }, runtime: 'gvisor' },
  ],
  required: [{ namespaces: ['prod'], container: 'ai-model', runtime: 'kata' }],
});

const POD = 'kind: Pod\nmetadata: { name: p, namespace: prod }\nspec: { containers: [] }\n';

describe('reading manifests', () => {
  const sources = (text: string) => podsOf('f', text).map(({ source }) => source);

  test('several documents, other kinds passed over', () => {
    expect(sources(`${POD}---\nkind: Service\nmetadata: { name: s }\n---\n${POD}`)).toEqual([
      'f#1 Pod/p',
      'f#3 Pod/p',
    ]);
  });

  test('JSON, and the items of a List', () => {
    const pod = { kind: 'Pod', metadata: { name: 'a' } };
    expect(sources(JSON.stringify({ kind: 'List', items: [pod, pod] }))).toEqual([
      'f Pod/a',
      'f Pod/a',
    ]);
  });

  test.each([
    ['Deployment', 'spec: { template: $T }'],
    ['StatefulSet', 'spec: { template: $T }'],
    ['Job', 'spec: { template: $T }'],
    ['CronJob', 'spec: { jobTemplate: { spec: { template: $T } } }'],
    ['PodTemplate', 'template: $T'],
  ])('the template of a %s, named as its controller names pods', (kind, spec) => {
    const template = '{ metadata: { labels: { a: b } }, spec: { containers: [] } }';
    const text = `kind: ${kind}\nmetadata: { name: w, namespace: n }\n${spec.replace('$T', template)}`;
    expect(podsOf('f', text)).toEqual([
      {
        source: `f ${kind}/w`,
        namespace: 'n',
        pod: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { labels: { a: 'b' }, generateName: 'w-', namespace: 'n' },
          spec: { containers: [] },
        },
      },
    ]);
  });

  test('no namespace means default, as for kubectl', () => {
    expect(podsOf('f', 'kind: Pod')[0]?.namespace).toBe('default');
  });

  test.each(['', 'null', '[]', '7', 'kind: Deployment', 'kind: constructor'])(
    '%j holds no pod',
    (text) => {
      expect(podsOf('f', text)).toEqual([]);
    },
  );

  test('a syntax error is reported with its position', () => {
    expect(() => podsOf('f', 'kind: [')).toThrow(/line 1/);
  });
});

function explain(pod: object, namespace = 'prod') {
  return explainPod({ source: 'f Pod/p', namespace, pod }, policy);
}

/** As a person reads it: whether there are colours depends on where the tests run. */
const rendered = (pod: ReturnType<typeof explain>) =>
  stripVTControlCharacters(renderExplanation(pod));

const podWith = (container: object, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...metadata },
  spec: { containers: [{ name: 'main', ...container }] },
});

test('a rule that fires: every part of its condition, the patch, and the outcome', () => {
  const pod = podWith({ image: 'pytorch/pytorch:2.4.0', resources: { requests: { cpu: '5' } } });
  const text = rendered(explain(pod)).replace(/[0-9a-f]{12}/, 'HASH');
  expect(text).toMatchSnapshot();
});

test('a refused pod: every denial with its code', () => {
  const explained = explain(podWith({ name: 'ai-model', image: 'busybox' }));
  expect(explained).toMatchObject({
    runtime: null,
    chosenBy: 'none',
    patch: [],
    denials: [{ code: 'LABEL_REQUIRED' }],
  });
  expect(rendered(explained)).toMatch(
    /refused:[^]*LABEL_REQUIRED Pod p requires label secure-ai.io\/runtime to use runtime kata/,
  );
});

describe('enforcement', () => {
  const agent = {
    name: 'agent',
    when: { container: { image: { contains: 'agent' } } },
    exempt: 'reads its node',
  };
  const trial = {
    name: 'trial',
    when: { container: { image: { contains: 'busybox' } } },
    deny: 'no shells',
    enforcement: 'warn',
  } as const;
  const under = definePolicy({
    runtimes: policy.runtimes.map(({ name, runtimeClassName, handler }) => ({
      name,
      runtimeClassName,
      handler,
    })),
    rules: [agent, trial],
    required: [{ namespaces: ['audited'], container: 'ai-model', runtime: 'kata' }],
    tenants: [
      { namespaces: ['audited'], enforcement: 'audit' },
      { namespaces: ['warned'], enforcement: 'warn' },
    ],
  });
  const explained = (pod: object, namespace: string) =>
    explainPod({ source: 'f Pod/p', namespace, pod }, under);
  const after = (start: RegExp, pod: object, namespace: string) => {
    const text = rendered(explained(pod, namespace));
    return text.slice(text.search(start));
  };

  test('an exempt pod is admitted, and the rule is named', () => {
    const pod = podWith({ image: 'agent' });
    expect(explained(pod, 'team')).toMatchObject({ chosenBy: 'exempt', exemptBy: ['agent'] });
    expect(after(/ {2}admitted/, pod, 'team')).toBe('  admitted, exempt by agent\n');
  });

  test('a mirror of a static pod is admitted as such', () => {
    const pod = podWith({ image: 'x' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } });
    expect(after(/ {2}admitted/, pod, 'team')).toBe('  admitted, as the mirror of a static pod\n');
  });

  test('where the policy only audits, what it would choose or refuse', () => {
    const pod = podWith({ image: 'x' });
    expect(explained(pod, 'audited')).toMatchObject({
      enforcement: 'audit',
      runtime: null,
      patch: [],
      denials: [],
      previews: [{ enforcement: 'audit', runtime: 'kata', chosenBy: 'default', denials: [] }],
      unread: null,
    });
    expect(rendered(explained(pod, 'audited'))).toContain('\n  enforcement: audit (no pod of ');
    expect(after(/ {2}admitted/, pod, 'audited')).toBe(
      [
        '  admitted',
        '  if the policy were enforced:',
        '    runtime: kata, runtimeClassName kata-class (nothing else decides, and this is the default)',
        '    not refused',
        '',
      ].join('\n'),
    );
    const refused = podWith({ name: 'ai-model', image: 'x' });
    expect(after(/ {4}refused/, refused, 'audited')).toBe(
      '    refused:\n      LABEL_REQUIRED Pod p requires label secure-ai.io/runtime to use runtime kata. Container ai-model needs it, and the label is none\n',
    );
  });

  test('where a rule only warns, what it would refuse', () => {
    const pod = podWith({ image: 'busybox' });
    const text = rendered(explained(pod, 'team'));
    expect(text).toContain('yes trial fires and refuses: no shells (under warn)\n');
    expect(after(/ {2}admitted/, pod, 'team')).toMatch(
      /^ {2}admitted\n {2}if what is under warn were enforced:\n.*\n {4}refused:\n {6}DENIED .*no shells\. In it container main matched\n$/,
    );
  });

  test('a pod that the webhook would not read is refused only where the policy is enforced', () => {
    const found = (namespace: string) => ({
      source: 'f',
      namespace,
      pod: { ...TOO_COSTLY_POD, metadata: { ...TOO_COSTLY_POD.metadata, namespace } },
    });
    expect(() => refuseTooLarge([found('team')], under)).toThrow('POD_TOO_LARGE Pod team/');
    expect(() => refuseTooLarge([found('warned'), found('audited')], under)).not.toThrow();
    const { unread, denials } = explainPod(found('warned'), under);
    expect([unread, denials]).toEqual([expect.stringMatching(/^POD_TOO_LARGE Pod warned/), []]);
  });
});

test('it is plain JSON', () => {
  const explained = explain(podWith({ image: 'scikit' }));
  expect(JSON.parse(JSON.stringify(explained))).toEqual(explained);
  expect(explained.runtimeClassName).toBe('gvisor');
});
