import type { Explanation } from '../../../policy/rules/explain';
import { explainRule } from '../../../policy/rules/explain';
import { podFacts } from '../../../policy/pod/facts';
import { definePolicy } from '../../../policy/model/define';
import { CONTEXT, EXAMPLE, examplePolicy, makePod } from '../fixtures';

function lines({ text, holds, seen, parts }: Explanation, indent = ''): string[] {
  const line = `${indent}${holds ? '+' : '-'} ${text}${seen === undefined ? '' : ` [${seen}]`}`;
  return [line, ...parts.flatMap((part) => lines(part, `${indent}  `))];
}

test('shows for every container what was asked and what was seen', () => {
  const pod = makePod({ image: 'pytorch/pytorch', cpu: '2500m' });
  const [rule] = examplePolicy.rules;
  if (rule === undefined) throw new Error('The example has rules');
  const { matches, condition } = explainRule(rule, podFacts(pod, CONTEXT));
  expect(matches).toBe(false);
  expect(lines(condition)).toEqual([
    '- all',
    '  + some container',
    '    + container main',
    '      + image contains "pytorch" [pytorch/pytorch]',
    '  - pod',
    '    - requests.cpu gt 4 [2.5]',
  ]);
});

test('shows all, any and not as they are written', () => {
  const policy = definePolicy({
    ...EXAMPLE,
    rules: [
      {
        name: 'a',
        runtime: 'kata',
        when: {
          any: [
            { pod: { labels: { team: { exists: true } } } },
            { pod: { namespace: 'ai-*', hostPID: true } },
          ],
          not: { container: { securityContext: { addsCapability: 'bpf' } } },
        },
      },
    ],
  });
  const [rule] = policy.rules;
  if (rule === undefined) throw new Error('The policy has a rule');
  expect(lines(explainRule(rule, podFacts(makePod(), CONTEXT)).condition)).toEqual([
    '- all',
    '  - any',
    '    - pod',
    '      - labels.team exists [missing]',
    '    - pod',
    '      + namespace is "ai-*" [ai-production]',
    '      - hostPID is true [false]',
    '  + not',
    '    - some container',
    '      - container main',
    '        - securityContext.capabilities.add has BPF or ALL [none]',
  ]);
});
