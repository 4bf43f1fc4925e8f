/** The configuration of the whole platform: one value, validated as a whole, from which every construct is built. */
import { z } from 'zod';
import { definePolicy } from '../policy/model/define';
import { SandboxError, type Problem } from '../base/errors';
import { POLICY_ERRORS } from '../policy/errors';
import { CONSTRUCTS_ERRORS } from './errors';
import type { RuntimePolicy, RuntimePolicyInput } from '../policy/model/runtime-policy';
import { EXEMPT_NAMESPACES } from '../base/names';
import { problemsOf } from '../base/zod-problems';
import { gatekeeperSchema, SANDBOX_GATEKEEPER, type GatekeeperProps } from './gatekeeper';
import { unpinned } from './internal/image-reference';
import { podPeer, type PodPeer } from './internal/network-policy';
import {
  gvisorNodesSchema,
  kataNodesForPolicy,
  kataNodesShape,
  type GvisorNodesSettings,
  type KataNodesSettings,
} from './nodes';
import { enginesSchema, type Engines } from './policies';
import { resolveRuntimeNodes, runtimesSchema, type RuntimeNodes } from './runtimes';
import { mergeTenantPolicies, resolveTenant, tenantSchema, type TenantConfig } from './tenancy';
import { defaultFailurePolicy, webhookSchema, type WebhookConfig } from './webhook';

const isObject = (value: unknown) => typeof value === 'object' && value !== null;

function overPreset(given: GatekeeperProps): GatekeeperProps {
  return {
    ...SANDBOX_GATEKEEPER,
    ...given,
    image: { ...SANDBOX_GATEKEEPER.image, ...given.image },
    validation: { ...SANDBOX_GATEKEEPER.validation, ...given.validation },
    ignoreLabelCheck: { ...SANDBOX_GATEKEEPER.ignoreLabelCheck, ...given.ignoreLabelCheck },
    mutation: { ...SANDBOX_GATEKEEPER.mutation, ...given.mutation },
  };
}

const nodesSchema = z.strictObject({
  /**
   * How Kata is installed on nodes. Nodes without the label of its pools stay unchanged.
   * `enabled`: @default true if the policy has a Kata runtime whose RuntimeClass the cluster does not provide
   */
  kata: kataNodesShape.extend({ enabled: z.boolean().optional() }).prefault({}),
  /** How gVisor is installed on nodes. Without it nothing installs gVisor: you choose which release to trust, by its digest. */
  gvisor: gvisorNodesSchema.optional(),
});

const sandboxSchema = z.strictObject({
  /** Which pod gets which runtime; checked by `definePolicy`. */
  policy: z.custom<RuntimePolicyInput>(isObject, 'must be a policy'),
  /** Namespaces for sandboxed workloads. */
  tenants: z.array(tenantSchema).default([]),
  /** Overhead, nodes and taints by runtime name, to override the defaults. */
  runtimes: runtimesSchema,
  /** The installers that put runtimes on nodes. */
  nodes: nodesSchema.prefault({}),
  webhook: webhookSchema.prefault({}),
  /**
   * Changes to `SANDBOX_GATEKEEPER`, the installation that fails closed for tenants and open for all others.
   * `validation.failurePolicy`: @default as that of `webhook`
   */
  gatekeeper: z
    .custom<GatekeeperProps>(isObject, 'must be Gatekeeper settings')
    .default({})
    .transform(overPreset)
    .pipe(gatekeeperSchema),
  /** Which engines enforce the policy. */
  engines: enginesSchema.prefault({}),
  /** Pods that may read the metrics of Gatekeeper. @default none */
  scrapeFrom: z.array(podPeer).readonly().default([]),
});

/** The configuration as a user writes it. Members with a default are optional. */
export type SandboxInput = z.input<typeof sandboxSchema>;

/** A checked configuration with every default filled in. */
export interface SandboxConfig {
  /** With what the tenants say of it in `policy.tenants`. */
  readonly policy: RuntimePolicy;
  readonly tenants: readonly TenantConfig[];
  /** RuntimeClasses to create, by runtime name, without those that the cluster provides. */
  readonly runtimes: RuntimeNodes;
  /** Installers to deploy; a missing one is off. */
  readonly nodes: { readonly kata?: KataNodesSettings; readonly gvisor?: GvisorNodesSettings };
  readonly webhook: WebhookConfig;
  readonly gatekeeper: Readonly<z.output<typeof gatekeeperSchema>>;
  readonly engines: Engines;
  /** Pods that may read the metrics of Gatekeeper. */
  readonly scrapeFrom: readonly PodPeer[];
}

/**
 * Checks a configuration and fills in its defaults.
 *
 * @throws SandboxError with every problem found: `POLICY_INVALID` if only the policy is invalid, else `CONFIG_INVALID`
 */
export function defineSandbox(input: SandboxInput): SandboxConfig {
  const shape = sandboxSchema.safeParse(input);
  const policy = isObject(input?.policy) ? readPolicy(input.policy) : { problems: [] };
  if (!shape.success) throw invalid(shapeProblems(shape.error), policy.problems);

  const { tenants, webhook, gatekeeper, engines, scrapeFrom } = shape.data;
  const runtimes = resolveRuntimeNodes(policy.value?.runtimes ?? [], shape.data.runtimes);
  const nodes = nodesFor(policy.value, runtimes.nodes, shape.data.nodes);
  const problems = [
    ...tenants.flatMap(({ name }, i) => tenantNameProblems(name, i, tenants)),
    // Without a policy every runtime would be unknown.
    ...(policy.value === undefined ? [] : runtimes.problems),
    ...nodes.problems,
    ...(policy.value === undefined ? [] : mergeTenantPolicies(policy.value, tenants).problems),
    ...exemptRequirementProblems(policy.value),
    ...imageProblems(webhook.image),
  ];
  const { value } = policy;
  if (value === undefined || problems.length > 0) throw invalid(problems, policy.problems);

  const whole = mergeTenantPolicies(value, tenants).policy;
  const failurePolicy = defaultFailurePolicy(whole);
  return {
    policy: whole,
    tenants: tenants.map((tenant) => resolveTenant(tenant, whole)),
    runtimes: runtimes.nodes,
    nodes: nodes.installers,
    webhook: { failurePolicy, ...webhook },
    gatekeeper: withFailurePolicy(gatekeeper, input.gatekeeper, failurePolicy),
    engines,
    scrapeFrom,
  };
}

/** Gatekeeper fails as the webhook does, unless the settings choose. */
function withFailurePolicy(
  gatekeeper: SandboxConfig['gatekeeper'],
  given: GatekeeperProps | undefined,
  failurePolicy: WebhookConfig['failurePolicy'],
): SandboxConfig['gatekeeper'] {
  if (given?.validation?.failurePolicy !== undefined) return gatekeeper;
  return { ...gatekeeper, validation: { ...gatekeeper.validation, failurePolicy } };
}

function nodesFor(
  policy: RuntimePolicy | undefined,
  created: RuntimeNodes,
  { kata: { enabled, ...shape }, gvisor }: z.output<typeof nodesSchema>,
): { installers: SandboxConfig['nodes']; problems: readonly Problem[] } {
  const runtimes = (policy?.runtimes ?? []).filter(({ name }) => Object.hasOwn(created, name));
  const { settings, problems } = kataNodesForPolicy(runtimes, {
    shape,
    enabled,
    root: 'nodes.kata',
  });
  return {
    installers: { ...(settings && { kata: settings }), ...(gvisor && { gvisor }) },
    problems,
  };
}

function readPolicy(input: RuntimePolicyInput): { value?: RuntimePolicy; problems: Problem[] } {
  try {
    return { value: definePolicy(input), problems: [] };
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
    return { problems: error.problems.map((p) => ({ ...p, path: belowPolicy(p.path) })) };
  }
}

/** `definePolicy` gives the whole policy the path `policy` or the empty path. */
function belowPolicy(path: string): string {
  return path === '' || path === 'policy' ? 'policy' : `policy.${path}`;
}

function shapeProblems(error: z.ZodError): Problem[] {
  return problemsOf(error).map((p) => ({ ...p, path: p.path || 'sandbox' }));
}

function invalid(config: readonly Problem[], policy: readonly Problem[]): SandboxError {
  const [first, ...rest] = [...policy, ...config];
  if (first === undefined) throw new TypeError('an error needs a problem');
  return new SandboxError(
    config.length > 0 ? CONSTRUCTS_ERRORS.CONFIG_INVALID : POLICY_ERRORS.POLICY_INVALID,
    [first, ...rest],
  );
}

/** Namespaces of Kubernetes or of this platform. Sandboxing them could keep the cluster from starting. */
function isReserved(name: string): boolean {
  return name === 'default' || name.startsWith('kube-') || EXEMPT_NAMESPACES.includes(name);
}

function tenantNameProblems(
  name: string,
  index: number,
  tenants: readonly { readonly name: string }[],
): Problem[] {
  const path = `tenants[${index}].name`;
  const problems: Problem[] = [];
  if (isReserved(name)) {
    problems.push({
      path,
      reason: `"${name}" belongs to the cluster or to this platform`,
      fix: 'choose another name',
    });
  }
  if (tenants.findIndex((tenant) => tenant.name === name) < index) {
    problems.push({
      path,
      reason: `"${name}" is listed more than once`,
      fix: 'merge the two tenants, or rename one',
    });
  }
  return problems;
}

/** No engine sees an exempt namespace, so a requirement for one would have no effect. */
function exemptRequirementProblems(policy: RuntimePolicy | undefined): Problem[] {
  return (policy?.required ?? []).flatMap(({ namespaces }, index) =>
    namespaces
      .filter((name) => EXEMPT_NAMESPACES.includes(name))
      .map((name) => ({
        path: `policy.required[${index}].namespaces`,
        reason: `"${name}" is exempt, so the policy never applies to its pods`,
        fix: 'name a namespace that is not exempt',
      })),
  );
}

function imageProblems(image: string | undefined): Problem[] {
  const reason = image === undefined ? undefined : unpinned(image);
  if (reason === undefined) return [];
  return [
    {
      path: 'webhook.image',
      reason: `"${image}" ${reason}`,
      fix: 'name a digest or an exact version',
    },
  ];
}
