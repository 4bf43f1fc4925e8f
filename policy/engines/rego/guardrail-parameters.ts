/** The guardrails of a policy as the Rego library reads them: those that are closed, and what opens a part of one. */
import { globToRegExpSource } from '../../../base/glob';
import { guardrailsSchema } from '../../model/guardrails-schema';
import type { Guardrails, RuntimePolicy } from '../../model/runtime-policy';
import { textTest } from './condition-parameters';

const GUARDRAILS = Object.keys(guardrailsSchema.shape) as (keyof Guardrails)[];

/** Nothing where every guardrail is open. */
export function guardrailParameters({ guardrails }: RuntimePolicy) {
  const closed = GUARDRAILS.filter((guardrail) => guardrails[guardrail] !== 'allow');
  if (closed.length === 0) return {};
  const { hostPaths } = guardrails;
  const readOnlyHostPaths =
    typeof hostPaths === 'object' ? hostPaths.readOnly.map(globToRegExpSource) : undefined;
  return { guardrails: { closed, ...(readOnlyHostPaths && { readOnlyHostPaths }) } };
}

/** The runtimes with what each allows its pods. */
export function sandboxParameters({ runtimes, guardrails }: RuntimePolicy) {
  const isOpenInKata = guardrails.privileged === 'kata-only';
  return runtimes.map(({ name, runtimeClassName, handler, allowedAnnotations }) => ({
    name,
    runtimeClassName,
    ...(allowedAnnotations && { allowedAnnotations: allowedAnnotations.map(textTest) }),
    ...(isOpenInKata && handler.startsWith('kata') && { allowsPrivileged: true }),
  }));
}
