/** Step: labelled namespaces are enabled and enforce Pod Security. */
import type { KubernetesObject } from '../../kubernetes/object';
import { ENABLED_LABEL, EXEMPT_NAMESPACES } from '../../base/names';
import { deniesAsBaseline } from '../../constructs/tenancy';
import { scopeFinder } from '../../policy/decision/enforcement';
import { labelledNamespaces, namespaceId } from '../enabled-namespaces';
import { outcomeOfFindings, type Finding, type Step } from '../step';

/** Label of the level the Pod Security admission plugin enforces (kubernetes.io, "Pod Security Admission"). */
const ENFORCE_LABEL = 'pod-security.kubernetes.io/enforce';

/** Levels that refuse hostPath volumes, host namespaces and privileged containers (kubernetes.io, "Pod Security Standards"). */
const CLOSED_LEVELS = ['baseline', 'restricted'];

/**
 * Namespaces with the label are enabled, and refuse pods that reach the node by bypassing their sandbox. No Pod Security level is expected
 * where the policy admits what `baseline` refuses: it only warns or audits there, or opens a guardrail.
 */
export const namespaces: Step = {
  id: 'namespaces',
  title: 'Labelled namespaces are enabled and enforce Pod Security',
  expected: `label ${ENABLED_LABEL}="true", and ${ENFORCE_LABEL} baseline or restricted unless the policy admits more`,
  run: async (context) => {
    const labelled = await labelledNamespaces(context);
    const scopeOf = scopeFinder(context.policy);
    const isClosed = ({ metadata: { name = '' } }: KubernetesObject) =>
      deniesAsBaseline(scopeOf(name));
    const open = labelled.filter((namespace) => !isClosed(namespace));
    return outcomeOfFindings(
      labelled.flatMap((namespace) => findingsOf(namespace, isClosed(namespace))),
      [
        `${labelled.length} enabled: ${namesOf(labelled) || 'none'}`,
        ...(open.length === 0
          ? []
          : [
              `no level expected in ${namesOf(open)}, where the policy admits what baseline refuses`,
            ]),
      ].join('; '),
    );
  },
};

const namesOf = (some: readonly KubernetesObject[]) =>
  some.map(({ metadata }) => metadata.name).join(', ');

/** @param isClosed whether the policy refuses what `baseline` refuses */
function findingsOf(namespace: KubernetesObject, isClosed: boolean): Finding[] {
  const { name = '', labels = {} } = namespace.metadata;
  const path = namespaceId(namespace);
  const value = labels[ENABLED_LABEL];
  if (value !== 'true') {
    const reason = `label ${ENABLED_LABEL} is "${value}", which enables nothing: only "true" does`;
    const fix = `set it to "true", or remove the label: kubectl label --overwrite namespace ${name} ${ENABLED_LABEL}=true`;
    return [{ path, reason, fix }];
  }
  if (EXEMPT_NAMESPACES.includes(name)) {
    const reason = `label ${ENABLED_LABEL} has no effect here: the namespace is exempt, its pods are not sandboxed`;
    const fix = `remove the label: kubectl label namespace ${name} ${ENABLED_LABEL}-`;
    return [{ path, reason, fix }];
  }
  const level = labels[ENFORCE_LABEL];
  if (!isClosed || (level !== undefined && CLOSED_LEVELS.includes(level))) return [];
  const found = level === undefined ? `no label ${ENFORCE_LABEL}` : `${ENFORCE_LABEL} is ${level}`;
  return [
    {
      path,
      reason: `${found}, so pods may mount the node's files and enter its namespaces`,
      fix: `kubectl label --overwrite namespace ${name} ${ENFORCE_LABEL}=baseline`,
    },
  ];
}
