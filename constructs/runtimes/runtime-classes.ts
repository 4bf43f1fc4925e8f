/** The construct of the RuntimeClasses of a policy. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { RuntimeClass } from '../../policy/model/runtime-class';
import type { Runtime } from '../../policy/model/runtime-policy';
import { platformLabels } from '../internal/labels';
import { quantities } from '../internal/quantities';
import type { RuntimeNodes } from './defaults';

interface RuntimeClassesProps {
  /** The policy's runtimes. */
  readonly runtimes: readonly Runtime[];
  /** Overhead and nodes by runtime name. A runtime without an entry gets no RuntimeClass: the cluster provides it. */
  readonly nodes: RuntimeNodes;
}

/**
 * One RuntimeClass for every runtime that the cluster does not provide itself.
 *
 * The API server's RuntimeClass plugin copies overhead, nodeSelector and tolerations to the pod; it runs again after a
 * webhook has set `runtimeClassName` (k8s.io/apiserver v0.36.3, pkg/admission/reinvocation.go).
 * `handler` cannot change once created (kubernetes pkg/apis/node/validation): a new handler needs a new class name.
 */
export class RuntimeClasses extends Construct {
  constructor(scope: Construct, id: string, props: RuntimeClassesProps) {
    super(scope, id);
    for (const runtime of props.runtimes) {
      const node = props.nodes[runtime.name];
      if (node === undefined) continue;
      new k8s.KubeRuntimeClass(this, runtime.name, {
        metadata: { name: runtime.runtimeClassName, labels: platformLabels(runtime.name) },
        handler: runtime.handler,
        overhead: { podFixed: quantities(node.overhead) },
        scheduling: { nodeSelector: node.nodeSelector, tolerations: [...node.tolerations] },
      });
    }
  }
}

/** The same RuntimeClasses as data, for the mutator: what the API server copies into their pods. */
export function runtimeClassesOf({
  runtimes,
  nodes,
}: RuntimeClassesProps): readonly RuntimeClass[] {
  return runtimes.flatMap(({ name, runtimeClassName }) => {
    const node = nodes[name];
    if (node === undefined) return [];
    return [{ name: runtimeClassName, ...node, tolerations: [...node.tolerations] }];
  });
}
