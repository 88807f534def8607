import { type Axis, alongAxis, type ComplexImage, fft, frequencyOf, inverseFft } from '../base/fft.js';
import { type ArtifactModel, type ArtifactPlane, between, magnitude } from './plane.js';

export interface GhostSettings {
  /** Axis of phase encoding, along which the ghosts lie. */
  readonly axis: Axis;
  /** Lines after which the error repeats; 2 (odd and even echoes of EPI) gives the N/2 ghost. */
  readonly period: number;
  /** Phase error in radians at the middle of a read-out line: ghost over parent is tan(phase) for period 2. */
  readonly phase: number;
  /** Change of the phase error over the read-out line (shift of the odd echoes), in radians. */
  readonly slope: number;
}

/**
 * Ghosts of a phase error that repeats along the phase-encoding direction: line k is multiplied with
 * exp(i phase cos(2 pi k / period)), k counted from the middle of k-space. With period 2 that is the N/2 ghost of EPI, from echoes of alternating
 * polarity (Reeder et al, Magn Reson Med 41:87, 1999), half a field of view away. Energy is conserved.
 */
export function ghost(plane: ArtifactPlane, settings: GhostSettings): Float32Array {
  const { values, rows, columns } = plane;
  const hybrid: ComplexImage = {
    re: Float64Array.from(values),
    im: new Float64Array(values.length),
    rows,
    columns,
  };
  alongAxis(hybrid, settings.axis, fft);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      const [line, along] =
        settings.axis === 'y' ? [frequencyOf(y, rows), x / columns] : [frequencyOf(x, columns), y / rows];
      const error = settings.phase + settings.slope * (along - 0.5);
      const angle = error * Math.cos((2 * Math.PI * line) / settings.period);
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const re = hybrid.re[i];
      hybrid.re[i] = re * c - hybrid.im[i] * s;
      hybrid.im[i] = re * s + hybrid.im[i] * c;
    }
  alongAxis(hybrid, settings.axis, inverseFft);
  return magnitude(hybrid);
}

export const ghostModel: ArtifactModel = {
  severity: {
    unit: '%',
    meaning: 'intensity of the N/2 ghost over that of its parent, at the middle of the read-out',
    usual: 20,
    least: 0,
    most: 100,
  },
  prepare: (severity, _size, random) => {
    const phase = Math.atan(severity / 100);
    const slope = between(random, -0.5, 0.5) * phase;
    return (plane, own) =>
      ghost(plane, { axis: 'y', period: 2, phase: phase * between(own, 0.9, 1.1), slope });
  },
};
