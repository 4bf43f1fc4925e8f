/**
 * Whether questions about one container, or about the pod, can have these answers together. Sound and not complete: what is called a
 * contradiction is one, for every pod that the API server accepts.
 */
import { FIELDS } from '../pod/subject';
import type { Atom } from '../rules/atoms';
import {
  ANYTHING,
  areDisjoint,
  isWithin,
  patternOf,
  patternOfGlob,
  type Pattern,
} from './patterns';

/** One question and its answer. */
export interface Answer {
  readonly atom: Atom;
  readonly holds: boolean;
}

type AtomOf<Kind extends Atom['kind']> = Extract<Atom, { kind: Kind }>;

/**
 * Fields that always have a value: the API server refuses a container without name or image (Kubernetes v1.36.3,
 * pkg/apis/core/validation/validation.go, validateContainerCommon), and `PodFacts` fills in the others.
 */
const ALWAYS_PRESENT: ReadonlySet<string> = new Set([
  'name',
  'image',
  'namespace',
  'securityContext.procMount',
  FIELDS.ofElement,
]);

/** The one flag without a default: the image decides (`ContainerFacts`). */
const OPTIONAL_FLAG = 'securityContext.runAsRoot';

export function isContradiction(answers: readonly Answer[]): boolean {
  const byField = new Map<string, Answer[]>();
  for (const answer of answers) {
    const { field } = answer.atom;
    const group = byField.get(field);
    if (group === undefined) byField.set(field, [answer]);
    else group.push(answer);
  }
  return (
    [...byField].some(([field, group]) => fieldContradicts(field, group)) ||
    globsContradict(byField)
  );
}

function fieldContradicts(field: string, answers: readonly Answer[]): boolean {
  const texts = answersOf(answers, ['glob', 'contains']);
  const bounds = answersOf(answers, ['compare']);
  const elements = answersOf(answers, ['element']);
  const stated = answersOf(answers, ['exists']);
  const isAbsent = stated.some(({ atom, holds }) => atom.value !== holds);
  const isStated =
    stated.some(({ atom, holds }) => atom.value === holds) ||
    [...texts, ...bounds, ...elements].some(({ holds }) => holds);
  const isPresent = isStated || (texts.length > 0 && ALWAYS_PRESENT.has(field));
  return (
    (isAbsent && isPresent) ||
    (isPresent && (textsContradict(texts) || boundsContradict(bounds))) ||
    (isStated && elementsContradict(elements)) ||
    flagsContradict(field, answersOf(answers, ['flag'])) ||
    membersContradict(answersOf(answers, ['member']))
  );
}

interface AnswerOf<Kind extends Atom['kind']> {
  readonly atom: AtomOf<Kind>;
  readonly holds: boolean;
}

function answersOf<const Kind extends Atom['kind']>(
  answers: readonly Answer[],
  kinds: readonly Kind[],
): readonly AnswerOf<Kind>[] {
  const isOfKind = (answer: Answer): answer is AnswerOf<Kind> =>
    kinds.some((kind) => kind === answer.atom.kind);
  return answers.filter(isOfKind);
}

/** Of a value that exists. */
function textsContradict(answers: readonly AnswerOf<'glob' | 'contains'>[]): boolean {
  const patterns = (held: boolean): readonly Pattern[] =>
    answers.filter(({ holds }) => holds === held).map(({ atom }) => patternOf(atom));
  const matched = [...patterns(true), ANYTHING];
  const unmatched = patterns(false);
  return matched.some(
    (pattern, index) =>
      unmatched.some((outer) => isWithin(pattern, outer)) ||
      matched.slice(index + 1).some((other) => areDisjoint(pattern, other)),
  );
}

/** Of a value that exists: a whole number of nano-units. */
function boundsContradict(answers: readonly AnswerOf<'compare'>[]): boolean {
  const least: bigint[] = [];
  const most: bigint[] = [];
  for (const { atom, holds } of answers) {
    const { comparison, threshold } = atom;
    const isLower = comparison === 'gt' || comparison === 'gte';
    const isStrict = comparison === 'gt' || comparison === 'lt';
    if (isLower === holds) least.push(isStrict === holds ? threshold + 1n : threshold);
    else most.push(isStrict === holds ? threshold - 1n : threshold);
  }
  return least.some((low) => most.some((high) => low > high));
}

/** Of a list that is not empty. */
function elementsContradict(answers: readonly AnswerOf<'element'>[]): boolean {
  const some = answers.filter(({ holds }) => holds).map(({ atom }) => held(atom.atoms));
  const none = answers.filter(({ holds }) => !holds).map(({ atom }) => atom.atoms);
  return [...some, []].some(
    (element) =>
      isContradiction(element) ||
      none.some((atoms) =>
        atoms.every((atom) => isContradiction([...element, { atom, holds: false }])),
      ),
  );
}

function flagsContradict(field: string, answers: readonly AnswerOf<'flag'>[]): boolean {
  const values = (held: boolean) =>
    new Set(answers.filter(({ holds }) => holds === held).map(({ atom }) => atom.value));
  const is = values(true);
  const isNot = values(false);
  return (
    is.size === 2 ||
    [...is].some((value) => isNot.has(value)) ||
    (isNot.size === 2 && field !== OPTIONAL_FLAG)
  );
}

function membersContradict(answers: readonly AnswerOf<'member'>[]): boolean {
  const missing = new Set(answers.filter(({ holds }) => !holds).flatMap(({ atom }) => atom.anyOf));
  return answers.some(({ atom, holds }) => holds && atom.anyOf.every((name) => missing.has(name)));
}

/** Questions whose field is a glob: one field of many. */
function globsContradict(byField: ReadonlyMap<string, readonly Answer[]>): boolean {
  const fields: { name: string; answers: readonly Answer[] }[] = [];
  const excluded: { glob: string; atoms: readonly Atom[] }[] = [];
  for (const [name, answers] of byField) {
    for (const { atoms, holds } of answersOnGlobs(answers)) {
      if (!holds) excluded.push({ glob: name, atoms });
      else fields.push({ name, answers: [exists(name), ...held(atoms)] });
    }
    if (answers.some(statesField)) fields.push({ name, answers });
  }
  return fields.some(
    ({ name, answers }) =>
      fieldContradicts(name, answers) ||
      excluded.some(
        ({ glob, atoms }) =>
          isWithin(patternOfGlob(name), patternOfGlob(glob)) &&
          atoms.every((atom) =>
            fieldContradicts(name, [...answers, { atom: { ...atom, field: name }, holds: false }]),
          ),
      ),
  );
}

function answersOnGlobs(answers: readonly Answer[]) {
  return answersOf(answers, ['someField', 'fieldExists']).map(({ atom, holds }) =>
    atom.kind === 'someField'
      ? { atoms: atom.atoms, holds }
      : { atoms: [], holds: holds === atom.value },
  );
}

/** Whether the answer says that this field, a text or a quantity, exists. */
function statesField({ atom, holds }: Answer): boolean {
  if (atom.kind === 'exists') return atom.value === holds;
  return holds && (atom.kind === 'glob' || atom.kind === 'contains' || atom.kind === 'compare');
}

function exists(field: string): Answer {
  return { atom: { kind: 'exists', field, value: true }, holds: true };
}

function held(atoms: readonly Atom[]): readonly Answer[] {
  return atoms.map((atom) => ({ atom, holds: true }));
}
