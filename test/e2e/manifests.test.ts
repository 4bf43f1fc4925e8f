/** Every synthesized object against the real API server, and a deployment that changes nothing the second time. */
import { asConfigured, buildPlan } from '../../cli/settings';
import { referenceOf, type KubernetesObject } from '../../kubernetes/object';
import type { PlannedObject } from '../../deploy/plan';
import { connectPlatform, type Platform } from './support/platform';
import { messageOf } from '../fixtures/pods';

jest.setTimeout(300_000);

let platform: Platform;
let objects: readonly PlannedObject[];

beforeAll(async () => {
  platform = await connectPlatform();
  objects = await buildPlan(asConfigured);
});

afterAll(() => platform.close());

async function pathOf(manifest: KubernetesObject): Promise<string> {
  const { apiVersion, kind, name, namespace } = referenceOf(manifest);
  const type = await platform.api.resourceType(apiVersion, kind);
  if (type === undefined) throw new Error(`no kind ${kind} in ${apiVersion}`);
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = type.namespaced ? `/namespaces/${namespace}` : '';
  return `${group}${scope}/${type.resource}/${name}`;
}

test('every object is valid, to the last field, and none brings a warning', async () => {
  const flaws: unknown[] = [];
  for (const { id, manifest } of objects) {
    const query = 'dryRun=All&fieldValidation=Strict&force=true&fieldManager=secure-ai-sandbox';
    const { status, body, warnings } = await platform.server.send({
      method: 'PATCH',
      path: `${await pathOf(manifest)}?${query}`,
      contentType: 'application/apply-patch+yaml',
      body: manifest,
    });
    if (status !== 200 && status !== 201) flaws.push([id, messageOf(body)]);
    if (warnings.length > 0) flaws.push([id, warnings]);
  }
  expect(flaws).toEqual([]);
  expect(objects.length).toBeGreaterThan(60);
});

test('a chart built twice is the same', async () => {
  expect(JSON.stringify(await buildPlan(asConfigured))).toBe(JSON.stringify(objects));
});
