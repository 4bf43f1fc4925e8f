/** Defaults for the overhead and nodes of a RuntimeClass. */
import type { Problem } from '../../base/errors';
import type { Runtime } from '../../policy/model/runtime-policy';
import { GVISOR_NODE_LABEL, KATA_NODE_LABEL, poolToleration } from '../nodes';
import type { RuntimeNode, RuntimesInput } from './schema';

/** RuntimeClasses to create, by runtime name. */
export type RuntimeNodes = Readonly<Record<string, RuntimeNode>>;

type HandlerDefaults = Pick<RuntimeNode, 'overhead' | 'nodeSelector'>;

/** kata-containers 4.1.0, tools/packaging/kata-deploy/helm-chart/kata-deploy/templates/runtimeclasses.yaml. */
const KATA_QEMU_OVERHEAD = { cpu: '250m', memory: '320Mi' };
const KATA_SMALL_OVERHEAD = { cpu: '250m', memory: '130Mi' };

/** gVisor publishes no figure. This one is conservative; measure your workloads and set `overhead`. */
const GVISOR_OVERHEAD = { cpu: '250m', memory: '128Mi' };

function kata(overhead: Record<string, string>): HandlerDefaults {
  return { overhead, nodeSelector: { [KATA_NODE_LABEL]: 'true' } };
}

const HANDLER_DEFAULTS: ReadonlyMap<string, HandlerDefaults> = new Map([
  ['kata-qemu', kata(KATA_QEMU_OVERHEAD)],
  ['kata-qemu-runtime-rs', kata(KATA_QEMU_OVERHEAD)],
  ['kata-clh', kata(KATA_SMALL_OVERHEAD)],
  ['kata-clh-runtime-rs', kata(KATA_SMALL_OVERHEAD)],
  ['kata-dragonball', kata(KATA_SMALL_OVERHEAD)],
  ['kata-fc', kata(KATA_SMALL_OVERHEAD)],
  ['runsc', { overhead: GVISOR_OVERHEAD, nodeSelector: { [GVISOR_NODE_LABEL]: 'true' } }],
]);

/** Fills in the defaults of the configuration; a value without a default is a problem if it is missing. */
export function resolveRuntimeNodes(
  runtimes: readonly Runtime[],
  given: RuntimesInput,
): { nodes: RuntimeNodes; problems: Problem[] } {
  const names = new Set(runtimes.map(({ name }) => name));
  const problems = Object.keys(given)
    .filter((name) => !names.has(name))
    .map((name) => unknownRuntime(name, names));

  const nodes: Record<string, RuntimeNode> = {};
  for (const runtime of runtimes) {
    const input = Object.hasOwn(given, runtime.name) ? given[runtime.name] : undefined;
    if (input === 'provided') continue;
    const node = complete(runtime, input);
    problems.push(...missing(runtime, node));
    nodes[runtime.name] = node;
  }
  return { nodes, problems };
}

function complete(
  runtime: Runtime,
  input: Exclude<RuntimesInput[string], 'provided'> = {},
): RuntimeNode {
  const known = HANDLER_DEFAULTS.get(runtime.handler);
  return {
    overhead: input.overhead ?? known?.overhead ?? {},
    nodeSelector: input.nodeSelector ?? known?.nodeSelector ?? {},
    tolerations: input.tolerations ?? [poolToleration(runtime.name)],
  };
}

function unknownRuntime(name: string, names: ReadonlySet<string>): Problem {
  return {
    path: `runtimes.${name}`,
    reason: 'the policy has no runtime with this name',
    fix: `use one of ${[...names].join(', ')}, or add it to policy.runtimes`,
  };
}

function missing(runtime: Runtime, found: HandlerDefaults): Problem[] {
  return (['overhead', 'nodeSelector'] as const)
    .filter((member) => Object.keys(found[member]).length === 0)
    .map((member) => ({
      path: `runtimes.${runtime.name}.${member}`,
      reason: `is empty, and handler ${runtime.handler} has no default`,
      fix: `set ${member}, so that the scheduler knows ${member === 'overhead' ? 'what a sandbox costs' : 'which nodes can run it'}`,
    }));
}
