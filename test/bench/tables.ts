import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';

/** Rows that a bench measured, kept from run to run, and the Markdown tables of docs/families.md. */

export type Row = Readonly<Record<string, string>>;

export interface BenchOptions {
  /** Keep the rows and write the table into the page. */
  readonly write: boolean;
  /** Names of what to measure; empty: everything. */
  readonly only: readonly string[];
  readonly steps: number;
  readonly rounds: number;
  /** A CT series, for what needs one. */
  readonly ct: string | null;
  /** MR series, for what is measured on more of them. */
  readonly mr: string | null;
  /** Repeats of one scan, as a series of several frames, for what needs them. */
  readonly repeats: string | null;
  readonly threads: number;
  /** Interpreter of the peers. */
  readonly python: string | null;
}

export function benchOptions(usual: { readonly steps?: number; readonly rounds?: number }): BenchOptions {
  const { values } = parseArgs({
    options: {
      write: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      steps: { type: 'string' },
      rounds: { type: 'string' },
      ct: { type: 'string' },
      mr: { type: 'string' },
      repeats: { type: 'string' },
      threads: { type: 'string' },
      python: { type: 'string' },
    },
  });
  return {
    write: values.write,
    only: values.only === '' ? [] : values.only.split(','),
    steps: Number(values.steps ?? usual.steps ?? 0),
    rounds: Number(values.rounds ?? usual.rounds ?? 0),
    ct: values.ct ?? null,
    mr: values.mr ?? null,
    repeats: values.repeats ?? null,
    threads: Number(values.threads ?? 1),
    python: values.python ?? null,
  };
}

const PAGE = 'docs/families.md';

/**
 * The rows replace those of the same key in test/bench/results/NAME.json; all rows there go between the marks of NAME
 * in the page.
 *
 * @param order keys of all rows there can be: the order of the table
 */
export function keep(
  name: string,
  key: string,
  rows: readonly Row[],
  order: readonly string[],
  page = PAGE,
): void {
  const file = path.resolve(`test/bench/results/${name}.json`);
  const kept = { ...stored(file), [key]: rows };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  putIntoPage(path.resolve(page), name, markdown(order.flatMap((one) => kept[one] ?? [])));
}

function stored(file: string): Record<string, readonly Row[]> {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : {};
}

export function markdown(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const head = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [head, head.map(() => '---'), ...rows.map((row) => head.map((key) => row[key] ?? ''))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function putIntoPage(page: string, name: string, table: string): void {
  if (!fs.existsSync(page)) return;
  const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end: ${name} -->`];
  const text = fs.readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no marks for ${name}`);
  fs.writeFileSync(page, `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`);
}
