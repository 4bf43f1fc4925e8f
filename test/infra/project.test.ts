import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { aksSchema } from '../../infra/clusters/aks/settings';
import { eksSchema } from '../../infra/clusters/eks/settings';
import { existing } from '../../infra/clusters/existing';
import { gkeSchema } from '../../infra/clusters/gke/settings';
import { name } from '../../package.json';

interface Project {
  readonly name: string;
  readonly config: Readonly<
    Record<
      string,
      { readonly type: string; readonly description?: string; readonly default?: unknown }
    >
  >;
}

const project = parse(readFileSync(join(__dirname, '../../Pulumi.yaml'), 'utf8')) as Project;

const keysOf = (schema: unknown) => Object.keys((schema as z.ZodObject).shape);

/** What every stack has. */
const COMMON = ['cluster', 'name', 'settings'];

/** Only false works: described, it would be handed to the other clouds too, which do not know it. */
const NOT_DESCRIBED = new Set(['autopilot']);

test('the project is called as the package is', () => {
  expect(project.name).toBe(name);
});

test('Pulumi.yaml describes every key that some kind of cluster knows, and no other', () => {
  const known = [existing.schema, gkeSchema, eksSchema, aksSchema].flatMap(keysOf);
  const described = [...new Set([...COMMON, ...known])].filter((key) => !NOT_DESCRIBED.has(key));
  expect(Object.keys(project.config).sort()).toEqual(described.sort());
});

test('only the kind of cluster has to be given', () => {
  const keys = Object.entries(project.config);
  expect(keys.filter(([, key]) => key.default === undefined).map(([key]) => key)).toEqual([
    'cluster',
  ]);
  expect(keys.filter(([, key]) => (key.description ?? '') === '')).toEqual([]);
});
