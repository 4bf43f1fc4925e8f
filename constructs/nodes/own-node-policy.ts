/** Confines a node installer's account to the node its pod runs on, and there to the marks it is meant to set. */
import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';

const ADMISSION = 'admissionregistration.k8s.io/v1';

export interface OwnNodePolicyProps {
  /** Of policy and binding, which share the name. */
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  /** Subject of the messages, such as "kata-deploy". */
  readonly who: string;
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  /** Keys of the labels that may be set, changed and removed. */
  readonly labels: readonly string[];
  /** Taints that may be removed; without `effect`, those of any effect. */
  readonly startupTaints: readonly { readonly key: string; readonly effect?: string }[];
}

/** Members of a node's metadata that are not held: labels have a rule of their own, the others the API server keeps itself. */
const FREE_METADATA = ['labels', 'managedFields', 'resourceVersion'];

/**
 * A ValidatingAdmissionPolicy and its binding. RBAC cannot narrow `patch nodes` to one node; the API server puts the node's name into
 * what it knows of a token that is bound to a pod (KEP-4193, GA in 1.32), and a token without it may change no node. Of `metadata` and
 * `spec` all members are held that are not named here, so ownerReferences, by which the garbage collector would delete the node,
 * finalizers, which would keep it, and what later versions of Kubernetes add. `status` is a subresource, which the account has no right to.
 */
export function ownNodePolicy(scope: Construct, props: OwnNodePolicyProps): ApiObject[] {
  const { metadata, who, serviceAccount, labels, startupTaints } = props;
  const policy = new ApiObject(scope, 'OwnNodePolicy', {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicy',
    metadata,
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['nodes'] },
        ],
      },
      matchConditions: [
        {
          name: 'installer',
          expression: `request.userInfo.username == 'system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}'`,
        },
      ],
      validations: [
        {
          expression: `request.userInfo.extra[?'authentication.kubernetes.io/node-name'].orValue([]) == [object.metadata.name]`,
          message: `${who} may change only the node it runs on`,
        },
        {
          expression: same((object) => `${object}.metadata.?labels.orValue({})`, labels),
          message: `of the labels of a node ${who} may change only ${labels.join(', ')}`,
        },
        {
          expression: onlyRemoves(startupTaints),
          message: `of the taints of a node ${who} may only remove ${startupTaints.map(taintText).join(', ') || 'none'}`,
        },
        {
          expression: [
            same((object) => `dyn(${object}.metadata)`, FREE_METADATA),
            same((object) => `dyn(${object}.spec)`, ['taints']),
          ].join(' && '),
          message: `${who} may change nothing else of a node`,
        },
      ],
    },
  });
  const binding = new ApiObject(scope, 'OwnNodePolicyBinding', {
    apiVersion: ADMISSION,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata,
    spec: { policyName: metadata.name, validationActions: ['Deny'] },
  });
  binding.addDependency(policy);
  return [policy, binding];
}

/** CEL: the map has the same entries before and after, but for those of the keys `free`. */
function same(map: (object: string) => string, free: readonly string[]): string {
  const [before, after] = [map('oldObject'), map('object')];
  const isFree = `k in [${free.map(celString).join(', ')}]`;
  return [
    `${after}.all(k, ${isFree} || (k in ${before} && ${before}[k] == ${after}[k]))`,
    `${before}.all(k, ${isFree} || k in ${after})`,
  ].join(' && ');
}

/** CEL: no taint is new, and only these are gone. */
function onlyRemoves(removable: OwnNodePolicyProps['startupTaints']): string {
  const taints = (object: string) => `${object}.spec.?taints.orValue([])`;
  const isRemovable = removable.map(({ key, effect }) =>
    effect === undefined
      ? `t.key == ${celString(key)}`
      : `(t.key == ${celString(key)} && t.effect == ${celString(effect)})`,
  );
  return [
    `${taints('object')}.all(t, t in ${taints('oldObject')})`,
    `${taints('oldObject')}.all(t, ${[...isRemovable, `t in ${taints('object')}`].join(' || ')})`,
  ].join(' && ');
}

function taintText({ key, effect }: OwnNodePolicyProps['startupTaints'][number]): string {
  return effect === undefined ? key : `${key}:${effect}`;
}

/** A string literal of CEL, whose double-quoted form takes every escape of JSON (github.com/google/cel-spec, "String and Bytes Values"). */
function celString(text: string): string {
  return JSON.stringify(text);
}
