/** The guardrails as CEL: `policy/decision/guardrails.ts`, in the same order and words. */
import { SYSTEM_PRIORITY_PREFIX } from '../../decision/guardrails';
import { HOLLOW } from '../../decision/messages';
import type { Guardrails, RuntimePolicy } from '../../model/runtime-policy';
import { SANDBOX_ANNOTATION_PREFIXES } from '../../../base/names';
import { denialText, filledText, listedText } from './messages';
import { and, globTest, literal, NONE, not, or, sortedTexts } from './text';

/** The list of the texts of `HOLLOW_SANDBOX`, sorted. */
export function hollowSandbox(policy: RuntimePolicy): string {
  const lists = (Object.keys(CHECKS) as Guardrail[]).flatMap((guardrail) => {
    if (policy.guardrails[guardrail] === 'allow') return [];
    const text = denialText(policy, 'HOLLOW_SANDBOX', { guardrail, what: { cel: 'what' } });
    return [`${CHECKS[guardrail](policy)}.map(what, ${text})`];
  });
  return sortedTexts(lists.length === 0 ? NONE : `[\n  ${lists.join(',\n  ')}\n].flatten()`);
}

/** A list of the one `{what}` of a guardrail, or of none. */
type Check = (policy: RuntimePolicy) => string;

type Guardrail = keyof Guardrails;

const CHECKS: Readonly<Record<Guardrail, Check>> = {
  hostPaths: ({ guardrails: { hostPaths } }) => {
    const open = typeof hostPaths === 'object' ? hostPaths.readOnly : [];
    const closed = or(['!h.isReadOnly', not(or(open.map((glob) => globTest(glob, 'h.path'))))]);
    return naming(HOLLOW.hostPaths, `variables.host_paths.map(h, ${closed}, h.path)`);
  },
  hostNetwork: () => when('object.spec.?hostNetwork.orValue(false)', literal(HOLLOW.hostNetwork)),
  hostPID: () => when('object.spec.?hostPID.orValue(false)', literal(HOLLOW.hostPID)),
  hostIPC: () => when('object.spec.?hostIPC.orValue(false)', literal(HOLLOW.hostIPC)),
  privileged: ({ guardrails, runtimes }) => {
    const kata = runtimes.flatMap(({ handler }, index) =>
      handler.startsWith('kata') ? [index] : [],
    );
    const closed =
      guardrails.privileged === 'kata-only'
        ? and(['c.privileged', `!(variables.class_strength in [${kata.join(', ')}])`])
        : 'c.privileged';
    return naming(HOLLOW.privileged, `variables.containers.map(c, ${closed}, c.name)`);
  },
  systemPriority: () =>
    when(
      `object.spec.?priorityClassName.orValue('').startsWith(${literal(SYSTEM_PRIORITY_PREFIX)})`,
      filledText(HOLLOW.systemPriority, { class: { cel: 'object.spec.priorityClassName' } }),
    ),
  nodeName: () =>
    when(
      "request.operation == 'CREATE' && object.spec.?nodeName.orValue('') != ''",
      filledText(HOLLOW.nodeName, { node: { cel: 'object.spec.nodeName' } }),
    ),
  sandboxAnnotations: (policy) => {
    const one = filledText(HOLLOW.sandboxAnnotation, { names: { cel: listedText('keys') } });
    const several = filledText(HOLLOW.sandboxAnnotations, { names: { cel: listedText('keys') } });
    return `[${closedAnnotations(policy)}].filter(keys, keys.size() > 0).map(keys, keys.size() == 1 ? ${one} : ${several})`;
  },
  windows: () => when("object.spec.?os.?name.orValue('') == 'windows'", literal(HOLLOW.windows)),
};

const when = (condition: string, what: string): string => `(${condition} ? [${what}] : [])`;

/** The template with the names where there is one. */
function naming(template: string, names: string): string {
  const text = filledText(template, { names: { cel: listedText('names') } });
  return `[${names}].filter(names, names.size() > 0).map(names, ${text})`;
}

/** The list of the keys that the runtime of the class does not allow. */
function closedAnnotations({ runtimes }: RuntimePolicy): string {
  const configures = or(
    SANDBOX_ANNOTATION_PREFIXES.map((prefix) => `k.startsWith(${literal(prefix)})`),
  );
  const allowed = runtimes.flatMap(({ allowedAnnotations = [] }, index) =>
    allowedAnnotations.map(
      (glob) => `variables.class_strength == ${index} && ${globTest(glob, 'k')}`,
    ),
  );
  return `variables.annotations.map(k, ${and([configures, not(or(allowed))])}, k)`;
}
