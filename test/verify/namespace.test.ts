import { definePolicy } from '../../policy/model/define';
import { ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../base/names';
import { enabledNamespace } from '../../verify/namespace';
import { fakeApi, object } from '../deploy/fake-api';

const named = (name: string) => {
  const namespace = object('v1', `Namespace/${name}`);
  const metadata = { ...namespace.metadata, labels: { [ENABLED_LABEL]: 'true' } };
  return { ...namespace, metadata };
};

const find = (names: readonly string[], required: readonly string[] = []) =>
  enabledNamespace({
    api: fakeApi(names.map(named)),
    policy: definePolicy({
      runtimes: [{ name: 'kata', runtimeClassName: 'kata', handler: 'kata' }],
      required: required.map((name) => ({
        namespaces: [name],
        container: 'model',
        runtime: 'kata',
      })),
    }),
  });

test('an exempt namespace is not enabled, whatever its labels and the policy say', async () => {
  expect(await find(EXEMPT_NAMESPACES, EXEMPT_NAMESPACES)).toBeUndefined();
  expect(await find([...EXEMPT_NAMESPACES, 'team-a', 'z'], EXEMPT_NAMESPACES)).toBe('team-a');
  expect(await find([...EXEMPT_NAMESPACES, 'team-a', 'z'], ['z'])).toBe('z');
});
