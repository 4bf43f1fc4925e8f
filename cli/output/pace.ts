/** Limits how often progress lines that differ only in figures are printed. */
const INTERVAL_MILLISECONDS = 5_000;

/**
 * Passes lines on to `write`. A line that differs from the last one only in figures, such as a count of packages, passes at most
 * every five seconds; an equal line never passes.
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
