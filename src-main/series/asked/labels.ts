import * as path from 'node:path';
import { readRegular } from '../../base/reading.js';
import { fault } from '../../contract/errors.js';
import type { StackInput } from '../input.js';
import { parseTable, type Table, type TableRow } from './table.js';

/** What a table says of a series, or of a slice of it. */
export interface Label {
  readonly value: string;
  /** As the table tells it; null where it does not. */
  readonly patient: string | null;
  readonly fold: string | null;
  /** Of the table, from 1. */
  readonly line: number;
}

/** A series as labels name it. */
export type Labelled = Pick<StackInput, 'id' | 'modality' | 'seriesInstanceUid' | 'forPerson'> & {
  /** The input that it was found in, as the person gave it. */
  readonly given: string;
};

export interface Labels {
  /** One a series, in their order; null where the table says nothing of it. */
  readonly labels: readonly (Label | null)[];
  /** Lines of the table that are of no series. */
  readonly unmatched: number;
}

export interface LabelColumns {
  /** Name of the column of labels; null: `label`. */
  readonly label: string | null;
  /** Of the patients; null: `patient`, where there is one. */
  readonly group: string | null;
}

/** Columns that may say which series is meant; the first of them that is there does. */
const NAMES = ['series', 'file', 'name', 'id', 'uid', 'path', 'series_instance_uid'] as const;

/**
 * The labels of series, from a table whose lines name them by id (as `inspect` lists), Series Instance UID, file,
 * folder or file name without its ending.
 *
 * @throws LimpidError E_LABELS for a table that cannot be read, lacks a column, is of no series, or gives one series
 * two labels; E_NOT_FOUND
 */
export async function readLabels(
  file: string,
  columns: LabelColumns,
  series: readonly Labelled[],
): Promise<Labels> {
  const text = new TextDecoder('utf-8').decode(await readRegular(file));
  return labelsOf(parseTable(text), columns, series, path.dirname(path.resolve(file)));
}

/** @param folder that paths in the table start from */
export function labelsOf(
  table: Table,
  columns: LabelColumns,
  series: readonly Labelled[],
  folder: string,
): Labels {
  const names = series.map(namesOf);
  const at = columnsOf(table, columns);
  const labels: (Label | null)[] = series.map(() => null);
  let unmatched = 0;
  for (const row of table.rows) {
    const label = labelOf(row, at);
    if (label.value === '') continue;
    const name = row.cells[at.name];
    // Nothing would be the folder of the table, and all series in it.
    if (name === '') {
      unmatched++;
      continue;
    }
    const wanted = [plainPath(name), plainPath(path.resolve(folder, name))];
    const meant = names.flatMap((one, i) => (wanted.some((each) => one.has(each)) ? [i] : []));
    if (meant.length === 0) unmatched++;
    for (const i of meant) {
      const before = labels[i];
      if (before !== null && before.value !== label.value)
        throw fault('E_LABELS/twice', { first: before.line, second: label.line });
      labels[i] = label;
    }
  }
  if (labels.every((label) => label === null)) throw fault('E_LABELS/no-match', { rows: table.rows.length });
  return { labels, unmatched };
}

interface Columns {
  readonly name: number;
  readonly label: number;
  readonly patient: number;
  readonly fold: number;
}

function columnsOf({ columns }: Table, wanted: LabelColumns): Columns {
  const plain = columns.map((name) => name.toLowerCase());
  const place = (name: string): number => plain.indexOf(name.toLowerCase());
  const name = NAMES.map(place).find((at) => at >= 0) ?? -1;
  const label = place(wanted.label ?? 'label');
  const patient = place(wanted.group ?? 'patient');
  if (name < 0) throw fault('E_LABELS/no-names', { names: [...NAMES] });
  if (label < 0) throw fault('E_LABELS/no-labels');
  if (patient < 0 && wanted.group !== null) throw fault('E_LABELS/no-group');
  return { name, label, patient, fold: place('fold') };
}

function labelOf({ line, cells }: TableRow, at: Columns): Label {
  const told = (place: number): string | null => {
    const cell = place < 0 ? '' : cells[place];
    return cell === '' ? null : cell;
  };
  return { value: cells[at.label], patient: told(at.patient), fold: told(at.fold), line };
}

/** All that a line of a table may call a series. */
function namesOf({ id, seriesInstanceUid, forPerson, given }: Labelled): ReadonlySet<string> {
  const names = new Set([id, ...(seriesInstanceUid === null ? [] : [seriesInstanceUid])]);
  const root = path.dirname(path.resolve(given));
  for (const place of forPerson.places) {
    const whole = plainPath(path.resolve(place));
    const parts = plainPath(path.relative(root, whole)).split('/');
    names.add(whole);
    names.add(stem(parts[parts.length - 1] ?? ''));
    for (let from = 0; from < parts.length; from++) names.add(parts.slice(from).join('/'));
    // Folders that hold it: all series of a folder may have one label.
    for (let to = 1; to < parts.length; to++) {
      names.add(plainPath(path.join(root, ...parts.slice(0, to))));
      for (let from = 0; from < to; from++) names.add(parts.slice(from, to).join('/'));
    }
  }
  return names;
}

function plainPath(name: string): string {
  return name.replaceAll('\\', '/').replace(/^\.\//, '').replace(/\/+$/, '');
}

function stem(name: string): string {
  return name.replace(/(\.nii\.gz|\.nii|\.dcm|\.zip)$/i, '');
}
