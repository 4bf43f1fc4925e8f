/** The guardrails: what of a pod leads around its sandbox. */
import type { Guardrails, RuntimePolicy } from '../model/runtime-policy';
import type { PodFacts } from '../pod/facts';
import { globMatches } from '../../base/glob';
import { SANDBOX_ANNOTATION_PREFIXES } from '../../base/names';
import { filled, HOLLOW, listed } from './messages';
import { runtimeOfClass } from './strength';

type Guardrail = keyof Guardrails;

/** Priority classes of the system (Kubernetes v1.36.3, pkg/apis/scheduling/types.go, SystemPriorityClassPrefix). */
export const SYSTEM_PRIORITY_PREFIX = 'system-';

export interface Hollowness {
  readonly guardrail: Guardrail;
  /** `{what}` of `HOLLOW_SANDBOX`. */
  readonly what: string;
}

/** Everything of the pod that a guardrail of this policy is closed for, in the order of the guardrails. */
export function hollowness(policy: RuntimePolicy, facts: PodFacts): readonly Hollowness[] {
  const { guardrails } = policy;
  return (Object.keys(CHECKS) as Guardrail[]).flatMap((guardrail) => {
    if (guardrails[guardrail] === 'allow') return [];
    const what = CHECKS[guardrail](policy, facts);
    return what === undefined ? [] : [{ guardrail, what }];
  });
}

type Check = (policy: RuntimePolicy, facts: PodFacts) => string | undefined;

const CHECKS: Readonly<Record<Guardrail, Check>> = {
  hostPaths: ({ guardrails }, { hostPaths }) => {
    const { hostPaths: given } = guardrails;
    const open = typeof given === 'object' ? given.readOnly : [];
    const closed = hostPaths.filter(
      ({ path, isReadOnly }) => !isReadOnly || !open.some((glob) => globMatches(glob, path)),
    );
    return naming(HOLLOW.hostPaths, new Set(closed.map(({ path }) => path)));
  },
  hostNetwork: (_, { hostNetwork }) => (hostNetwork ? HOLLOW.hostNetwork : undefined),
  hostPID: (_, { hostPID }) => (hostPID ? HOLLOW.hostPID : undefined),
  hostIPC: (_, { hostIPC }) => (hostIPC ? HOLLOW.hostIPC : undefined),
  privileged: (policy, facts) => {
    const isKata = runtimeOfClass(policy, facts.runtimeClassName)?.handler.startsWith('kata');
    if (policy.guardrails.privileged === 'kata-only' && isKata === true) return undefined;
    const privileged = facts.containers.filter((container) => container.privileged);
    return naming(HOLLOW.privileged, new Set(privileged.map(({ name = '' }) => name)));
  },
  systemPriority: (_, { priorityClassName = '' }) =>
    priorityClassName.startsWith(SYSTEM_PRIORITY_PREFIX)
      ? filled(HOLLOW.systemPriority, { class: priorityClassName })
      : undefined,
  nodeName: (_, { nodeName }) =>
    nodeName === undefined ? undefined : filled(HOLLOW.nodeName, { node: nodeName }),
  sandboxAnnotations: (policy, facts) => {
    const closed = new Set(closedAnnotations(policy, facts));
    return naming(closed.size === 1 ? HOLLOW.sandboxAnnotation : HOLLOW.sandboxAnnotations, closed);
  },
  windows: (_, { os }) => (os === 'windows' ? HOLLOW.windows : undefined),
};

/** The template with the names, sorted, or nothing where there is none. */
function naming(template: string, names: ReadonlySet<string>): string | undefined {
  return names.size === 0 ? undefined : filled(template, { names: listed([...names].sort()) });
}

/**
 * Keys of annotations that configure the sandbox and that its runtime does not allow. What runs is the class, so the allow-list is
 * that of the class, and without one nothing is allowed. Keys are compared with their case, as everything does that reads them
 * (containerd v2.3.7 internal/cri/util/util.go, PassThroughAnnotations; gvisor runsc/specutils/specutils.go): a key in other letters
 * has no effect.
 */
function closedAnnotations(
  policy: RuntimePolicy,
  { runtimeClassName, annotations }: PodFacts,
): readonly string[] {
  const allowed = runtimeOfClass(policy, runtimeClassName)?.allowedAnnotations ?? [];
  return [...annotations.keys()]
    .filter((key) => SANDBOX_ANNOTATION_PREFIXES.some((prefix) => key.startsWith(prefix)))
    .filter((key) => !allowed.some((glob) => globMatches(glob, key)));
}
