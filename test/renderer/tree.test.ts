import { describe, expect, it } from 'vitest';
import { rowsOf, stepTo, visibleRows } from '../../src-renderer/studies/tree.js';
import { ENGLISH, LANGUAGES } from '../../src-renderer/words/catalogue.js';
import { traitsIn } from '../../src-renderer/words/traits-text.js';
import { card } from './cards.js';

const names = (rows: ReturnType<typeof rowsOf>) =>
  rows.map((row) => (row.kind === 'series' ? row.key : `${row.kind} ${row.name}`));

describe('the rows of Studies', () => {
  it('groups by patient and study across inputs, studies by date, series by number', () => {
    const cards = [
      card({ key: 'late', studyInstanceUid: '2' }, { study: 'Second', studyDate: '20210101' }),
      card({ key: 'three', seriesNumber: 3 }),
      card({ key: 'other', studyInstanceUid: '9' }, { patient: 'C^D' }),
      card({ key: 'two', seriesNumber: 2, input: 'i2' }),
    ];
    expect(names(rowsOf(cards, '', ENGLISH))).toEqual([
      'patient A^B',
      'study Head',
      'two',
      'three',
      'study Second',
      'late',
      'patient C^D',
      'study Head',
      'other',
    ]);
  });

  it('puts derived series behind their source, whatever their number', () => {
    const cards = [
      card({ key: 'map', seriesNumber: 1003, seriesInstanceUid: 'm', derivedFrom: 'a' }),
      card({ key: 'b', seriesNumber: 5, seriesInstanceUid: 'b' }),
      card({ key: 'denoised', seriesNumber: 1002, seriesInstanceUid: 'd', derivedFrom: 'a' }),
      card({ key: 'a', seriesNumber: 2, seriesInstanceUid: 'a' }),
      card({ key: 'orphan', seriesNumber: 1, seriesInstanceUid: 'o', derivedFrom: 'gone' }),
    ];
    expect(names(rowsOf(cards, '', ENGLISH)).slice(2)).toEqual(['orphan', 'a', 'denoised', 'map', 'b']);
  });

  it('loses no series that name one another as their source', () => {
    const cards = [
      card({ key: 'x', seriesInstanceUid: 'x', derivedFrom: 'y' }),
      card({ key: 'y', seriesInstanceUid: 'y', derivedFrom: 'x' }),
    ];
    expect(
      names(rowsOf(cards, '', ENGLISH))
        .slice(2)
        .sort(),
    ).toEqual(['x', 'y']);
  });

  it('filters by every word and keeps the numbers of patients', () => {
    const cards = [card({ key: 'a' }), card({ key: 'b' }, { patient: 'C^D', description: 'T2 flair' })];
    const rows = rowsOf(cards, 'flair mr', ENGLISH);
    expect(names(rows)).toEqual(['patient C^D', 'study Head', 'b']);
    expect(rows[0]).toMatchObject({ number: 2 });
    expect(rowsOf(cards, 'flair ct', ENGLISH)).toEqual([]);
  });

  it('finds series by the names of folder and file', () => {
    const cards = [card({ key: 'a' }, { file: 'visit 2/IM-0003.dcm' }), card({ key: 'b' })];
    for (const filter of ['im-0003', 'VISIT 2'])
      expect(names(rowsOf(cards, filter, ENGLISH)).slice(2)).toEqual(['a']);
  });

  it('tells parts of one series apart, by what they differ in', () => {
    const part = (key: string, name: 'magnitude' | 'phase') =>
      card({
        key,
        traits: [
          { name, value: '' },
          { name: 'echoTime', value: '4.92' },
        ],
      });
    const cards = [part('one', 'magnitude'), part('two', 'phase')];
    expect(cards.map(({ traits }) => traitsIn(ENGLISH, traits))).toEqual([
      'magnitude, TE 4.92 ms',
      'phase, TE 4.92 ms',
    ]);
    expect(traitsIn({ ...LANGUAGES.de, language: 'de' }, cards[0].traits)).toBe('Betrag, TE 4,92 ms');
    expect(names(rowsOf(cards, 'phase', ENGLISH)).slice(2)).toEqual(['two']);
  });

  it('has a row for each of a thousand series, their studies and patients', () => {
    const cards = Array.from({ length: 1000 }, (_, i) =>
      card({ key: `k${i}`, seriesInstanceUid: `u${i}`, seriesNumber: i }, { patient: `P${i % 50}` }),
    );
    expect(rowsOf(cards, '', ENGLISH)).toHaveLength(1000 + 50 + 50);
  });
});

describe('the window of a long list', () => {
  const heights = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 32 : 64));
  const all = heights.reduce((sum, one) => sum + one, 0);

  it.each([0, 1000, 30_000, all - 600, all + 5000])('at %d px covers what is seen', (top) => {
    const { first, last, before, after } = visibleRows(heights, top, 600, 100);
    const inside = heights.slice(first, last).reduce((sum, one) => sum + one, 0);
    expect(before + inside + after).toBe(all);
    if (top < all) expect(before).toBeLessThanOrEqual(top);
    expect(before + inside).toBeGreaterThanOrEqual(Math.min(all, top + 600));
    expect(last - first).toBeLessThan(20);
  });

  it('steps over headings and stays at the ends', () => {
    const rows = rowsOf([card({ key: 'a' }), card({ key: 'b' }, { patient: 'C^D' })], '', ENGLISH);
    expect(stepTo(rows, -1, 1)).toBe(2);
    expect(stepTo(rows, 2, 1)).toBe(5);
    expect(stepTo(rows, 5, 1)).toBe(5);
    expect(stepTo(rows, 5, -100)).toBe(2);
    expect(stepTo([], -1, 1)).toBe(-1);
  });
});
