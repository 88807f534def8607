import { describe, expect, it } from 'vitest';
import { asciiText, decimalString } from '../../../src-main/dicom/elements/encode.js';
import { deriveUid, isUid, newUid } from '../../../src-main/dicom/elements/uid.js';
import { appendedDescription, suffixedDescription } from '../../../src-main/dicom/write/derive-text.js';
import { dicomTime } from '../../../src-main/dicom/write/derive-time.js';

const suffixed = (text: string | Uint8Array, charset?: string) =>
  Buffer.from(suffixedDescription(Buffer.from(text), charset, 'DENOISED'));

describe('texts of a derived image', () => {
  it('appends the suffix and keeps 64 characters', () => {
    expect(suffixed('T1 axial ').toString()).toBe('T1 axial DENOISED');
    expect(suffixed('').toString()).toBe('DENOISED');
    expect(suffixed('x'.repeat(64)).toString()).toBe(`${'x'.repeat(55)} DENOISED`);
  });

  it('cuts between characters in every repertoire', () => {
    const utf8 = suffixed('脳MRI'.repeat(20), 'ISO_IR 192').toString('utf8');
    expect(utf8).not.toContain('\ufffd');
    expect([...utf8].length).toBe(64);
    const gb = suffixed(
      Uint8Array.from({ length: 63 * 2 }, () => 0xb0),
      'GB18030',
    );
    expect(gb.length).toBe(55 * 2 + 9);
    const escaped = Buffer.concat([Buffer.from('abc '), Buffer.from('\x1b$B'), Buffer.alloc(70, 0x30)]);
    expect(suffixed(escaped, 'ISO 2022 IR 6\\ISO 2022 IR 87').toString('latin1')).toBe('abc DENOISED');
    const short = Buffer.from('\x1b$B00\x1b(B', 'latin1');
    expect(suffixed(short, '\\ISO 2022 IR 87').toString('latin1')).toBe('\x1b$B00\x1b(B DENOISED');
  });

  it('keeps the history of a derivation while it fits', () => {
    const text = (old: string) => Buffer.from(appendedDescription(Buffer.from(old), 'Denoised.')).toString();
    expect(text('Subtracted. ')).toBe('Subtracted.; Denoised.');
    expect(text('x'.repeat(1020))).toBe('Denoised.');
  });

  it('makes texts ASCII and numbers DS', () => {
    expect(asciiText('Zürich\n1\\2 – 脳', 64)).toBe('Zurich 1/2 ? ?');
    for (const value of [1 / 3, -1234.567890123456, 1e-9 / 3, -2.5e-300, 0, 1.2345678901234567e19])
      expect(decimalString(value).length).toBeLessThanOrEqual(16);
    expect(Number(decimalString(-1 / 3))).toBeCloseTo(-1 / 3, 12);
  });

  it('writes times in the zone of the instance', () => {
    const now = new Date('2026-12-31T23:30:15Z');
    expect(dicomTime(now, '+0130')).toEqual({
      date: '20270101',
      time: '010015',
      dateTime: '20270101010015+0130',
    });
    expect(dicomTime(now, '-0500').dateTime).toBe('20261231183015-0500');
    expect(dicomTime(now, 'nonsense')).toEqual(dicomTime(now, undefined));
  });
});

describe('UIDs', () => {
  it('are valid, new or the same for the same parts', () => {
    expect(newUid()).not.toBe(newUid());
    for (const uid of [newUid(), deriveUid('a', 'b')]) expect([uid, isUid(uid)]).toEqual([uid, true]);
    expect(deriveUid('a', 'b')).toBe(deriveUid('a', 'b'));
    expect(deriveUid('ab', '')).not.toBe(deriveUid('a', 'b'));
    for (const bad of ['', '1', '1.', '1.02', '1..2', `1.${'2'.repeat(63)}`, '1.2/..', '1.2\n'])
      expect([bad, isUid(bad)]).toEqual([bad, false]);
  });
});
