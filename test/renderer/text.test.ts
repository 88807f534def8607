import { describe, expect, it } from 'vitest';
import { knownLanguage } from '../../src-renderer/words/catalogue.js';
import { fill, placesOf } from '../../src-renderer/words/fill.js';
import {
  date,
  decimals,
  duration,
  inLanguage,
  listed,
  matrix,
  measured,
  number,
  personName,
  spacing,
} from '../../src-renderer/words/format.js';
import de from '../../src-renderer/words/languages/de.json';
import en from '../../src-renderer/words/languages/en.json';
import { problemText } from '../../src-renderer/words/problem-text.js';

describe('languages', () => {
  it('are the first of the computer that there are words for, else English', () => {
    expect(knownLanguage(['fr-FR', 'de-AT', 'en'])).toBe('de');
    expect(knownLanguage(['EN-gb', 'de'])).toBe('en');
    expect(knownLanguage(['constructor', 'fr'])).toBe('en');
    expect(knownLanguage([])).toBe('en');
  });

  const german: Readonly<Record<string, string>> = de;

  it('have the same keys', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  });

  it('have the same places in every text', () => {
    const places = (texts: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, placesOf(text)]));
    expect(places(german)).toEqual(places(en));
    expect(Object.values(german).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('fill places, numbers in their manner, and leave an unknown place to be seen', () => {
    expect(fill('{a} of {b}', { a: 1234.5, b: 'x' }, 'de')).toBe('1.234,5 of x');
    expect(fill('{missing}', {}, 'en')).toBe('{missing}');
    const text = 'To {a}: {n|# image|# images}';
    const texts = [1, 1234].map((n) => fill(text, { a: 'PACS', n }, 'en'));
    expect(texts).toEqual(['To PACS: 1 image', 'To PACS: 1,234 images']);
    expect(placesOf(text)).toEqual(['a', 'n']);
  });
});

describe('numbers and names', () => {
  it('durations do not flicker', () => {
    expect([0.2, 42.4, 61, 123, 3600, 7380].map(duration)).toEqual([
      '1 s',
      '42 s',
      '1 min',
      '2 min 5 s',
      '1 h 0 min',
      '2 h 3 min',
    ]);
    expect(duration(Number.POSITIVE_INFINITY)).toBe('–');
  });

  it('numbers have three digits and never say NaN', () => {
    expect([0.0123456, 12.3456, 0, 1e-5].map((value) => number(value, 'en'))).toEqual([
      '0.0123',
      '12.3',
      '0',
      '1.00e-5',
    ]);
    expect(number(Number.NaN, 'en')).toBe('–');
    expect(number(null, 'en')).toBe('–');
  });

  it('what is measured has the decimal mark of the language, a true minus sign and no groups', () => {
    const values = [35.7, -0.123456, 12345.6, 2.5e-7, 3];
    expect(values.map((value) => measured(value, 'en'))).toEqual([
      '35.7',
      '\u22120.1235',
      '12346',
      '2.50e\u22127',
      '3',
    ]);
    expect(values.map((value) => measured(value, 'de'))).toEqual([
      '35,7',
      '\u22120,1235',
      '12346',
      '2,50e\u22127',
      '3',
    ]);
    expect(measured(Number.NaN, 'de')).toBe('–');
    expect([decimals(-1.25, 'en', 1), decimals(2, 'de', 2)]).toEqual(['\u22121.3', '2,00']);
    expect(number(1e-5, 'de')).toBe('1,00e-5');
  });

  it('numbers beside one another are not taken for one', () => {
    expect(listed(['1,5', '2'], 'de')).toBe('1,5; 2');
    expect(listed(['1.5', '2'], 'en')).toBe('1.5, 2');
    const label = 'b 1000 (0.71, 0, \u22120.71), TE 90.1 ms, +12.3 s';
    expect(inLanguage(label, 'en')).toBe(label);
    expect(inLanguage(label, 'de')).toBe('b 1000 (0,71; 0; \u22120,71), TE 90,1 ms, +12,3 s');
  });

  it('sizes name time points only where there are any', () => {
    expect(matrix({ columns: 80, rows: 70, slices: 35, frames: 1 })).toBe('80 × 70 × 35');
    expect(matrix({ columns: 80, rows: 70, slices: 35, frames: 18 })).toBe('80 × 70 × 35 × 18');
    expect(spacing([0.859375, 0.859375, 5], 'en')).toBe('0.86 × 0.86 × 5 mm');
  });

  it('dates are dates, and what is none stays as it is', () => {
    expect(date('20130717', 'en')).toBe('Jul 17, 2013');
    expect(date('2013-07-17', 'de')).toBe('17.07.2013');
    expect(date('20131399', 'en')).toBe('20131399');
    expect(date('unknown', 'en')).toBe('unknown');
  });

  it('person names are in reading order', () => {
    expect(personName('Doe^Jane^Q')).toBe('Doe, Jane Q');
    expect(personName('Yamada^Tarou=山田^太郎')).toBe('Yamada, Tarou');
    expect(personName('Jane_Doe')).toBe('Jane_Doe');
    expect(personName('^Jane')).toBe('Jane');
    expect(personName('')).toBe('');
  });

  it('a copied problem holds its place only where it is given', () => {
    const problem = { code: 'E_IO', message: 'It failed.', remedy: 'Try again.' } as const;
    const told = { sentence: 'Es ging nicht.', remedy: 'Noch einmal.', detail: null };
    expect(problemText(problem, told)).toBe('E_IO: Es ging nicht.\nNoch einmal.');
    expect(problemText({ ...problem, place: '/p' }, { ...told, detail: 'It failed.' })).toBe(
      'E_IO: Es ging nicht.\nNoch einmal.\nIt failed.\n/p',
    );
  });
});
