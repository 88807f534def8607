import { fft, inverseFft } from '../../base/fft.js';

/** Line integrals of a plane in parallel beams, one row a view: views * channels values. */
export interface Sinogram {
  readonly values: Float64Array;
  readonly views: number;
  /** Channels of the detector, one pixel apart; the middle one, (channels - 1) / 2, looks at the middle. */
  readonly channels: number;
}

/** Values of CT in a plane. */
interface Attenuating {
  readonly values: Float32Array;
  /** Side of a pixel in mm. */
  readonly pixel: number;
  /** Values of air and of water: -1000 and 0 for HU. */
  readonly air: number;
  readonly water: number;
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Linear attenuation of water at about 70 keV, in 1/mm (NIST XCOM: 0.193 / cm). */
export const WATER = 0.0193;

/** Views over half a turn that a matrix needs: pi / 2 times its longer side (Kak and Slaney 1988, 5.3). */
export function enoughViews({ rows, columns }: Grid): number {
  return Math.ceil((Math.PI / 2) * Math.max(rows, columns));
}

/** Channels that see the whole diagonal; odd, so that one looks at the middle. */
export function channelsFor({ rows, columns }: Grid): number {
  return 2 * Math.ceil(Math.hypot(rows, columns) / 2) + 3;
}

/** Angle of view `view` of `views` over half a turn, in radians. */
function angleOf(view: number, views: number): number {
  return (Math.PI * view) / views;
}

/** Attenuation of each pixel along its own side, dimensionless: 0 for air. */
export function attenuation({ values, pixel, air, water }: Attenuating): Float64Array {
  const factor = (WATER * pixel) / (water - air);
  return Float64Array.from(values, (value) => Math.max(0, value - air) * factor);
}

/** Factor from attenuation along a pixel to the values of the plane. */
export function valuePerAttenuation({ pixel, air, water }: Omit<Attenuating, 'values'>): number {
  return (water - air) / (WATER * pixel);
}

/**
 * Line integrals by Joseph's method (IEEE Trans Med Imaging 1:192, 1982): linear interpolation between the pixels
 * of each row or column that a ray crosses.
 *
 * @param image rows * columns values a pixel
 */
export function project(image: Float64Array, { rows, columns }: Grid, views: number): Sinogram {
  const channels = channelsFor({ rows, columns });
  const values = new Float64Array(views * channels);
  const [middleX, middleY, middle] = [(columns - 1) / 2, (rows - 1) / 2, (channels - 1) / 2];
  for (let view = 0; view < views; view++) {
    const theta = angleOf(view, views);
    const [c, s] = [Math.cos(theta), Math.sin(theta)];
    // a ray is x cos + y sin = t: step along the axis it crosses fastest, interpolate on the other
    const byRows = Math.abs(c) >= Math.abs(s);
    const [steps, across] = byRows ? [rows, columns] : [columns, rows];
    const [stepStride, acrossStride] = byRows ? [columns, 1] : [1, columns];
    const [major, minor] = byRows ? [c, s] : [s, c];
    const [middleStep, middleAcross] = byRows ? [middleY, middleX] : [middleX, middleY];
    const slope = -minor / major;
    const length = 1 / Math.abs(major);
    for (let channel = 0; channel < channels; channel++) {
      let at = (channel - middle) / major + middleAcross - middleStep * slope;
      let sum = 0;
      for (let step = 0; step < steps; step++, at += slope) {
        const low = Math.floor(at);
        if (low < -1 || low >= across) continue;
        const part = at - low;
        const base = step * stepStride + low * acrossStride;
        if (low >= 0) sum += (1 - part) * image[base];
        if (low + 1 < across) sum += part * image[base + acrossStride];
      }
      values[view * channels + channel] = sum * length;
    }
  }
  return { values, views, channels };
}

/** Filtered backprojection (Ramachandran and Lakshminarayanan 1971): the image of a sinogram over half a turn. */
export function reconstruct(sinogram: Sinogram, grid: Grid): Float64Array {
  return backproject(filterViews(sinogram), grid);
}

/** Every view convolved with the band-limited ramp of Kak and Slaney (1988, eq. 61), unit channel spacing. */
export function filterViews({ values, views, channels }: Sinogram): Sinogram {
  let size = 1;
  while (size < 2 * channels) size *= 2;
  const ramp = rampSpectrum(size);
  const out = new Float64Array(values.length);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  for (let view = 0; view < views; view++) {
    re.fill(0);
    im.fill(0);
    re.set(values.subarray(view * channels, (view + 1) * channels));
    fft(re, im);
    for (let k = 0; k < size; k++) {
      re[k] *= ramp[k];
      im[k] *= ramp[k];
    }
    inverseFft(re, im);
    out.set(re.subarray(0, channels), view * channels);
  }
  return { values: out, views, channels };
}

function rampSpectrum(size: number): Float64Array {
  const re = new Float64Array(size);
  re[0] = 0.25;
  for (let n = 1; n < size / 2; n += 2) re[n] = re[size - n] = -1 / (Math.PI * n) ** 2;
  fft(re, new Float64Array(size));
  // the spectrum of a convolution kernel is not unitary
  return re.map((value) => value * Math.sqrt(size));
}

/** The sum of the views through each pixel, times pi over their number. */
export function backproject({ values, views, channels }: Sinogram, { rows, columns }: Grid): Float64Array {
  const image = new Float64Array(rows * columns);
  const [middleX, middleY, middle] = [(columns - 1) / 2, (rows - 1) / 2, (channels - 1) / 2];
  for (let view = 0; view < views; view++) {
    const theta = angleOf(view, views);
    const [c, s] = [Math.cos(theta), Math.sin(theta)];
    const base = view * channels;
    for (let y = 0, i = 0; y < rows; y++) {
      let at = middle + (y - middleY) * s - middleX * c;
      for (let x = 0; x < columns; x++, i++, at += c) {
        const low = Math.floor(at);
        const part = at - low;
        image[i] += (1 - part) * values[base + low] + part * values[base + low + 1];
      }
    }
  }
  const weight = Math.PI / views;
  for (let i = 0; i < image.length; i++) image[i] *= weight;
  return image;
}
