/**
 * Edits of a file of another owner: insertions that can be removed exactly, whatever others wrote around them.
 * `withoutEdits` undoes all of them. The rest of the file, including its comments and order, stays untouched.
 */
import { unknown } from './config';

const BEGIN = '# >>> secure-ai gVisor: written by its node installer, taken out by its uninstall';
const END = '# <<< secure-ai gVisor';

/** At the end, as separate lines. After removal, a last line without a line feed is again without one. */
export function withBlockAtEnd(text: string, block: string): string {
  const complete = text === '' || text.endsWith('\n');
  return complete ? `${text}${marked(block)}\n` : `${text}\n${marked(block)}`;
}

/** At the start every key is a top-level one, whatever tables follow. */
export function withBlockAtStart(text: string, block: string): string {
  return `${marked(block)}\n${text}`;
}

/** `block` is whole lines. */
function marked(block: string): string {
  return `${BEGIN}\n${block}${END}`;
}

/** First item of the top-level list `imports`, or undefined if that list does not have the plain form `imports = [`. */
export function withImport(text: string, pattern: string): string | undefined {
  const head = text.slice(0, /^[ \t]*\[/m.exec(text)?.index ?? text.length);
  const list = /^[ \t]*imports[ \t]*=[ \t]*\[/m.exec(head);
  if (list === null) return undefined;
  const at = list.index + list[0].length;
  return text.slice(0, at) + importItem(pattern) + text.slice(at);
}

function importItem(pattern: string): string {
  return `${JSON.stringify(pattern)}, `;
}

/**
 * @param pattern what `withImport` may have inserted
 * @throws SandboxError `GVISOR_CONTAINERD_UNKNOWN` if the marks are damaged, so that the edit cannot be identified
 */
export function withoutEdits(path: string, text: string, pattern: string): string {
  let rest = text.replace(importItem(pattern), '');
  for (;;) {
    const begin = rest.indexOf(BEGIN);
    const end = rest.indexOf(END, begin);
    if (begin === -1 && end === -1) return rest;
    if (begin === -1 || end === -1) {
      throw unknown(
        path,
        `has only one of the two lines around what this installer wrote ("${begin === -1 ? END : BEGIN}")`,
        'remove that line and what the installer wrote beside it by hand',
      );
    }
    const [before, after] = [rest.slice(0, begin), rest.slice(end + END.length)];
    // One line feed belongs to the block: the one after it, or the one before it at the end of the file.
    rest = after === '' ? before.replace(/\n$/, '') : before + after.replace(/^\n/, '');
  }
}
