/** Variables of a policy: `variables.<name>` stands for the value of an expression, evaluated once where it is needed. */

export interface Variable {
  readonly name: string;
  readonly expression: string;
}

/** The variables that the expressions need, in their order. A variable refers only to those before it. */
export function neededBy(
  expressions: readonly string[],
  variables: readonly Variable[],
): readonly Variable[] {
  const needed = new Set(expressions.flatMap(namesIn));
  return variables
    .toReversed()
    .filter(({ name, expression }) => {
      if (!needed.has(name)) return false;
      for (const other of namesIn(expression)) needed.add(other);
      return true;
    })
    .toReversed();
}

function namesIn(expression: string): readonly string[] {
  return [...expression.matchAll(/\bvariables\.(\w+)/g)].map(([, name = '']) => name);
}

/** Longest expression that is written: the parser of CEL takes 100,000 code points (cel-go v0.26.0, parser/options.go). */
const MAX_PART_LENGTH = 60_000;

/** A list that may be too long for one expression, as variables of its parts and one of all. */
export function listVariables(
  name: string,
  rows: readonly string[],
  join: (rows: readonly string[]) => string,
): readonly Variable[] {
  const parts: string[][] = [[]];
  let length = 0;
  for (const row of rows) {
    length += row.length;
    if (length > MAX_PART_LENGTH) {
      parts.push([]);
      length = row.length;
    }
    parts.at(-1)?.push(row);
  }
  if (parts.length === 1) return [{ name, expression: join(rows) }];
  const names = parts.map((_, index) => `${name}_${index + 1}`);
  const expression = `[${names.map((part) => `variables.${part}`).join(', ')}].flatten()`;
  return [
    ...parts.map((part, index) => ({ name: names[index] ?? '', expression: join(part) })),
    { name, expression },
  ];
}
