/** The variables that hold what rules and guardrails ask about, for the fields they ask about. */
import type { Atom } from '../../rules/atoms';
import type { Questions } from './conditions';
import { containersVariable, STATED_CONTAINERS } from './container-facts';
import { imageVariable } from './image-reference';
import { ALL_IMAGES, imageVolumesVariable, POD_VARIABLES } from './pod-facts';
import { resourceVariables } from './resources';
import type { Variable } from './variable';

export function factVariables({ ofContainers, ofPod }: Questions): readonly Variable[] {
  const resources = resourceKeys(ofPod);
  const fields = [
    ...fieldsOf(ofContainers),
    'securityContext.privileged', // The guardrail asks for it.
    ...(resources.length === 0 ? [] : ['requests', 'limits', 'isSidecar']),
  ];
  return [
    ...STATED_CONTAINERS,
    ...POD_VARIABLES,
    imageVariable(ALL_IMAGES),
    containersVariable(new Set(fields)),
    imageVolumesVariable(new Set(fieldsOf(ofPod))),
    ...resourceVariables(resources),
  ];
}

/** A resource by its list alone, which is one fact. */
function fieldsOf(atoms: readonly Atom[]): readonly string[] {
  return atoms.flatMap((atom) => [
    atom.field.replace(/^(requests|limits)\..*$/, '$1'),
    ...(atom.kind === 'element' ? fieldsOf(atom.atoms) : []),
  ]);
}

function resourceKeys(atoms: readonly Atom[]): readonly string[] {
  const keys = atoms.flatMap(({ field }) => {
    const [, key] = /^(?:requests|limits)\.(.+)$/.exec(field) ?? [];
    return key === undefined ? [] : [key];
  });
  return [...new Set(keys)];
}
