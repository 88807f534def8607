import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAttributes } from '../../../src-main/dicom/elements/attributes.js';
import { walkElements } from '../../../src-main/dicom/elements/elements.js';
import { keyImages } from '../../../src-main/dicom/write/sr/key-images.js';
import { type MeasuredImage, measurementReport } from '../../../src-main/dicom/write/sr/measurements.js';
import { hasTool } from '../../support/tools.js';
import { makeDicom, tempFolder, textElement } from '../support.js';
import { complaints } from '../validators.js';

const STUDY = '1.2.9';
const image = makeDicom({ patient: 'A^B', patientId: 'P1', accession: 'A1', study: STUDY });
const options = {
  image,
  equipment: { manufacturer: 'Limpid', model: 'limpid', softwareVersion: '1' },
  now: new Date('2026-01-31T10:00:00Z'),
};
const reference = (n: number, frame?: number) => ({
  sopClassUid: frame === undefined ? '1.2.840.10008.5.1.4.1.1.4' : '1.2.840.10008.5.1.4.1.1.4.1',
  sopInstanceUid: `1.2.7.${n}`,
  seriesInstanceUid: '1.2.8',
  studyInstanceUid: STUDY,
  ...(frame === undefined ? {} : { frame }),
});
const shape = (kind: MeasuredImage['kind'], more: Partial<MeasuredImage>): MeasuredImage => ({
  id: 'M1',
  kind,
  points: [],
  figures: [],
  image: reference(1),
  modality: 'MR',
  units: 'a.u.',
  calibration: 'patient',
  offset: [0, 0],
  ...more,
});
const MEASURED: readonly MeasuredImage[] = [
  shape('rectangle', {
    points: [2, 3, 6, 5],
    figures: [
      { name: 'mean', value: 101.5 },
      { name: 'sd', value: 3.25 },
      { name: 'area', value: 8 },
    ],
  }),
  shape('ellipse', { id: 'M2', image: reference(2, 4), points: [1, 1, 3, 9], offset: [64, 128] }),
  shape('line', {
    id: 'M3',
    points: [0, 0, 3, 4],
    figures: [{ name: 'length', value: 5 }],
    calibration: 'none',
  }),
  shape('angle', { id: 'M4', points: [4, 0, 0, 0, 0, 4], figures: [{ name: 'angle', value: 90 }] }),
  shape('arrow', { id: 'M5', points: [1, 1, 5, 5], text: 'Läsion?' }),
];

function dumped(bytes: Uint8Array): string {
  const file = path.join(tempFolder(), 'document.dcm');
  fs.writeFileSync(file, bytes);
  const { stdout, stderr, status } = spawnSync('dsrdump', ['+U8', '+Pc', '+Pl', '-Ph', file], {
    encoding: 'utf8',
  });
  // What the tool itself cannot do: it converts to Unicode, and then does not check that.
  const own = [
    'W: Check for template constraints not yet supported\n',
    'W: The VR checker does not support this Specific Character Set: ISO_IR 192\n',
  ];
  expect(own.reduce((said, line) => said.replaceAll(line, ''), stderr)).toBe('');
  expect(status).toBe(0);
  return stdout;
}

function isValid(bytes: Uint8Array): void {
  const file = path.join(tempFolder(), 'document.dcm');
  fs.writeFileSync(file, bytes);
  expect(complaints('dciodvfy', file).filter((line) => line.startsWith('Error'))).toEqual([]);
}

describe('a report of measurements', () => {
  it('is of the patient and study of its images, and another instance of the same series each time', () => {
    const [first, second] = [1, 2].map(() => measurementReport({ ...options, measured: MEASURED }));
    const [a, b] = [first, second].map((bytes) => readAttributes(bytes, walkElements(bytes)));
    for (const [tag, value] of [
      ['x00100010', 'A^B'],
      ['x00100020', 'P1'],
      ['x00080050', 'A1'],
      ['x0020000d', STUDY],
      ['x00080060', 'SR'],
    ] as const)
      expect(a.text(tag)).toBe(value);
    expect(a.text('x0020000e')).toBe(b.text('x0020000e'));
    expect(a.text('x00080018')).not.toBe(b.text('x00080018'));
  });

  it('needs an image', () => {
    expect(() => measurementReport({ ...options, measured: [] })).toThrow();
  });

  it.skipIf(!hasTool('dciodvfy'))('has what the standard asks for', () => {
    isValid(measurementReport({ ...options, measured: MEASURED }));
  });

  it.skipIf(!hasTool('dsrdump'))('says what was measured where, by another reader', () => {
    const told = dumped(measurementReport({ ...options, measured: MEASURED }));
    for (const line of [
      `NUM:(110852,DCM,"MR signal intensity")="101.5" ([arb'U],UCUM,"arbitrary unit")`,
      'CODE:(121401,DCM,"Derivation")=(386136009,SCT,"Standard Deviation")',
      'NUM:(42798000,SCT,"Area")="8" (mm2,UCUM,"square millimeter")',
      'SCOORD:(111030,DCM,"Image Region")=(POLYLINE,2/3,6/3,6/5,2/5,2/3)',
      // a slice of a mosaic is told of in the image that holds it, the longer axis first
      'SCOORD:(111030,DCM,"Image Region")=(ELLIPSE,66/129,66/137,65/133,67/133)',
      'NUM:(410668003,SCT,"Length")="5" ({pixels},UCUM,"pixels")',
      'NUM:(1483009,SCT,"Angle")="90" (deg,UCUM,"degree")',
      'TEXT:(121106,DCM,"Comment")="Läsion?"',
    ])
      expect(told).toContain(line);
    expect(told.match(/CONTAINER:\(125007,DCM,"Measurement Group"\)/g)).toHaveLength(5);
  });
});

describe('what a person wrote', () => {
  const japanese = 'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B';
  const bytesOf = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
  /** Bytes of the patient's name, its text, and texts that are held in the character set of the source. */
  const SOURCES: readonly (readonly [string | null, string, string, readonly string[]])[] = [
    [null, 'Smith^J', 'Smith^J', ['lesion 3 \\ 4']],
    [null, 'M\xfcller^J', 'Müller^J', ['lesion']],
    ['ISO_IR 100', 'M\xfcller^J', 'Müller^J', ['lesion', 'Läsion, groß']],
    ['ISO_IR 126', '\xc1\xe2^J', 'Αβ^J', ['μέγεθος']],
    ['ISO_IR 192', bytesOf('山田^太郎'), '山田^太郎', ['lesion', 'Läsion, groß', 'μέγεθος', '病変']],
    ['\\ISO 2022 IR 87', japanese, 'Yamada^Tarou=山田^太郎', ['lesion']],
    ['ISO 2022 IR 6\\ISO 2022 IR 87', japanese, 'Yamada^Tarou=山田^太郎', []],
  ];
  const WRITTEN = ['lesion', 'lesion 3 \\ 4', 'Läsion, groß', 'μέγεθος', '病変', 'ä β 病'];
  const sourceOf = (charset: string | null, patient: string) =>
    makeDicom({
      patient,
      patientId: 'P1',
      study: STUDY,
      more: charset === null ? [] : [[0x00080005, textElement(0x00080005, 'CS', charset)]],
    });

  it.each(SOURCES)('and the name of the patient come back, from %s', (charset, bytes, name, held) => {
    for (const written of WRITTEN) {
      const source = sourceOf(charset, bytes);
      const report = measurementReport({
        ...options,
        image: source,
        measured: [shape('arrow', { points: [1, 1, 5, 5], text: written })],
      });
      const attributes = readAttributes(report, walkElements(report));
      expect(attributes.label('x00100010')).toBe(name);
      const wanted = Buffer.from(written, 'utf8');
      if (held.includes(written)) {
        expect(attributes.text('x00080005')).toBe(
          readAttributes(source, walkElements(source)).text('x00080005'),
        );
        expect(Buffer.from(report).includes(Buffer.from(bytes, 'latin1'))).toBe(true);
      } else if (wanted.length > written.length) {
        expect(attributes.text('x00080005')).toBe('ISO_IR 192');
        expect(Buffer.from(report).includes(wanted)).toBe(true);
      }
    }
  });

  it('keeps its lines', () => {
    const report = measurementReport({
      ...options,
      measured: [shape('text', { points: [1, 1], text: 'eins\nzwei\tdrei' })],
    });
    expect(Buffer.from(report).includes('eins\r\nzwei drei')).toBe(true);
  });

  it.skipIf(!hasTool('dsrdump') || !hasTool('dciodvfy'))('is read by other readers', () => {
    for (const [charset, bytes, , held] of SOURCES)
      for (const written of [WRITTEN.find((one) => held.includes(one) && one !== 'lesion'), 'ä ß β 病']) {
        if (written === undefined) continue;
        const report = measurementReport({
          ...options,
          image: sourceOf(charset, bytes),
          measured: [shape('arrow', { points: [1, 1, 5, 5], text: written })],
        });
        expect(dumped(report)).toContain(`TEXT:(121106,DCM,"Comment")="${written}"`);
        isValid(report);
      }
    const keys = keyImages({
      ...options,
      image: sourceOf('ISO_IR 100', 'M\xfcller^J'),
      images: [reference(1)],
    });
    expect(dumped(keys)).toContain('Not for diagnostic use.');
    isValid(keys);
  });
});

describe('key images', () => {
  const images = [reference(1), reference(2, 7), reference(2, 9)];

  it.skipIf(!hasTool('dciodvfy'))('have what the standard asks for', () => {
    isValid(keyImages({ ...options, images }));
  });

  it.skipIf(!hasTool('dsrdump'))('name each image, and its frame, by another reader', () => {
    const told = dumped(keyImages({ ...options, images }));
    expect(told).toContain('(113000,DCM,"Of Interest")');
    expect(told.match(/IMAGE:/g)).toHaveLength(3);
    for (const frame of ['7', '9']) expect(told).toContain(frame);
  });
});
