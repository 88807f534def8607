import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { pixelAt, pixelsInside, profile, regionStatistics } from '../../src-renderer/viewer/image/measure.js';
import { PYTHON, pythonLacks } from '../support/tools.js';
import { brainSet } from './series.js';

const brain = brainSet().before;
const plane = { values: Float32Array.from(brain.frames[9].pixels), columns: 256, rows: 256 };
const SPACING = [0.859375, 0.859375] as const;

/** numpy's count, mean and SD of the pixels of slice 9 whose centres satisfy a condition on x and y. */
function numpyStatistics(condition: string): [number, number, number] {
  const code = `
import sys, numpy as np
v = np.frombuffer(sys.stdin.buffer.read(), '<i2').astype(float).reshape(256, 256)
y, x = np.mgrid[0:256, 0:256] + 0.5
m = v[${condition}]
print(m.size, repr(float(m.mean())), repr(float(m.std(ddof=1))))`;
  const out = execFileSync(PYTHON, ['-c', code], { input: Buffer.from(brain.frames[9].pixels.buffer) });
  const [size, mean, sd] = out.toString().trim().split(' ').map(Number);
  return [size, mean, sd];
}

describe.skipIf(pythonLacks('numpy') !== '')('regions against numpy', () => {
  it.each([
    ['rectangle', { x0: 100.2, y0: 80.7, x1: 131, y1: 119.5 }, '(x>=100.2)&(x<=131)&(y>=80.7)&(y<=119.5)'],
    // drawn from the lower right corner
    ['ellipse', { x0: 140, y0: 130, x1: 100, y1: 90 }, '((x-120)/20)**2+((y-110)/20)**2<=1'],
    [
      'ellipse',
      { x0: 90.5, y0: 60.25, x1: 170.75, y1: 71 },
      '((x-130.625)/40.125)**2+((y-65.625)/5.375)**2<=1',
    ],
    ['rectangle', { x0: -20, y0: 100, x1: 60, y1: 130 }, '(x<=60)&(y>=100)&(y<=130)'],
  ] as const)('%s %j', (kind, corners, condition) => {
    const result = regionStatistics(plane, { kind, ...corners }, SPACING);
    const [size, mean, sd] = numpyStatistics(condition);
    expect(result?.pixels).toBe(size);
    expect(result?.mean).toBeCloseTo(mean, 6);
    expect(result?.sd).toBeCloseTo(sd, 6);
    expect(result?.snr).toBeCloseTo(mean / sd, 6);
    expect(result?.area).toBeCloseTo(size * 0.859375 ** 2, 6);
  });
});

describe('measurements', () => {
  it('counts pixels by their centres', () => {
    expect(pixelsInside({ kind: 'rectangle', x0: 0.4, y0: 0, x1: 1.6, y1: 1 }, 4, 4)).toEqual([0, 1]);
    expect(pixelsInside({ kind: 'rectangle', x0: 0.6, y0: 0.6, x1: 1.4, y1: 1.4 }, 4, 4)).toEqual([]);
    expect(pixelsInside({ kind: 'ellipse', x0: 0, y0: 0, x1: 3, y1: 3 }, 3, 3)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    expect(pixelAt(4, 3, 3.99, 2.5)).toBe(11);
    expect(pixelAt(4, 3, 4, 2.5)).toBeNull();
  });

  it('has no numbers where there are no pixels, no SNR where there is no spread', () => {
    const flat = { values: new Float32Array(16).fill(7), columns: 4, rows: 4 };
    expect(regionStatistics(flat, { kind: 'rectangle', x0: 9, y0: 9, x1: 12, y1: 12 }, [1, 1])).toBeNull();
    const all = regionStatistics(flat, { kind: 'rectangle', x0: 0, y0: 0, x1: 4, y1: 4 }, [1, 2]);
    expect(all).toEqual({ pixels: 16, mean: 7, sd: 0, snr: null, minimum: 7, maximum: 7, area: 32 });
    flat.values[5] = Number.NaN;
    expect(regionStatistics(flat, { kind: 'rectangle', x0: 0, y0: 0, x1: 4, y1: 4 }, [1, 2])).toBeNull();
  });

  it('samples a profile linearly, at its length in mm', () => {
    const ramp = {
      values: Float32Array.from({ length: 64 }, (_, i) => (i % 8) + 10 * Math.floor(i / 8)),
      columns: 8,
      rows: 8,
    };
    const points = profile(ramp, { kind: 'line', x0: 0.5, y0: 0.5, x1: 6.5, y1: 4.5 }, [2, 3]);
    expect(points[0]).toEqual({ distance: 0, value: 0 });
    expect(points.at(-1)?.distance).toBeCloseTo(Math.hypot(12, 12));
    for (const { distance, value } of points) {
      const t = distance / Math.hypot(12, 12);
      expect(value).toBeCloseTo(6 * t + 10 * 4 * t, 4);
    }
    const outside = profile(ramp, { kind: 'line', x0: -4, y0: 1, x1: 4, y1: 1 }, [1, 1]);
    expect(outside[0].distance).toBeCloseTo(4);
  });
});
