/** Which constraints the scopes of a policy need for one purpose: scopes that would carry the same share them. */
import type { Scope } from '../../decision/enforcement';
import type { Enforcement } from '../../model/runtime-policy';
import type { Parameters, ParametersProps } from './constraint-parameters';

interface ScopedParameters {
  readonly enforcement: Enforcement;
  readonly parameters: Parameters;
}

/** Scopes that agree on all stages. */
export interface ScopeGroup {
  readonly scopes: readonly Scope[];
  /** Of its namespaces. */
  readonly enforcement: Enforcement;
  /** Of each stage, hardest first; without those that would repeat the one before. */
  readonly stages: readonly ScopedParameters[];
}

/**
 * @param parametersOf what a constraint carries at a stage; undefined where it would never speak
 * @returns in the order of the scopes; none for scopes without any constraint
 */
export function scopeGroups(
  scopes: readonly Scope[],
  parametersOf: (props: ParametersProps) => Parameters | undefined,
): readonly ScopeGroup[] {
  const groups = new Map<string, ScopeGroup>();
  for (const scope of scopes) {
    const stages = stagesOf(scope, parametersOf);
    if (stages.length === 0) continue;
    const { enforcement } = scope;
    const key = [enforcement, ...stages.map(keyOf)].join(' ');
    const sharing = groups.get(key)?.scopes ?? [];
    groups.set(key, { scopes: [...sharing, scope], enforcement, stages });
  }
  return [...groups.values()];
}

function stagesOf(
  { enforcement, stages }: Scope,
  parametersOf: (props: ParametersProps) => Parameters | undefined,
): readonly ScopedParameters[] {
  const isForeseen = enforcement !== 'deny';
  const all = stages.flatMap((stage): ScopedParameters[] => {
    const parameters = parametersOf({ policy: stage.policy, isForeseen });
    return parameters === undefined ? [] : [{ enforcement: stage.enforcement, parameters }];
  });
  return all.filter(({ parameters }, index) => {
    const harder = all[index - 1];
    return harder === undefined || textOf(harder.parameters) !== textOf(parameters);
  });
}

const keyOf = ({ enforcement, parameters }: ScopedParameters): string =>
  enforcement + textOf(parameters);

/** Rules of one policy are told apart by their names; their conditions may be megabytes. */
function textOf(parameters: Parameters): string {
  return JSON.stringify(parameters, (member, value: unknown) =>
    member === 'when' ? undefined : value,
  );
}
