/** Scanning ASCII strings by hand: always linear, where a regular expression may backtrack. */

/** Index of the first character from `start` on for which the test fails; the text's length if there is none. */
export function skipWhile(
  text: string,
  start: number,
  test: (charCode: number) => boolean,
): number {
  let index = start;
  while (index < text.length && test(text.charCodeAt(index))) index++;
  return index;
}

export function isDigit(charCode: number): boolean {
  return charCode >= 48 && charCode <= 57;
}

export function isZero(charCode: number): boolean {
  return charCode === 48;
}
