import { describe, expect, it } from 'vitest';
import { meets, parseCondition } from '../../src-main/base/condition.js';
import { LimpidError } from '../../src-main/contract/errors.js';

const SERIES: Readonly<Record<string, readonly string[]>> = {
  Modality: ['MR'],
  SeriesDescription: ['Ax T2* FLAIR "fast"'],
  ImageType: ['ORIGINAL', 'PRIMARY', 'M'],
  EchoTime: ['80.50'],
  StudyDate: ['20240131'],
  '0018,0081': ['80.50'],
};

function holds(text: string): boolean {
  return meets(parseCondition(text), (name) => SERIES[name] ?? []);
}

describe('a condition', () => {
  it.each([
    'Modality=MR and SeriesDescription~T2',
    'Modality = mr',
    'Modality=CT or EchoTime=80.5',
    'not Modality=CT and not (Modality=PT or Modality=US)',
    'Modality=CT and EchoTime>1 or ImageType=primary',
    'ImageType=M and ImageType!=PHASE',
    'EchoTime>=80.5 and EchoTime<81 and StudyDate>20231231',
    'SeriesDescription="ax t2* flair \\"fast\\""',
    "SeriesDescription~'FLAIR \"'",
    '0018,0081<=80.5',
    'KVP!=120 and KVP!~1 and not KVP',
    'Modality',
    'SeriesDescription~T2*',
  ])('holds: %s', (text) => {
    expect(holds(text)).toBe(true);
  });

  it.each([
    'Modality=CT',
    'Modality=MR and not SeriesDescription~flair',
    '(Modality=CT or Modality=MR) and EchoTime>81',
    'ImageType!=PRIMARY',
    'ImageType!~PRIM',
    'KVP<200',
    'KVP=120',
    'SeriesDescription<5',
    'SeriesDescription~T1*',
  ])('does not hold: %s', (text) => {
    expect(holds(text)).toBe(false);
  });

  it.each([
    ['', 1, 'expected the name'],
    ['Modality=', 10, 'expected a value after "="'],
    ['Modality=MR and', 16, 'expected the name'],
    ['Modality=MR SeriesNumber=3', 13, 'expected "and", "or" or the end'],
    ['(Modality=MR', 13, 'expected ")"'],
    ['Modality=MR)', 12, 'expected "and", "or" or the end'],
    ['Modality="MR', 10, 'a quote is not closed'],
    ['EchoTime>long', 10, 'expected a number after ">"'],
    ['Modality= and EchoTime', 11, 'expected a value'],
    ['Modality!MR', 9, 'nothing begins so'],
    ['and', 1, 'expected the name'],
    ['=MR', 1, 'expected the name'],
  ])('is refused with the place: %s', (text, character, what) => {
    try {
      parseCondition(text);
    } catch (error) {
      if (!(error instanceof LimpidError)) throw error;
      expect(error.code).toBe('E_USAGE');
      expect(error.message).toContain(`at character ${character}: ${what}`);
      expect(error.place).toBe(`${text.slice(0, character - 1)} >>> ${text.slice(character - 1)}`);
      return;
    }
    throw new Error('It was not refused.');
  });
});
