import { targetOf } from '../../cli/options';

test.each([
  [{}, { type: 'local', name: 'secure-ai' }],
  [{ cluster: 'mine' }, { type: 'local', name: 'mine' }],
  [{ context: 'prod' }, { type: 'kubeconfig', context: 'prod' }],
  [{ kubeconfig: 'k' }, { type: 'kubeconfig', kubeconfig: 'k' }],
  [
    { kubeconfig: 'k', context: 'c' },
    { type: 'kubeconfig', kubeconfig: 'k', context: 'c' },
  ],
])('%j means %j', (options, target) => {
  expect(targetOf(options)).toEqual(target);
});

test('a local cluster and a kubeconfig at once are refused', () => {
  expect(() => targetOf({ cluster: 'a', kubeconfig: 'b' })).toThrow(
    expect.objectContaining({ code: 'USAGE_INVALID' }) as Error,
  );
});
