import { Buffer } from 'node:buffer';
import * as path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { problemFrom } from '../../../src-main/contract/errors.js';
import {
  asciiValue,
  findElement,
  hasPrefix,
  sequenceItems,
  UNDEFINED_LENGTH,
  valueBytes,
  walkElements,
} from '../../../src-main/dicom/elements/elements.js';
import { daikonFile, filesBelow, hasPydicom, PYDICOM, pydicomFile } from '../fixtures.js';

const EXPLICIT = '1.2.840.10008.1.2.1';
const IMPLICIT = '1.2.840.10008.1.2';
const DEFLATED = '1.2.840.10008.1.2.1.99';

function element(group: number, number: number, vr: string, value: Uint8Array | string, length?: number) {
  const bytes = Buffer.from(value);
  const long = /^(OB|OW|SQ|UN|UT)$/.test(vr);
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(group, 0);
  head.writeUInt16LE(number, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(length ?? bytes.length, 8);
  else head.writeUInt16LE(length ?? bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

function delimiter(number: number, length: number) {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(0xfffe, 0);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(length, 4);
  return head;
}

function file(syntax: string, ...dataSet: Uint8Array[]) {
  const uid = syntax.length % 2 === 0 ? syntax : `${syntax}\0`;
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(2, 0x10, 'UI', uid), ...dataSet]);
}

function openSequences(depth: number, closed: boolean) {
  const open = Buffer.concat([
    element(0x0008, 0x1140, 'SQ', '', UNDEFINED_LENGTH),
    delimiter(0xe000, UNDEFINED_LENGTH),
  ]);
  const close = Buffer.concat([delimiter(0xe00d, 0), delimiter(0xe0dd, 0)]);
  const opens = Array.from({ length: depth }, () => open);
  return Buffer.concat(closed ? [...opens, ...opens.map(() => close)] : opens);
}

const PATIENT = element(0x0010, 0x0010, 'PN', 'A^');
const CLASS = element(0x0008, 0x0016, 'UI', '1.2.');

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return problemFrom(error).code;
  }
  return 'none';
}

describe('walkElements on real files', () => {
  it.skipIf(!hasPydicom)('covers every byte of the files of python3-pydicom, or refuses with a code', () => {
    const codes: Record<string, string> = {};
    let covered = 0;
    for (const name of filesBelow(PYDICOM)) {
      const bytes = pydicomFile(path.relative(PYDICOM, name));
      try {
        const walked = walkElements(bytes);
        let offset = hasPrefix(bytes) ? 132 : 0;
        for (const { start, end } of walked.meta) {
          expect(start).toBe(offset);
          offset = end;
        }
        if (walked.deflated) offset = 0;
        for (const { start, end } of walked.elements) {
          expect(start).toBe(offset);
          offset = end;
        }
        expect(offset).toBe(walked.bytes.length);
        covered++;
      } catch (error) {
        codes[path.basename(name)] = problemFrom(error).code;
      }
    }
    expect(covered).toBeGreaterThan(95);
    expect(codes).toEqual({
      'MR_truncated.dcm': 'E_TRUNCATED',
      'SC_rgb_jpeg.dcm': 'E_TS_MISMATCH',
      'meta_missing_tsyntax.dcm': 'E_TS_MISSING',
      'no_meta.dcm': 'E_NOT_DICOM',
      README: 'E_NOT_DICOM',
      'rtplan_truncated.dcm': 'E_TRUNCATED',
    });
  });

  it('reads the same attributes in four encodings', () => {
    for (const name of ['explicit_little', 'implicit_little', 'explicit_big', 'deflated']) {
      const walked = walkElements(daikonFile(`${name}.dcm`));
      const rows = valueBytes(walked.bytes, findElement(walked.elements, 0x00280010)!);
      const modality = asciiValue(walked.bytes, findElement(walked.elements, 0x00080060));
      const big = name === 'explicit_big';
      expect([name, modality, rows[big ? 1 : 0] + 256 * rows[big ? 0 : 1]]).toEqual(
        name === 'deflated' ? [name, 'OT', 512] : [name, 'MR', 256],
      );
      expect(walked.implicitVr).toBe(name === 'implicit_little');
      expect(walked.deflated).toBe(name === 'deflated');
      expect(walked.littleEndian).toBe(name !== 'explicit_big');
    }
  });

  it.skipIf(!hasPydicom)('opens nested private sequences and a sequence in VR UN', () => {
    const nested = walkElements(pydicomFile('nested_priv_SQ.dcm'));
    const [outer] = sequenceItems(nested.bytes, nested, findElement(nested.elements, 0x00010001)!);
    const inner = findElement(outer.elements, 0x00010001)!;
    const [item] = sequenceItems(nested.bytes, outer, inner, 2);
    expect(asciiValue(nested.bytes, item.elements[0])).toBe('Double Nested SQ');

    const unknown = walkElements(pydicomFile('UN_sequence.dcm'));
    const sequence = unknown.elements.find(({ vr }) => vr === 'UN')!;
    const items = sequenceItems(unknown.bytes, unknown, sequence);
    expect(items.length).toBeGreaterThan(0);
    expect(items[0].implicitVr).toBe(true);
    expect(items[0].elements.length).toBeGreaterThan(0);
  });
});

describe('walkElements on hostile bytes', () => {
  it.each([
    ['nothing', () => new Uint8Array(0), 'E_NOT_DICOM'],
    ['text', () => Buffer.alloc(4096, 'hello '), 'E_NOT_DICOM'],
    ['a bare data set that shows nothing', () => Buffer.concat([PATIENT, CLASS]), 'E_NOT_DICOM'],
    ['no group 2', () => Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), PATIENT]), 'E_NO_META'],
    ['a bare data set out of order', () => Buffer.concat([CLASS, CLASS, PATIENT]), 'E_NOT_DICOM'],
    [
      'no syntax',
      () => Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(2, 2, 'UI', '1.')]),
      'E_TS_MISSING',
    ],
    ['MPEG', () => file('1.2.840.10008.1.2.4.100', CLASS), 'E_TS_UNSUPPORTED'],
    ['text as syntax', () => file('Doe^John', CLASS), 'E_TS_UNSUPPORTED'],
    ['explicit called implicit', () => file(IMPLICIT, CLASS, PATIENT), 'E_TS_MISMATCH'],
    ['little called big endian', () => file('1.2.840.10008.1.2.2', CLASS, PATIENT), 'E_TS_MISMATCH'],
    ['an unknown VR', () => file(EXPLICIT, CLASS, element(0x10, 0x10, 'ZZ', 'A^')), 'E_TS_MISMATCH'],
    ['a long value', () => file(EXPLICIT, element(0x10, 0x10, 'PN', 'A^', 60)), 'E_TRUNCATED'],
    ['a huge value', () => file(EXPLICIT, element(0x10, 0x10, 'OB', 'A^', 0xfffffffe)), 'E_TRUNCATED'],
    ['half a header', () => file(EXPLICIT, CLASS, PATIENT.subarray(0, 5)), 'E_TRUNCATED'],
    ['an open sequence', () => file(EXPLICIT, openSequences(2, false)), 'E_TRUNCATED'],
    ['a lone delimiter', () => file(EXPLICIT, CLASS, delimiter(0xe00d, 0)), 'E_TRUNCATED'],
    ['65 levels', () => file(EXPLICIT, openSequences(65, true)), 'E_NESTING'],
    ['100,000 levels', () => file(EXPLICIT, openSequences(100_000, true)), 'E_NESTING'],
    ['64 levels', () => file(EXPLICIT, openSequences(64, true)), 'none'],
    ['an element twice', () => file(EXPLICIT, CLASS, CLASS), 'E_ELEMENT'],
    [
      'fragments in a native syntax',
      () => file(EXPLICIT, element(0x7fe0, 0x10, 'OB', '', UNDEFINED_LENGTH), delimiter(0xe0dd, 0)),
      'E_TS_MISMATCH',
    ],
    [
      'native pixels in RLE',
      () => file('1.2.840.10008.1.2.5', element(0x7fe0, 0x10, 'OW', 'ab')),
      'E_TS_MISMATCH',
    ],
    [
      'text of undefined length',
      () => file(EXPLICIT, element(0x10, 0x10, 'UT', '', UNDEFINED_LENGTH)),
      'E_TS_MISMATCH',
    ],
    [
      'not deflated',
      () => file(DEFLATED, Buffer.from('\xff\xff\xff\xffnot deflated', 'latin1')),
      'E_TS_MISMATCH',
    ],
    [
      'half a deflated stream',
      () => file(DEFLATED, deflateRawSync(Buffer.concat([CLASS, PATIENT])).subarray(0, 10)),
      'E_TRUNCATED',
    ],
  ])('%s', (_name, bytes, code) => {
    expect(codeOf(() => walkElements(bytes()))).toBe(code);
  });

  it('ignores a buffer after the pixel data, as the first slice of the brain series has it', () => {
    const walked = walkElements(daikonFile('volume/brain_001.dcm'));
    expect(walked.trailing).toBe(2623282 - 132914);
    expect(walked.elements.at(-1)?.tag).toBe(0x7fe00010);
    expect(walkElements(daikonFile('volume/brain_002.dcm')).trailing).toBe(0);
  });

  it('names the offset of a truncated element', () => {
    const bytes = file(EXPLICIT, CLASS, element(0x10, 0x10, 'PN', 'A^', 60));
    const offset = bytes.length - 10;
    expect(() => walkElements(bytes)).toThrow(`(0010,0010) at byte ${offset}`);
  });

  it('stops inflating at the cap', () => {
    const bomb = file(
      DEFLATED,
      deflateRawSync(Buffer.concat([CLASS, element(0x7fe0, 0x10, 'OW', Buffer.alloc(1 << 22))])),
    );
    expect(codeOf(() => walkElements(bomb, 1 << 20))).toBe('E_BOMB');
    expect(walkElements(bomb).elements).toHaveLength(2);
  });

  it('bounds the number of elements', () => {
    const many = Array.from({ length: 70_000 }, (_, i) =>
      element(0x4000 + (i >> 15), (i & 0x7fff) * 2, 'LO', ''),
    );
    expect(codeOf(() => walkElements(file(EXPLICIT, ...many)))).toBe('E_BOMB');
  });

  it('limits depth in sequences of defined length when they are opened', () => {
    let value: Uint8Array = CLASS;
    for (let depth = 0; depth < 70; depth++)
      value = element(0x0008, 0x1140, 'SQ', Buffer.concat([delimiter(0xe000, value.length), value]));
    const walked = walkElements(file(EXPLICIT, value));
    const open = () => {
      let elements = walked.elements;
      for (let depth = 1; ; depth++) {
        const [item] = sequenceItems(walked.bytes, walked, elements[0], depth);
        elements = item.elements;
      }
    };
    expect(codeOf(open)).toBe('E_NESTING');
  });

  it.skipIf(!hasPydicom)('refuses every truncation of a file with a code', () => {
    const whole = pydicomFile('MR_small_implicit.dcm');
    const pixels = whole.length - 8192;
    const codes = new Set<string>();
    for (let length = 0; length < pixels; length += 3)
      codes.add(codeOf(() => walkElements(whole.subarray(0, length))));
    codes.delete('none');
    expect([...codes].sort()).toEqual(['E_NOT_DICOM', 'E_NO_META', 'E_TRUNCATED', 'E_TS_MISSING']);
  });
});
