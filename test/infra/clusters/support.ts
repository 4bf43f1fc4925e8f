/** What the tests of the clouds share: platforms to put there, what is wrong with a stack, and what it registers. */
import * as pulumi from '@pulumi/pulumi';
import { defineSandbox, type SandboxConfig, type SandboxInput } from '../../../constructs';
import type { Cluster, ClusterKind } from '../../../infra/clusters/cluster';
import { registrationsOf, type Registration } from '../registrations';

export const KATA = { name: 'kata', runtimeClassName: 'kata', handler: 'kata-clh' };
export const GVISOR = { name: 'gvisor', runtimeClassName: 'gvisor', handler: 'runsc' };
export const RELEASE = {
  version: '20260914.0',
  sha512: { 'x86_64/gvisor.tar.bz2': '0'.repeat(128) },
};

type Parts = Omit<SandboxInput, 'policy'> & {
  readonly runtimeList?: SandboxInput['policy']['runtimes'];
  readonly rules?: SandboxInput['policy']['rules'];
};

/** Both runtimes, each by its installer, unless told otherwise. */
export function platform({
  runtimeList = [GVISOR, KATA],
  rules,
  ...rest
}: Parts = {}): SandboxConfig {
  return defineSandbox({
    policy: { runtimes: runtimeList, ...(rules && { rules }) },
    nodes: { gvisor: RELEASE },
    ...rest,
  });
}

/** Paths of everything that keeps such a stack from working, as the program finds it. */
export function problemsWith<Settings>(
  kind: ClusterKind<Settings>,
  values: Readonly<Record<string, unknown>>,
  sandbox: SandboxConfig,
): readonly { readonly path: string; readonly reason: string; readonly fix: string }[] {
  return kind.problems(kind.schema.parse(values), sandbox);
}

export interface Deployed {
  readonly resources: readonly Registration[];
  /** By type and name. */
  readonly resource: (type: string, name: string) => Registration;
  readonly cluster: Cluster;
}

/** Registers a cluster with Pulumi's mocks. @param outputs what the cloud adds to the inputs of a resource, by its type */
export async function deploy<Settings>(
  kind: ClusterKind<Settings>,
  values: Readonly<Record<string, unknown>>,
  sandbox: SandboxConfig,
  outputs: {
    readonly resources?: Readonly<Record<string, object>>;
    readonly calls?: Readonly<Record<string, object>>;
  } = {},
): Promise<Deployed> {
  let cluster: Cluster | undefined;
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, type, inputs }) => ({
      id: `${name}-id`,
      state: { name, ...(inputs as object), ...outputs.resources?.[type] },
    }),
    call: ({ token }) => ({ ...outputs.calls?.[token] }),
  };
  const resources = await registrationsOf(
    async () => {
      cluster = await kind.create('prod', kind.schema.parse(values), sandbox);
    },
    { mocks },
  );
  if (cluster === undefined) throw new Error('no cluster was made');
  const resource = (type: string, name: string) => {
    const found = resources.filter((r) => r.type === type && r.name === name);
    if (found[0] === undefined || found.length > 1) {
      const all = resources.map((r) => `${r.type} ${r.name}`).join('\n');
      throw new Error(`${found.length} of ${type} ${name} among\n${all}`);
    }
    return found[0];
  };
  return { resources, resource, cluster };
}

/** Value of an output that has to be a secret. */
export async function secretText(output: pulumi.Output<string> | undefined): Promise<string> {
  if (output === undefined || !(await pulumi.isSecret(output))) throw new Error('not a secret');
  return new Promise((resolve) => output.apply(resolve));
}
