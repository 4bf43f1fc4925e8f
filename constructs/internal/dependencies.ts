/** The order of deployment, as construct dependencies. */
import type { IConstruct } from 'constructs';

/** Everything in a stage is deployed after everything in the stage before it. */
export function deployInOrder(...stages: readonly (readonly IConstruct[])[]): void {
  stages.slice(1).forEach((later, i) => {
    for (const construct of later) construct.node.addDependency(...(stages[i] ?? []));
  });
}

/** Deploys `last` after everything else in `scope`. */
export function deployLast(scope: IConstruct, last: IConstruct): void {
  last.node.addDependency(...scope.node.children.filter((child) => child !== last));
}
