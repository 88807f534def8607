import { fault } from '../../contract/errors.js';

/** A table that people made: names of its columns, and its rows by column. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

export interface TableRow {
  /** Of the file, from 1. */
  readonly line: number;
  /** One a column. */
  readonly cells: readonly string[];
}

const SEPARATORS = [',', ';', '\t'] as const;

/**
 * Comma-separated values (RFC 4180), or with semicolons or tabs as spreadsheets of some countries write them, whose
 * numbers have a comma and are read with a point; the first line names the columns. Empty lines are left out, spaces
 * around cells too.
 *
 * @throws LimpidError E_LABELS for a quote that is not closed, or a line with more or fewer cells than the first
 */
export function parseTable(text: string): Table {
  // Some spreadsheets end lines by a carriage return alone.
  const plain = text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
  const separator = separatorOf(plain);
  const lines = linesOf(plain, separator).filter(({ cells }) => cells.some((cell) => cell !== ''));
  const [head, ...rows] = lines;
  if (head === undefined) throw fault('E_LABELS/empty');
  for (const { line, cells } of rows)
    if (cells.length !== head.cells.length)
      throw fault('E_LABELS/cells', { line, found: cells.length, expected: head.cells.length });
  if (separator === ',') return { columns: head.cells, rows };
  return {
    columns: head.cells,
    rows: rows.map(({ line, cells }) => ({ line, cells: cells.map(withPoint) })),
  };
}

/** A comma that parts no cells parts the digits of a number. */
function withPoint(cell: string): string {
  return /^[+-]?\d+,\d+$/.test(cell) ? cell.replace(',', '.') : cell;
}

/** What the first line has most of, outside of quotes. */
function separatorOf(text: string): string {
  const first = (/^[^\n]*/.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((one) => first.split(one).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))];
}

function linesOf(text: string, separator: string): TableRow[] {
  const lines: TableRow[] = [];
  let cells: string[] = [];
  let [cell, line, started] = ['', 1, 1];
  const endCell = (): void => {
    cells.push(cell.trim());
    cell = '';
  };
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"' && cell.trim() === '') {
      const closed = quoted(text, i + 1);
      if (closed === null) throw fault('E_LABELS/quote', { line });
      cell = closed.value;
      line += closed.value.split('\n').length - 1;
      i = closed.end;
    } else if (char === separator) endCell();
    else if (char === '\n') {
      endCell();
      lines.push({ line: started, cells });
      cells = [];
      started = ++line;
    } else cell += char;
  }
  if (cell !== '' || cells.length > 0) {
    endCell();
    lines.push({ line: started, cells });
  }
  return lines;
}

/** What stands between quotes, two of which are one; `end` is the place of the last. */
function quoted(text: string, from: number): { readonly value: string; readonly end: number } | null {
  let value = '';
  for (let i = from; i < text.length; i++) {
    if (text[i] !== '"') value += text[i];
    else if (text[i + 1] === '"') value += text[++i];
    else return { value, end: i };
  }
  return null;
}
