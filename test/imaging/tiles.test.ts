import { describe, expect, it } from 'vitest';
import { mirrorIndex, mirrorPlane, tilePlane } from '../../src-main/imaging/tiles.js';

describe('tiles', () => {
  it.each([
    [64, 64, 16],
    [256, 272, 96],
    [400, 124, 100],
    [512, 512, 640],
    [1024, 900, 256],
  ])('of a %s x %s plane at limit %s keep every pixel once, away from cut edges', (rows, columns, limit) => {
    const settings = { limit, halo: 28, multiple: 4 };
    const tiling = tilePlane(rows, columns, settings);
    const kept = new Uint8Array(rows * columns);
    for (const { row, column, keep } of tiling.tiles) {
      expect(row % 4).toBe(0);
      expect(column % 4).toBe(0);
      expect(row + tiling.tileRows).toBeLessThanOrEqual(rows);
      expect(column + tiling.tileColumns).toBeLessThanOrEqual(columns);
      if (row > 0) expect(keep.top - row).toBeGreaterThanOrEqual(28);
      if (row + tiling.tileRows < rows)
        expect(row + tiling.tileRows - keep.bottom).toBeGreaterThanOrEqual(28);
      for (let y = keep.top; y < keep.bottom; y++)
        for (let x = keep.left; x < keep.right; x++) kept[y * columns + x]++;
    }
    expect(kept.every((count) => count === 1)).toBe(true);
  });
});

describe('mirroring', () => {
  it('folds at the centres of the edge pixels, any number of times', () => {
    const folded = Array.from({ length: 13 }, (_, i) => mirrorIndex(i - 5, 4));
    expect(folded).toEqual([1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
    expect(mirrorIndex(-7, 1)).toBe(0);
  });

  it('pads to a multiple and keeps the plane inside', () => {
    const values = Float32Array.from({ length: 15 }, (_, i) => i);
    const padded = mirrorPlane(values, 3, 5, 8, 4);
    expect([padded.rows, padded.columns]).toEqual([20, 24]);
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 5; x++) expect(padded.values[(y + 8) * 24 + x + 8]).toBe(values[y * 5 + x]);
  });
});
