/** Pools whose runtime the cloud brings, RuntimeClass included: the platform must not bring either. */
import type { SandboxConfig } from '../../constructs';
import type { Problem } from '../../base/errors';
import {
  createdClass,
  FAMILY_TITLES,
  inSettings,
  POOL_KEYS,
  runtimesOf,
  type Family,
} from './pools';

/** A runtime of a cloud. */
export interface ProvidedRuntime {
  readonly family: Family;
  /** What the cloud calls it. */
  readonly title: string;
  readonly runtimeClassName: string;
  readonly handler: string;
}

export function providedPoolProblems(
  provided: ProvidedRuntime,
  sandbox: SandboxConfig,
): readonly Problem[] {
  const { family, title, runtimeClassName, handler } = provided;
  const runtimes = runtimesOf(family, sandbox);
  const installer: Problem = {
    path: inSettings('nodes', family),
    reason: `is on, and the nodes of ${POOL_KEYS[family]} have ${FAMILY_TITLES[family]} from ${title}: never both`,
    fix:
      family === 'gvisor'
        ? 'take nodes.gvisor away'
        : 'take nodes.kata away, or set enabled: false',
  };
  return [
    ...(sandbox.nodes[family] === undefined ? [] : [installer]),
    ...runtimes.flatMap(({ name, ...runtime }): Problem[] => [
      ...mismatch(name, 'runtimeClassName', runtime.runtimeClassName, runtimeClassName),
      ...mismatch(name, 'handler', runtime.handler, handler),
      ...(createdClass(sandbox, name) === undefined ? [] : [conflict(name, provided)]),
    ]),
  ];

  function mismatch(name: string, member: string, is: string, wanted: string): Problem[] {
    if (is === wanted) return [];
    return [
      {
        path: inSettings('policy', 'runtimes', name, member),
        reason: `is ${is}, and ${title} has ${wanted}`,
        fix: `use ${wanted}`,
      },
    ];
  }
}

function conflict(name: string, { title, runtimeClassName }: ProvidedRuntime): Problem {
  return {
    path: inSettings('runtimes', name),
    reason: `makes a RuntimeClass, and ${title} makes ${runtimeClassName} itself: the two would overwrite each other`,
    fix: `say runtimes: { ${name}: 'provided' }`,
  };
}
