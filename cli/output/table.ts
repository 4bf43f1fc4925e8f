/** A plain table: aligned columns, the last one wrapped to the width. */

export interface Column {
  readonly title: string;
  /** Cells of the rows, top to bottom. */
  readonly cells: readonly string[];
  /** Applied to whole padded cells, so that colours do not disturb the alignment. */
  readonly style?: (padded: string, cell: string) => string;
}

const GAP = '  ';
const NARROWEST_LAST_COLUMN = 20;

/** @param width of the terminal, in characters */
export function renderTable(columns: readonly Column[], width: number): string {
  const widths = columns.map(({ title, cells }) =>
    Math.max(title.length, ...cells.map((cell) => cell.length)),
  );
  const before = widths.slice(0, -1).reduce((sum, each) => sum + each + GAP.length, 0);
  const last = columns.length - 1;
  widths[last] = Math.max(NARROWEST_LAST_COLUMN, Math.min(widths[last] ?? 0, width - before));

  const rows = Array.from({ length: columns[0]?.cells.length ?? 0 }, (_, row) =>
    renderRow(columns, widths, row),
  );
  const titles = columns.map(({ title }, index) => title.padEnd(widths[index] ?? 0));
  return [titles.join(GAP).trimEnd(), ...rows.flat()].map((line) => `${line}\n`).join('');
}

function renderRow(columns: readonly Column[], widths: readonly number[], row: number): string[] {
  const last = columns.length - 1;
  const lines = wrap(columns[last]?.cells[row] ?? '', widths[last] ?? 0);
  return lines.map((line, index) =>
    columns
      .map(({ cells, style = (padded: string) => padded }, column) => {
        const cell = cells[row] ?? '';
        const shown = column === last ? line : index === 0 ? cell : '';
        return style(shown.padEnd(column === last ? 0 : (widths[column] ?? 0)), cell);
      })
      .join(GAP)
      .trimEnd(),
  );
}

/** At spaces; a word longer than the width is cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).flatMap((long) => cut(long, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function cut(word: string, width: number): string[] {
  return word.length <= width ? [word] : (word.match(new RegExp(`.{1,${width}}`, 'g')) ?? []);
}
