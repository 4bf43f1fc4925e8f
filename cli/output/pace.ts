/** How often texts that only count on are repeated where each one is a line of its own. */
const INTERVAL_MILLISECONDS = 5_000;

/**
 * Passes texts on to `write`, but those that differ from the last one in figures only, such as a count of packages, at most
 * every five seconds; a text like the last one not at all.
 */
export function paced(
  write: (text: string) => void,
  now: () => number = () => performance.now(),
): (text: string) => void {
  let last = { text: '', at: Number.NEGATIVE_INFINITY };
  return (text) => {
    const at = now();
    const countsOn = withoutFigures(text) === withoutFigures(last.text);
    if (text === last.text || (countsOn && at - last.at < INTERVAL_MILLISECONDS)) return;
    last = { text, at };
    write(text);
  };
}

function withoutFigures(text: string): string {
  return text.replace(/\d+/g, '#');
}
