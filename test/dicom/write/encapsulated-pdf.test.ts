import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAttributes } from '../../../src-main/dicom/elements/attributes.js';
import { findElement, valueBytes, walkElements } from '../../../src-main/dicom/elements/elements.js';
import { encapsulatedPdf } from '../../../src-main/dicom/write/encapsulated-pdf.js';
import { pdfOf } from '../../../src-main/report/pdf.js';
import { hasTool } from '../../support/tools.js';
import { makeDicom, tempFolder } from '../support.js';
import { complaints } from '../validators.js';

const PDF = pdfOf('Report', [{ style: 'plain', text: 'odd or even' }]);

function made(
  image = makeDicom({ patient: 'A^B', patientId: 'P1', accession: 'A1', study: '1.2.9' }),
  pdf = PDF,
) {
  return encapsulatedPdf({
    image,
    pdf,
    title: 'Report',
    seriesNumber: 9900,
    equipment: { manufacturer: 'Limpid', model: 'limpid', softwareVersion: '1' },
    now: new Date('2026-01-31T10:00:00Z'),
  });
}

describe('an encapsulated document', () => {
  it('is of the patient and study of its image, and holds the document', () => {
    for (const pdf of [PDF, Buffer.concat([PDF, Buffer.from('\n')])]) {
      const bytes = made(undefined, pdf);
      const file = walkElements(bytes);
      const attributes = readAttributes(bytes, file);
      expect(attributes.text('x00080016')).toBe('1.2.840.10008.5.1.4.1.1.104.1');
      expect(attributes.text('x0020000d')).toBe('1.2.9');
      expect(attributes.text('x00100020')).toBe('P1');
      expect(attributes.text('x00080050')).toBe('A1');
      expect(attributes.uint32('x00420015')).toBe(pdf.length);
      const element = findElement(file.elements, 0x00420011);
      if (element === undefined) throw new Error('There is no document.');
      expect(Buffer.from(valueBytes(bytes, element)).subarray(0, pdf.length).equals(pdf)).toBe(true);
    }
  });

  it('is the same instance for the same image and document, another for another', () => {
    const uids = (bytes: Uint8Array) => {
      const attributes = readAttributes(bytes, walkElements(bytes));
      return [attributes.text('x0020000e'), attributes.text('x00080018')];
    };
    const image = makeDicom({ sopInstance: '1.2.7' });
    const [series, instance] = uids(made(image));
    expect(uids(made(image))).toEqual([series, instance]);
    expect(uids(made(image, Buffer.concat([PDF, PDF])))[1]).not.toBe(instance);
    expect(uids(made(makeDicom({ sopInstance: '1.2.8' })))[0]).not.toBe(series);
  });

  it.skipIf(!hasTool('dciodvfy'))('has what the standard asks for', () => {
    const file = path.join(tempFolder(), 'report.dcm');
    fs.writeFileSync(file, made());
    const told = complaints('dciodvfy', file);
    expect(told.filter((line) => line.startsWith('Error'))).toEqual([]);
  });
});
