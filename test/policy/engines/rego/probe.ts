/** Evaluates expressions of the Rego libraries in Gatekeeper's engine and returns their values, which no constraint reports. */
import { librariesOf } from '../../../../policy/engines/rego/modules';
import { gatorTest } from './gator';

const NAMES = ['conditions', 'facts', 'image', 'integer', 'quantity', 'resources'];

/**
 * The value of the expression for each input, which it refers to as `given`; undefined where it is undefined.
 * It may use the libraries in `NAMES`.
 */
export async function evaluate(
  expression: string,
  inputs: readonly unknown[],
): Promise<readonly unknown[]> {
  const rule = `violation contains {"msg": json.marshal({"index": index, "value": value})} if {
	some {"index": index, "given": given} in input.parameters.inputs
	value := ${expression}
}`;
  const indexed = inputs.map((given, index) => ({ index, given }));
  const constraints = chunks(indexed, INPUTS_PER_CONSTRAINT).map((chunk, index) =>
    constraint(index, { inputs: chunk }),
  );
  const violations = await gatorTest([template(rule), ...constraints, pod('probed', {})]);
  const values = new Map(
    violations.map(({ message }) => {
      const { index, value } = JSON.parse(message) as { index: number; value: unknown };
      return [index, value];
    }),
  );
  return inputs.map((_, index) => values.get(index));
}

/** Few, because gator repeats the constraint with every violation it prints. */
const INPUTS_PER_CONSTRAINT = 25;

/** The value of the expression for each pod under these parameters of a constraint; undefined where it is undefined. */
export async function evaluateForPods(
  expression: string,
  pods: readonly object[],
  parameters: Readonly<Record<string, unknown>>,
): Promise<readonly unknown[]> {
  const rule = `violation contains {"msg": json.marshal(value)} if {
	value := ${expression}
}`;
  const name = (index: number) => `pod-${index}`;
  const violations = await gatorTest([
    template(rule),
    constraint(0, parameters),
    ...pods.map((one, index) => pod(name(index), one)),
  ]);
  const values = new Map(violations.map(({ object, message }) => [object, message]));
  return pods.map((_, index) => {
    const value = values.get(name(index));
    return value === undefined ? undefined : (JSON.parse(value) as unknown);
  });
}

function chunks<T>(list: readonly T[], size: number): T[][] {
  const starts = Array.from({ length: Math.ceil(list.length / size) }, (_, index) => index * size);
  return starts.map((start) => list.slice(start, start + size));
}

function pod(name: string, members: object & { metadata?: object }): unknown {
  const metadata = { namespace: 'default', ...members.metadata, name };
  return { apiVersion: 'v1', kind: 'Pod', ...members, metadata };
}

function template(rule: string): unknown {
  const imports = NAMES.map((name) => `import data.lib.${name}`).join('\n');
  // Gatekeeper refuses imports that nothing uses.
  const used = NAMES.map((name) => `data.lib.${name}`).join(', ');
  const rego = `package probe\n\n${imports}\n\n${rule}\n\nused := [${used}]\n`;
  const source = { version: 'v1', rego, libs: librariesOf(rego) };
  const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'templates.gatekeeper.sh/v1',
    kind: 'ConstraintTemplate',
    metadata: { name: 'probe' },
    spec: {
      crd: { spec: { names: { kind: 'Probe' }, validation: { openAPIV3Schema } } },
      targets: [{ target: 'admission.k8s.gatekeeper.sh', code: [{ engine: 'Rego', source }] }],
    },
  };
}

function constraint(index: number, parameters: unknown): unknown {
  return {
    apiVersion: 'constraints.gatekeeper.sh/v1beta1',
    kind: 'Probe',
    metadata: { name: `probe-${index}` },
    spec: { match: { kinds: [{ apiGroups: [''], kinds: ['Pod'] }] }, parameters },
  };
}
