import { fft, frequencyOf, inverseFft } from '../../base/fft.js';
import type { Level, Size } from './levels.js';
import { type Frame, IDENTITY, type Matrix } from './rigid.js';

/** Cycles over a quarter of an axis' voxels and more are noise to a large part. */
const LOW = 0.25;

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
  readonly size: Size;
}

/** Of an image whose borders go out softly: the field of view ends anywhere. */
export function spectrumOf({ data, size }: Level): Spectrum {
  const [columns, rows, slices] = size;
  const windows = size.map((length) =>
    Float64Array.from({ length }, (_, i) => (length < 4 ? 1 : Math.sin((Math.PI * (i + 0.5)) / length))),
  );
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const re = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const [x, y, z] = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    re[i] = (data[i] - mean) * windows[0][x] * windows[1][y] * windows[2][z];
  }
  const spectrum = { re, im: new Float64Array(re.length), size: [columns, rows, slices] as const };
  transform(spectrum, fft);
  return spectrum;
}

/**
 * The shift from one image to another by phase correlation (Kuglin and Hines, Proc IEEE Conf Cybern Soc 163, 1975), in
 * whole voxels: a start for what is finer. Contrast changes powers more than phases.
 *
 * @returns the motion in mm
 */
export function shiftBetween(usual: Spectrum, moved: Spectrum, { places }: Level, frame: Frame): Matrix {
  const { size } = usual;
  const [columns, rows, slices] = size;
  const re = new Float64Array(usual.re.length);
  const im = new Float64Array(usual.re.length);
  for (let i = 0; i < re.length; i++) {
    const at = [i % columns, Math.floor(i / columns) % rows, Math.floor(i / (columns * rows))];
    const far = at.reduce((sum, k, axis) => sum + (frequencyOf(k, size[axis]) / (LOW * size[axis])) ** 2, 0);
    const a = moved.re[i] * usual.re[i] + moved.im[i] * usual.im[i];
    const b = moved.im[i] * usual.re[i] - moved.re[i] * usual.im[i];
    const power = Math.hypot(a, b);
    const weight = power > 0 ? Math.exp(-far) / power : 0;
    re[i] = weight * a;
    im[i] = weight * b;
  }
  transform({ re, im, size }, inverseFft);
  let best = 0;
  for (let i = 1; i < re.length; i++) if (re[i] > re[best]) best = i;
  const inPlane = frame.free.length < 6;
  const v = [
    frequencyOf(best % columns, columns),
    frequencyOf(Math.floor(best / columns) % rows, rows),
    inPlane ? 0 : frequencyOf(Math.floor(best / (columns * rows)), slices),
  ];
  const motion = [...IDENTITY];
  for (let i = 0; i < 3; i++)
    motion[4 * i + 3] = places[4 * i] * v[0] + places[4 * i + 1] * v[1] + places[4 * i + 2] * v[2];
  return motion;
}

function transform({ re, im, size }: Spectrum, along: (re: Float64Array, im: Float64Array) => void): void {
  let step = 1;
  for (const length of size) {
    const [lineRe, lineIm] = [new Float64Array(length), new Float64Array(length)];
    if (length > 1)
      for (let line = 0; line < re.length / length; line++) {
        const start = Math.floor(line / step) * step * length + (line % step);
        for (let k = 0; k < length; k++) {
          lineRe[k] = re[start + k * step];
          lineIm[k] = im[start + k * step];
        }
        along(lineRe, lineIm);
        for (let k = 0; k < length; k++) {
          re[start + k * step] = lineRe[k];
          im[start + k * step] = lineIm[k];
        }
      }
    step *= length;
  }
}
