import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { colourTable } from '../../src-main/imaging/colour-maps.js';
import { colourPng, grayPng } from '../../src-main/imaging/png.js';

describe('PNG', () => {
  it('is linear inside the window, clipped outside, black for NaN', () => {
    const values = Float32Array.of(-5, 0, 50, 100, 1000, Number.NaN);
    const png = decode(grayPng(values, 3, 2, { low: 0, high: 100 }));
    expect([png.width, png.height, png.channels, png.depth]).toEqual([3, 2, 1, 8]);
    expect([...png.data]).toEqual([0, 0, 128, 255, 255, 0]);
  });

  it('shows a step for a window of no width', () => {
    const png = decode(grayPng(Float32Array.of(1, 2, 3), 3, 1, { low: 2, high: 2 }));
    expect([...png.data]).toEqual([0, 0, 255]);
  });

  it('has the colours of matplotlib, and white in the middle of the diverging map', () => {
    const values = Float32Array.of(0, 128, 255);
    const colours = (map: 'viridis' | 'magma' | 'diverging') => [
      ...decode(colourPng(values, 3, 1, map, { low: 0, high: 255 })).data,
    ];
    expect(colours('viridis')).toEqual([68, 1, 84, 33, 145, 140, 253, 231, 37]);
    expect(colours('magma')).toEqual([0, 0, 4, 183, 55, 121, 252, 253, 191]);
    const diverging = colours('diverging');
    expect(Math.min(...diverging.slice(3, 6))).toBeGreaterThan(240);
    expect(diverging[2]).toBeGreaterThan(diverging[0]);
    expect(diverging[6]).toBeGreaterThan(diverging[8]);
    expect(colourTable('magma')).toHaveLength(768);
  });

  it('keeps rows and texts, and is deterministic', () => {
    const values = Float32Array.from({ length: 300 * 7 }, (_, i) => (i * 37) % 256);
    const made = grayPng(values, 300, 7, { low: 0, high: 255 }, { Title: 'Häutchen', Source: 'ch2' });
    const png = decode(made, { checkCrc: true });
    expect([png.width, png.height]).toEqual([300, 7]);
    expect([...png.data]).toEqual([...values]);
    expect(png.text).toEqual({ Title: 'Häutchen', Source: 'ch2' });
    expect(grayPng(values, 300, 7, { low: 0, high: 255 }, { Title: 'Häutchen', Source: 'ch2' })).toEqual(
      made,
    );
  });

  it('refuses values that do not fill the picture', () => {
    expect(() => grayPng(new Float32Array(5), 3, 2, { low: 0, high: 1 })).toThrow(
      expect.objectContaining({ code: 'E_SHAPE' }),
    );
  });
});
