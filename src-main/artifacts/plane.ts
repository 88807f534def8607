import { type ComplexImage, fft2, inverseFft2 } from '../base/fft.js';
import type { Random } from '../base/random.js';

/** One image plane, x (column) fastest: rows * columns values. */
export interface ArtifactPlane {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Where the plane lies in its stack, from 0 (first) to 1 (last): fields that go on from slice to slice use it. */
  readonly height: number;
  /** Side of a pixel in mm. */
  readonly pixel: number;
  /** Values of air and of water, which give the attenuation of X-rays: -1000 and 0 for HU. */
  readonly air: number;
  readonly water: number;
}

/** What a severity means, for people and for checks. */
interface SeverityScale {
  readonly unit: string;
  readonly meaning: string;
  readonly usual: number;
  readonly least: number;
  readonly most: number;
}

/** A physical model of one artifact. */
export interface ArtifactModel {
  readonly severity: SeverityScale;
  /** Draws the circumstances that all planes of a stack share (coil field, broken detector channels, ...). */
  readonly prepare: (severity: number, size: PlaneSize, random: Random) => PlaneArtifact;
}

export interface PlaneSize {
  readonly rows: number;
  readonly columns: number;
}

/** The plane with the artifact, in its own units; `random` decides what differs from plane to plane. */
type PlaneArtifact = (plane: ArtifactPlane, random: Random) => Float32Array;

/** k-space of a magnitude plane, frequency 0 at index 0. */
export function toKSpace({ values, rows, columns }: ArtifactPlane): ComplexImage {
  const image = { re: Float64Array.from(values), im: new Float64Array(values.length), rows, columns };
  fft2(image);
  return image;
}

/** The magnitude image of a k-space, which is overwritten. */
export function magnitudeOfKSpace(kSpace: ComplexImage): Float32Array {
  inverseFft2(kSpace);
  return magnitude(kSpace);
}

export function magnitude({ re, im }: ComplexImage): Float32Array {
  return Float32Array.from(re, (value, i) => Math.hypot(value, im[i]));
}

export function brightest(values: Float32Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}

/** Uniform in [from, to). */
export function between(random: Random, from: number, to: number): number {
  return from + (to - from) * random.uniform();
}
