import { describe, expect, it } from 'vitest';
import { readAttributes } from '../../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../../src-main/dicom/elements/elements.js';
import { described } from '../../../src-main/dicom/write/described.js';
import { makeDicom } from '../support.js';

const WORD = '(trust: warn)';

function descriptionOf(bytes: Uint8Array): string | undefined {
  return readAttributes(bytes, walkElements(bytes)).label('x0008103e');
}

/** Bytes of all elements but the description, by tag. */
function others(bytes: Uint8Array): [number, string][] {
  return walkElements(bytes)
    .elements.filter(({ tag }) => tag !== 0x0008103e)
    .map(({ tag, start, end }) => [tag, Buffer.from(bytes.subarray(start, end)).toString('hex')]);
}

describe('a described file', () => {
  it.each([
    ['T2 axial', `T2 axial ${WORD}`],
    [undefined, WORD],
    ['x'.repeat(64), `${'x'.repeat(64 - WORD.length - 1)} ${WORD}`],
  ])('says %s with the word, and is the same else', (seriesDescription, expected) => {
    const source = makeDicom(seriesDescription === undefined ? {} : { seriesDescription });
    const made = described(source, WORD);
    expect(descriptionOf(made)).toBe(expected);
    expect(others(made)).toEqual(others(source));
    const start = Buffer.from(source).indexOf('DICM');
    expect(
      Buffer.from(made.subarray(0, start + 20)).equals(Buffer.from(source.subarray(0, start + 20))),
    ).toBe(true);
  });
});
