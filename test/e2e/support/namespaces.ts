/** Namespaces of a test file: new ones for every run, without LimitRange, quota or Pod Security level. */
import { stringAt } from '../../../kubernetes/object';
import { ENABLED_LABEL } from '../../../base/names';
import type { Platform } from './platform';
import { messageOf } from '../../fixtures/pods';
import { NotYet, until } from './wait';

/** Labels of a namespace the platform is turned on for. */
export const ENABLED = { [ENABLED_LABEL]: 'true' } as const;

/** Those of a tenant's namespace, which verify has nothing against. */
export const CLOSED = { ...ENABLED, 'pod-security.kubernetes.io/enforce': 'baseline' } as const;

export interface NamespaceOptions {
  readonly labels?: Readonly<Record<string, string>>;
  /** Besides `default`. */
  readonly serviceAccounts?: readonly string[];
}

/**
 * Makes a namespace that pods can be created in, and gives its name.
 *
 * @param name followed by a random text where it ends in a dash
 */
export async function makeNamespace(
  { server }: Platform,
  name: string,
  { labels = {}, serviceAccounts = [] }: NamespaceOptions = {},
): Promise<string> {
  const create = (path: string, kind: string, metadata: object) =>
    server.send({ method: 'POST', path, body: { apiVersion: 'v1', kind, metadata } });
  const called = name.endsWith('-') ? { generateName: name } : { name };
  // One that an earlier test deleted may still be on its way out.
  const namespace = await until(`namespace ${name}`, async () => {
    const { body } = await create('/api/v1/namespaces', 'Namespace', { ...called, labels });
    return stringAt(body, 'metadata', 'name') ?? new NotYet(messageOf(body));
  });
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  for (const account of serviceAccounts) await create(path, 'ServiceAccount', { name: account });
  // Pods are refused until a controller has made this account.
  await until(`the ServiceAccount default of ${namespace}`, async () => {
    const { status } = await server.send({ method: 'GET', path: `${path}/default` });
    return status === 200 || new NotYet(status);
  });
  return namespace;
}

/** In the background: nobody waits for what no test looks at again. */
export async function deleteNamespaces(
  { server }: Platform,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    await server.send({ method: 'DELETE', path: `/api/v1/namespaces/${name}` });
  }
}
