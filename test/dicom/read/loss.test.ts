import { describe, expect, it } from 'vitest';
import { asciiValue, findElement, walkElements } from '../../../src-main/dicom/elements/elements.js';
import { newUid } from '../../../src-main/dicom/elements/uid.js';
import { wasLossy } from '../../../src-main/dicom/read/loss.js';
import { parametricMap } from '../../../src-main/dicom/write/parametric-map.js';
import { makeDicom, textElement } from '../support.js';

/** Beginnings of codestreams of 64 x 64 pixels, of OpenJPH, GDCM and DCMTK. */
const STREAMS = {
  'HTJ2K, irreversible':
    'ff4fff5100294000000000400000004000000000000000000000004000000040000000000000000000010b0101ff500008000200000021ff52000c00020001000504044000ff5c0023',
  'HTJ2K, reversible':
    'ff4fff5100294000000000400000004000000000000000000000004000000040000000000000000000010b0101ff500008000200000008ff52000c00020001000504044001ff5c0013',
  'JPEG 2000, reversible':
    'ff4fff5100290000000000400000004000000000000000000000004000000040000000000000000000010f0101ff52000c00000001000504040001ff5c0013',
  'JPEG-LS, near': 'ffd8fff7000b0c0040004001011100ffda00080101000400002653',
  'JPEG-LS, lossless': 'ffd8fff7000b100040004001011100fff8000d01ffff0012004301140040ffda0008010100000000',
} as const;

function image(stream: string, syntax: string, told = false): Uint8Array {
  return makeDicom({
    rows: 64,
    columns: 64,
    frameOfReference: '1.2.3.4',
    compressed: { syntax, fragments: [Buffer.from(stream, 'hex')] },
    ...(told ? { more: [[0x00282110, textElement(0x00282110, 'CS', '01')]] } : {}),
  });
}

const HTJ2K = '1.2.840.10008.1.2.4.203';
const JPEG_LS = '1.2.840.10008.1.2.4.81';

describe('loss of compression', () => {
  it.each([
    ['HTJ2K, irreversible', HTJ2K, true],
    // an encoder that writes the wrong transfer syntax
    ['HTJ2K, irreversible', '1.2.840.10008.1.2.4.201', true],
    ['HTJ2K, reversible', HTJ2K, false],
    ['JPEG 2000, reversible', '1.2.840.10008.1.2.4.91', false],
    ['JPEG-LS, near', JPEG_LS, true],
    ['JPEG-LS, lossless', JPEG_LS, false],
  ] as const)(
    'is known by the codestream where the file does not say it: %s in %s',
    (stream, syntax, lossy) => {
      expect(wasLossy(walkElements(image(STREAMS[stream], syntax)))).toBe(lossy);
    },
  );

  it('is known by the file, whatever the codestream is now', () => {
    expect(wasLossy(walkElements(image(STREAMS['JPEG-LS, lossless'], JPEG_LS, true)))).toBe(true);
  });

  it('is known of nothing where a codestream is cut off or is none', () => {
    for (const stream of ['', 'ff', 'ff4fff51', 'ffd8ffda', 'ffd8fff7000b', '00'.repeat(40), 'ffd8ff000000'])
      expect(wasLossy(walkElements(image(stream, HTJ2K)))).toBe(false);
  });

  it('goes on to maps of such images, with ratio and method', () => {
    const map = walkElements(
      parametricMap({
        template: image(STREAMS['JPEG-LS, near'], JPEG_LS),
        frames: [
          {
            source: { sopClassUid: '1.2.840.10008.5.1.4.1.1.4', sopInstanceUid: '1.2.3' },
            position: [0, 0, 0],
            plane: new Float32Array(64 * 64),
          },
        ],
        seriesInstanceUid: newUid(),
        sopInstanceUid: newUid(),
        seriesNumber: 2,
        seriesDescriptionSuffix: 'MAP',
        label: 'MAP',
        explanation: 'Map',
        description: 'A map.',
        quantity: { value: 'RES', scheme: '99LIMPID', meaning: 'Residual' },
        window: [0, 1],
        equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0.1.0' },
        now: new Date('2026-11-23T12:34:56Z'),
      }),
    );
    const text = (tag: number) => asciiValue(map.bytes, findElement(map.elements, tag));
    expect(text(0x00282110)).toBe('01');
    expect(Number(text(0x00282112))).toBeGreaterThan(1);
    expect(text(0x00282114)).toBe('ISO_14495_1');
  });
});
