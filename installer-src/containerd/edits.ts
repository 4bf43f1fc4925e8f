/**
 * Edits of a file that belongs to others: insertions that can be taken out again to the byte, whatever others wrote around them.
 * `withoutEdits` undoes all of them. Nothing else of the file is touched, its comments and order least of all.
 */
import { unknown } from './config';

const BEGIN = '# >>> secure-ai gVisor: written by its node installer, taken out by its uninstall';
const END = '# <<< secure-ai gVisor';

/** At the end, as lines of its own; a last line without a line feed stays one in the end. */
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

/** First item of the top-level list `imports`, or undefined where that list is not written in the plain form `imports = [`. */
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
 * @param pattern what `withImport` may have put in
 * @throws SandboxError `GVISOR_CONTAINERD_UNKNOWN` where our marks are damaged, so that our edit cannot be identified
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
        'take out by hand what is between them, and the line itself',
      );
    }
    const [before, after] = [rest.slice(0, begin), rest.slice(end + END.length)];
    // One line feed goes with the block: the one after it, or before it where nothing is after it.
    rest = after === '' ? before.replace(/\n$/, '') : before + after.replace(/^\n/, '');
  }
}
