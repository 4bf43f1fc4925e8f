/**
 * Globs with one special character: `*` stands for any run of characters, the empty one, `/` and line breaks too.
 * There is no way to write a literal `*`: no text a policy compares with may contain one.
 */

/** Whether the glob stands for the whole text. Linear in the text for any glob a person would write; never backtracks. */
export function globMatches(glob: string, text: string): boolean {
  const literals = glob.split('*');
  const prefix = literals[0] ?? '';
  if (literals.length === 1) return text === prefix;
  const suffix = literals[literals.length - 1] ?? '';
  const end = text.length - suffix.length;
  if (end < prefix.length || !text.startsWith(prefix) || !text.endsWith(suffix)) return false;
  let position = prefix.length;
  for (const literal of literals.slice(1, -1)) {
    const found = text.indexOf(literal, position);
    if (found < 0 || found + literal.length > end) return false;
    position = found + literal.length;
  }
  return true;
}

/** The same test as an anchored regular expression that RE2 (Rego, CEL) and JavaScript read alike. */
export function globToRegExpSource(glob: string): string {
  const literals = glob.split('*').map((literal) => literal.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
  return `^${literals.join('[\\s\\S]*')}$`;
}
