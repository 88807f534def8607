import { floatsAt, Layout } from '../../../src-main/artifacts/remove/planes/memory.js';
import { type ComplexImage, fft2, frequencyOf, inverseFft2 } from '../../../src-main/base/fft.js';
import type { Random } from '../../../src-main/base/random.js';
import type { Volume } from '../../../src-main/imaging/volume.js';
import { distance } from '../support.js';

/** An ellipse of tissue with discs in it, in air, point by point: no two sides of the image are alike. Units 0 to 1000. */
function phantom(x: number, y: number): number {
  const inside = (cx: number, cy: number, rx: number, ry: number) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 < 1;
  if (!inside(0.52, 0.49, 0.34, 0.4)) return 0;
  if (inside(0.4, 0.45, 0.09, 0.12)) return 900;
  if (inside(0.66, 0.52, 0.06, 0.1)) return 250;
  if (inside(0.52, 0.72, 0.12, 0.05)) return 750;
  return 500;
}

const FINE = 8;

/** What a scanner of `acquired` frequencies a side shows of the phantom on a matrix of `side`, and the means over voxels. */
export function acquiredPhantom(side: number, acquired: number): Sampled {
  const fine = FINE * acquired;
  const image = {
    re: new Float64Array(fine * fine),
    im: new Float64Array(fine * fine),
    rows: fine,
    columns: fine,
  };
  for (let i = 0; i < image.re.length; i++)
    image.re[i] = phantom((i % fine) / fine, Math.floor(i / fine) / fine);
  fft2(image);
  return sampledAs(image, { rows: side, columns: side }, { x: acquired, y: acquired });
}

interface Sampled {
  /** Of the acquired frequencies alone. */
  readonly ringing: Float32Array;
  /** Means over voxels of the acquired size. */
  readonly means: Float32Array;
}

/** What a scanner of so many frequencies shows on a matrix of `size` of an image, whose k-space is given. */
export function sampledAs(
  fine: ComplexImage,
  size: { readonly rows: number; readonly columns: number },
  acquired: { readonly x: number; readonly y: number },
): Sampled {
  const sampled = (weightOf: Weight) => Float32Array.from(cropped(fine, size, weightOf).re);
  const sinc = (f: number) => (f === 0 ? 1 : Math.sin(Math.PI * f) / (Math.PI * f));
  return {
    ringing: sampled((fx, fy) => (2 * Math.abs(fx) < acquired.x && 2 * Math.abs(fy) < acquired.y ? 1 : 0)),
    means: sampled((fx, fy) => sinc(fx / acquired.x) * sinc(fy / acquired.y)),
  };
}

type Weight = (fx: number, fy: number) => number;

/** The image of weighted k-space on a matrix; frequencies that it cannot hold are folded. */
function cropped(
  fine: ComplexImage,
  size: { readonly rows: number; readonly columns: number },
  weightOf: Weight,
): ComplexImage {
  const scale = Math.sqrt((size.rows * size.columns) / (fine.rows * fine.columns));
  const out = {
    re: new Float64Array(size.rows * size.columns),
    im: new Float64Array(size.rows * size.columns),
    ...size,
  };
  for (let y = 0, i = 0; y < fine.rows; y++)
    for (let x = 0; x < fine.columns; x++, i++) {
      const [fx, fy] = [frequencyOf(x, fine.columns), frequencyOf(y, fine.rows)];
      const weight = scale * weightOf(fx, fy);
      if (weight === 0) continue;
      const to =
        (((fy % size.rows) + size.rows) % size.rows) * size.columns +
        (((fx % size.columns) + size.columns) % size.columns);
      out.re[to] += weight * fine.re[i];
      out.im[to] += weight * fine.im[i];
    }
  inverseFft2(out);
  return out;
}

/** k-space of real values that have a phase of some radians, smooth over the image, as coils and fields make it. */
export function withPhase(
  values: ArrayLike<number>,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  random: Random,
): ComplexImage {
  const [a, b, c, d, e] = Array.from({ length: 5 }, () => random.normal());
  const image = { re: new Float64Array(rows * columns), im: new Float64Array(rows * columns), rows, columns };
  for (let i = 0; i < image.re.length; i++) {
    const [u, v] = [(2 * (i % columns)) / columns - 1, (2 * Math.floor(i / columns)) / rows - 1];
    const phase = a * u + b * v + c * u * v + d * u * u + e * v * v;
    image.re[i] = values[i] * Math.cos(phase);
    image.im[i] = values[i] * Math.sin(phase);
  }
  fft2(image);
  return image;
}

/**
 * Magnitudes of partial Fourier along columns: on one side k-space was acquired up to `short` cycles over the field of
 * view only. The rest is zeros, or told by the phase of what is known on both sides (homodyne; Noll, Nishimura and
 * Macovski, IEEE Trans Med Imaging 10:154, 1991).
 */
export function oneSided(
  fine: ComplexImage,
  size: { readonly rows: number; readonly columns: number },
  acquired: { readonly x: number; readonly y: number },
  short: number,
  rest: 'zeros' | 'homodyne',
): Float32Array {
  const seen: Weight = (fx, fy) =>
    2 * Math.abs(fx) < acquired.x && 2 * fy < acquired.y && fy >= -short ? 1 : 0;
  if (rest === 'zeros') {
    const { re, im } = cropped(fine, size, seen);
    return Float32Array.from(re, (value, i) => Math.hypot(value, im[i]));
  }
  const both = cropped(fine, size, (fx, fy) => seen(fx, fy) * Math.max(0, Math.min(2, 1 + fy / short)));
  const low = cropped(fine, size, (fx, fy) =>
    Math.abs(fy) > short ? 0 : seen(fx, fy) * Math.cos((Math.PI * fy) / (2 * short)) ** 2,
  );
  return Float32Array.from(both.re, (re, i) => {
    const projected = re * low.re[i] + both.im[i] * low.im[i];
    return Math.abs(projected) / Math.max(Math.hypot(low.re[i], low.im[i]), Number.MIN_VALUE);
  });
}

/** Range of the truth over the error; dB. */
export function psnr(values: Float32Array, truth: Float32Array): number {
  return 20 * Math.log10(1000 / distance(values, truth));
}

/** Planes of one size one after the other. */
export function stackOf(planes: readonly Float32Array[], side: number): Volume {
  const data = new Float32Array(planes.length * side * side);
  for (const [i, plane] of planes.entries()) data.set(plane, i * side * side);
  return {
    data,
    columns: side,
    rows: side,
    slices: planes.length,
    frames: 1,
    spacing: [1, 1, 2],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

/** Fills the first of the kernel's memory with what a task before may have left there. */
export function leaveInMemory(value: number, values: number): void {
  const layout = new Layout();
  const at = layout.take(values);
  floatsAt(layout.open(), at, values).fill(value);
}
