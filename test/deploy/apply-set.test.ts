import { createHash } from 'node:crypto';
import { APPLY_SET_ID, asMember, recordedExtent, recordExtent } from '../../deploy/apply-set';
import { fakeApi, object } from './fake-api';

test('the id is the one KEP-3659 defines for the parent', () => {
  // name, namespace, kind and group of the parent, joined by dots; the core group is empty.
  const hash = createHash('sha256').update('secure-ai-sandbox.default.ConfigMap.');
  expect(APPLY_SET_ID).toBe(`applyset-${hash.digest('base64url')}-v1`);
  expect(APPLY_SET_ID).toMatch(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/);
});

test('membership is one more label and changes nothing else', () => {
  const manifest = object('v1', 'ConfigMap/a/b', { data: { k: 'v' } });
  expect(asMember(manifest)).toEqual({
    ...manifest,
    metadata: { ...manifest.metadata, labels: { 'applyset.kubernetes.io/part-of': APPLY_SET_ID } },
  });
});

test('what is recorded is read back, each kind and namespace once', async () => {
  const api = fakeApi();
  expect(await recordedExtent(api)).toEqual({ kinds: [], namespaces: [] });
  await recordExtent(
    api,
    [
      { kinds: ['Deployment.apps', 'ConfigMap'], namespaces: ['b'] },
      { kinds: ['ConfigMap'], namespaces: ['a', 'b'] },
    ],
    '1.2.3',
  );
  expect(await recordedExtent(api)).toEqual({
    kinds: ['ConfigMap', 'Deployment.apps'],
    namespaces: ['a', 'b'],
  });
});

test('the parent says which tool wrote it, as <name>/<semver>', async () => {
  const api = fakeApi();
  await recordExtent(api, [], '1.2.3');
  const parent = [...api.objects.values()][0];
  expect(parent?.metadata.annotations?.['applyset.kubernetes.io/tooling']).toBe('secure-ai/v1.2.3');
});
