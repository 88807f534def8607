import { describe, expect, it } from 'vitest';
import { problemFrom } from '../../../src-main/contract/errors.js';
import { type StoredFormat, toStored } from '../../../src-main/dicom/codec/stored.js';

const SIGNED12: StoredFormat = {
  slope: 1,
  intercept: 0,
  bitsAllocated: 16,
  bitsStored: 12,
  pixelRepresentation: 1,
};
const UNSIGNED8: StoredFormat = {
  slope: 1,
  intercept: 0,
  bitsAllocated: 8,
  bitsStored: 8,
  pixelRepresentation: 0,
};

function stored(
  values: number[],
  format: StoredFormat,
  measured: number[] | null = null,
  source = values.map(() => 7),
) {
  const mask = measured === null ? null : Uint8Array.from(measured);
  const result = toStored(Float32Array.from(values), source, mask, format);
  return { values: Array.from(result.stored), clamped: result.clamped, kind: result.stored.constructor.name };
}

describe('toStored', () => {
  it('inverts the rescale of every 16-bit value exactly', () => {
    for (const [slope, intercept] of [
      [1, -1024],
      [0.0030525, -3.2],
      [-2.5, 100],
      [17.31, 0],
    ]) {
      const format = { ...SIGNED12, bitsStored: 16, slope, intercept };
      const all = Int16Array.from({ length: 65536 }, (_, i) => i - 32768);
      const real = Float32Array.from(all, (value) => value * slope + intercept);
      const result = toStored(real, all, null, format);
      expect(result.clamped).toBe(0);
      expect(Buffer.compare(Buffer.from(all.buffer), Buffer.from(result.stored.buffer))).toBe(0);
    }
  });

  it('rounds halves up and clamps to BitsStored, not to BitsAllocated', () => {
    expect(stored([0.5, -0.5, 1.49, 2047.4, 2048, -2048.5, -2049, 1e9], SIGNED12)).toEqual({
      values: [1, 0, 1, 2047, 2047, -2048, -2048, 2047],
      clamped: 3,
      kind: 'Int16Array',
    });
    expect(stored([-1, 255.4, 256], UNSIGNED8)).toEqual({
      values: [0, 255, 255],
      clamped: 2,
      kind: 'Uint8Array',
    });
  });

  it('gives padding back as it was, whatever the network made of it', () => {
    const format = { ...SIGNED12, intercept: -1024 };
    expect(stored([5000, 0, Number.NaN], format, [0, 1, 0], [-2000, 1, -2000]).values).toEqual([
      -2000, 1024, -2000,
    ]);
  });

  it('lets no measured pixel turn into padding', () => {
    expect(stored([0, 0.4, 1, -3], { ...SIGNED12, padding: [0, 0] }).values).toEqual([1, 1, 1, -3]);
    expect(stored([0, 12], { ...UNSIGNED8, padding: [0, 0] }).values).toEqual([1, 12]);
    expect(stored([11, 14, 15], { ...SIGNED12, padding: [15, 10] }).values).toEqual([9, 16, 16]);
  });

  it('refuses what has no stored value', () => {
    const code = (values: number[], format: StoredFormat) => {
      try {
        return stored(values, format).clamped;
      } catch (error) {
        return problemFrom(error).code;
      }
    };
    expect(code([Number.NaN], SIGNED12)).toBe('E_VALUES');
    expect(code([1], { ...SIGNED12, slope: 0 })).toBe('E_VALUES');
    expect(code([1], { ...SIGNED12, bitsAllocated: 1 })).toBe('E_NOT_ELIGIBLE');
    expect(() => toStored(new Float32Array(2), [1], null, SIGNED12)).toThrow('different sizes');
  });
});
