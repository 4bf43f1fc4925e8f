import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { parse } from 'yaml';
import { readStack, stackValues } from '../../../infra/config';

const STACKS = join(__dirname, '../../../examples/stacks');

/** The stack file's values as Pulumi hands them to a program: every one a text. */
function configure(file: string): void {
  const { config } = parse(readFileSync(join(STACKS, file), 'utf8')) as {
    config: Record<string, unknown>;
  };
  pulumi.runtime.setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  );
}

test('there is a stack for every kind of cluster', () => {
  expect(readdirSync(STACKS).sort()).toEqual([
    'Pulumi.aks.yaml',
    'Pulumi.eks.yaml',
    'Pulumi.existing.yaml',
    'Pulumi.gke.yaml',
    'Pulumi.local.yaml',
  ]);
});

test('the stack for a cluster that is there names its context', async () => {
  configure('Pulumi.existing.yaml');
  const { context } = await (await readStack(stackValues())).create();
  expect(context).toBe('my-cluster');
});

test('the stack for this computer wants its cluster to run', async () => {
  configure('Pulumi.local.yaml');
  const nowhere = { ...stackValues(), name: 'not-running' };
  await expect(readStack(nowhere)).rejects.toMatchObject({ errors: [{ propertyPath: 'name' }] });
});

test.each(['gke', 'eks', 'aks'])('the stack for %s goes with its settings file', async (kind) => {
  configure(`Pulumi.${kind}.yaml`);
  const { name, sandbox } = await readStack(stackValues());
  expect(name).toBe('secure-ai');
  expect(sandbox.policy.runtimes.map((runtime) => runtime.name)).toContain('kata');
});

test.each(['gke', 'eks', 'aks'])('the stack for %s can come to have a problem', async (kind) => {
  configure(`Pulumi.${kind}.yaml`);
  await expect(readStack({ ...stackValues(), authorizedNetworks: [] })).rejects.toMatchObject({
    errors: [{ propertyPath: 'authorizedNetworks' }],
  });
});
