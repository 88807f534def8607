import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type LabelColumns, labelsOf } from '../../src-main/series/asked/labels.js';
import { parseTable } from '../../src-main/series/asked/table.js';

const FOLDER = path.resolve('/data');
const series = (id: string, seriesInstanceUid: string | null, ...places: string[]) => ({
  id,
  modality: seriesInstanceUid === null ? 'NIFTI' : 'MR',
  seriesInstanceUid,
  forPerson: { description: '', places: places.map((place) => path.join(FOLDER, place)) },
  given: path.join(FOLDER, 'in'),
});
const ALL = [
  series('MR-1', '1.2.3', 'in/anna/t1/1.dcm', 'in/anna/t1/2.dcm'),
  series('MR-2', '1.2.4', 'in/anna/t2/1.dcm'),
  series('nifti-ab', null, 'in/ben/flair.nii.gz'),
];
const USUAL: LabelColumns = { label: null, group: null };

const values = (text: string, columns: LabelColumns = USUAL): (string | null)[] =>
  labelsOf(parseTable(text), columns, ALL, FOLDER).labels.map((label) => label?.value ?? null);
const reason = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Error && 'code' in error && 'reason' in error ? `${error.reason}` : `${error}`;
  }
  return 'nothing';
};

describe('labels of series', () => {
  it('are numbers with a comma where a spreadsheet parts cells by other signs', () => {
    expect(values('series;label\nMR-1;1,5\nMR-2;-20,25\nnifti-ab;3')).toEqual(['1.5', '-20.25', '3']);
    expect(values('series\tlabel\nMR-1\t1,5\nMR-2\ta,b')).toEqual(['1.5', 'a,b', null]);
    // Between commas it may be one of thousands.
    expect(values('series,label\nMR-1,"1,500"')).toEqual(['1,500', null, null]);
  });

  it('are found by id, UID, file, folder and name, whatever the system writes between folders', () => {
    expect(values('series,label\nMR-1,a\n1.2.4,b\nnifti-ab,c')).toEqual(['a', 'b', 'c']);
    expect(values('file,label\nin/anna/t1/1.dcm,a\nin\\ben\\flair.nii.gz,c')).toEqual(['a', null, 'c']);
    expect(values(`file,label\n${path.join(FOLDER, 'in/anna/t2')},b\nflair,c`)).toEqual([null, 'b', 'c']);
    expect(values('name,label\nanna,x\nben/flair.nii.gz,y')).toEqual(['x', 'x', 'y']);
    // A line without a name is of no series, although the table lies in the folder.
    expect(values('name,label\n,x\nt1,y')).toEqual(['y', null, null]);
    // A folder above the input says nothing.
    expect(values('name,label\ndata,x\nt1,y')).toEqual(['y', null, null]);
  });

  it('are read from what spreadsheets write', () => {
    const text = '\uFEFFFile;Group;"Wei""ght;ing"\r\n"t1";p1;"T1; with ""fat"""\r\n;;\r\nt2;p2;T2\r\n';
    const table = parseTable(text);
    expect(table.rows.map(({ line }) => line)).toEqual([2, 4]);
    const found = labelsOf(table, { label: 'wei"ght;ing', group: 'group' }, ALL, FOLDER);
    expect(found.labels.map((label) => label?.value)).toEqual(['T1; with "fat"', 'T2', undefined]);
    expect(found.labels[1]).toMatchObject({ patient: 'p2', fold: null, line: 4 });
    expect(parseTable('a,b\rc,d\r').rows).toEqual([{ line: 2, cells: ['c', 'd'] }]);
    expect(parseTable('a\tb\n"x\ny"\tz\n1\t2').rows.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('are refused with the reason where they cannot be right', () => {
    expect(reason(() => values('series,label\nMR-9,a'))).toBe('E_LABELS/no-match');
    expect(reason(() => values('series,label\nMR-1,a\nt1,b'))).toBe('E_LABELS/twice');
    expect(reason(() => values('what,label\nMR-1,a'))).toBe('E_LABELS/no-names');
    expect(reason(() => values('series,kind\nMR-1,a'))).toBe('E_LABELS/no-labels');
    expect(reason(() => values('series,label\nMR-1,a', { label: null, group: 'who' }))).toBe(
      'E_LABELS/no-group',
    );
    expect(reason(() => values('series,label\nMR-1,a,b'))).toBe('E_LABELS/cells');
    expect(reason(() => values('series,label\n"MR-1,a'))).toBe('E_LABELS/quote');
    expect(reason(() => values('\n\n'))).toBe('E_LABELS/empty');
  });
});
