import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { type Volume, withData } from '../../src-main/imaging/volume.js';
import { renderSeriesImages } from '../../src-main/report/images.js';

/** 4 x 3 x 12, value = column + 10 row + 100 slice. */
function ramp(affine: readonly number[]): Volume {
  const data = Float32Array.from({ length: 4 * 3 * 12 }, (_, i) => {
    return (i % 4) + 10 * (Math.floor(i / 4) % 3) + 100 * Math.floor(i / 12);
  });
  const spacing = [1, 2, 3] as const;
  const shape = { columns: 4, rows: 3, slices: 12, frames: 1 };
  return { ...shape, data, spacing, affine, units: 'a.u.', measured: null, quantum: 0 };
}

const AXIAL_LPS = [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];
const AXIAL_RAS = [-1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1];

function greysOf(url: string): number[] {
  const png = decode(Buffer.from(url.replace('data:image/png;base64,', ''), 'base64'));
  expect([png.width, png.height, png.channels, png.depth]).toEqual([4, 3, 1, 8]);
  return Array.from(png.data);
}

describe('renderSeriesImages', () => {
  it('takes slices evenly and windows before and after alike', () => {
    const before = ramp(AXIAL_LPS);
    const after = withData(
      before,
      before.data.map((value) => value - 3),
    );
    const images = renderSeriesImages('s', before, after, { sigma: 2, window: { low: 100, high: 355 } });
    expect(images.slices.map((slice) => slice.number)).toEqual([2, 4, 7, 9, 11]);
    expect(greysOf(images.slices[0].before)).toEqual([0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23]);
    expect(greysOf(images.slices[0].after)).toEqual([0, 0, 0, 0, 7, 8, 9, 10, 17, 18, 19, 20]);
    // 1.5 sigma of the 5 that the extreme grey stands for
    expect(new Set(greysOf(images.slices[0].residual))).toEqual(new Set([Math.round(128 + (127 * 1.5) / 5)]));
  });

  it('draws a zero residual as grey 128 and clips at both ends', () => {
    const before = ramp(AXIAL_LPS);
    const shift = [0, -1e6, 1e6, 0];
    const after = withData(
      before,
      before.data.map((value, i) => value - shift[i % 4]),
    );
    const [slice] = renderSeriesImages('s', before, after, { sigma: 1, slices: 1 }).slices;
    expect(greysOf(slice.residual).slice(0, 4)).toEqual([128, 1, 255, 128]);
  });

  it('leaves a DICOM axial slice as it is: patient right at the left, anterior at the top', () => {
    const volume = ramp(AXIAL_LPS);
    const images = renderSeriesImages('s', volume, volume, {
      sigma: 1,
      window: { low: 0, high: 255 },
      slices: 12,
    });
    expect(images.borders).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    expect(greysOf(images.slices[0].before).slice(0, 4)).toEqual([0, 1, 2, 3]);
  });

  it('turns a RAS volume over, and names the borders of what is shown', () => {
    const volume = ramp(AXIAL_RAS);
    const images = renderSeriesImages('s', volume, volume, {
      sigma: 1,
      window: { low: 0, high: 255 },
      slices: 12,
    });
    expect(images.borders).toEqual({ left: 'R', right: 'L', top: 'A', bottom: 'P' });
    expect(greysOf(images.slices[0].before)).toEqual([23, 22, 21, 20, 13, 12, 11, 10, 3, 2, 1, 0]);
  });

  it('shows a sagittal slice with anterior left and head up', () => {
    const volume = ramp([0, 0, 3, 0, 1, 0, 0, 0, 0, -2, 0, 0, 0, 0, 0, 1]);
    const { borders } = renderSeriesImages('s', volume, volume, { sigma: 1 });
    expect(borders).toEqual({ left: 'A', right: 'P', top: 'H', bottom: 'F' });
  });

  it('says nothing about borders without an affine, and uses a soft tissue window for CT', () => {
    const volume = { ...ramp(new Array<number>(16).fill(0)), units: 'HU' };
    const images = renderSeriesImages('s', volume, volume, { sigma: 1 });
    expect(images.borders).toEqual({ left: '', right: '', top: '', bottom: '' });
    expect(images.window).toEqual({ low: -160, high: 240 });
  });
});
