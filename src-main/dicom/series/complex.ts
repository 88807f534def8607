import type { ComplexHalf } from '../../contract/results.js';
import type { Instance } from '../read/instance.js';
import { PHASE, type Series } from './series.js';

/** Two series that are one complex image: magnitude and phase, or real and imaginary parts. */
export interface ComplexPair {
  readonly kind: 'polar' | 'cartesian';
  /** Magnitude, or real part. */
  readonly first: Series;
  /** Phase, or imaginary part: eligible here, where it has its other half. */
  readonly second: Series & { readonly eligible: true };
}

/**
 * Finds the halves of complex images: on one grid, of one study, echo, coil, time and encoding, in one series or in two.
 * A map of the field that calls itself phase has fewer echoes than its magnitudes, and is left alone.
 */
function pairComplex(series: readonly Series[]): ComplexPair[] {
  const polar = halvesOf(series, MAGNITUDES, isPhase).map(
    ([first, second]): ComplexPair => ({ kind: 'polar', first, second }),
  );
  const cartesian = halvesOf(series, ['R'], (one) => one.eligible && partOf(one) === 'I').map(
    ([first, second]): ComplexPair => ({ kind: 'cartesian', first, second }),
  );
  return [...withAllEchoes(polar, series), ...cartesian];
}

/** Those that are denoised as one: a series has at most one other that holds the other halves of its images. */
export function usedPairs(series: readonly Series[]): ComplexPair[] {
  const elsewhere = new Map<string, string>();
  return pairComplex(series).filter(({ first, second }) => {
    if (first.seriesInstanceUid === second.seriesInstanceUid) return true;
    const known = elsewhere.get(first.seriesInstanceUid) ?? second.seriesInstanceUid;
    elsewhere.set(first.seriesInstanceUid, known);
    return known === second.seriesInstanceUid;
  });
}

/** What is told of series that are halves of complex images, by their ids. */
export function complexHalves(series: readonly Series[]): Map<string, ComplexHalf> {
  return new Map(
    usedPairs(series).flatMap(({ kind, first, second }) => {
      const [one, other] =
        kind === 'polar' ? (['magnitude', 'phase'] as const) : (['real', 'imaginary'] as const);
      const isOne = first.seriesInstanceUid === second.seriesInstanceUid;
      const of = (part: ComplexHalf['part'], { seriesNumber }: Series): ComplexHalf => ({
        part,
        denoisedAs: first.id,
        otherSeries: isOne ? null : seriesNumber,
      });
      return [
        [first.id, of(one, second)],
        [second.id, of(other, first)],
      ] as const;
    }),
  );
}

/** Not every scanner says of a magnitude that it is one. */
const MAGNITUDES = ['M', ''];

function isPhase(series: Series): boolean {
  return series.why === PHASE;
}

function partOf({ instances }: Series): string {
  return instances[0].complexPart;
}

function halvesOf(
  series: readonly Series[],
  firstParts: readonly string[],
  isSecond: (one: Series) => boolean,
): [Series, ComplexPair['second']][] {
  const taken = new Set<Series>();
  return series.filter(isSecond).flatMap((second): [Series, ComplexPair['second']][] => {
    const firsts = series.filter(
      (one) => one.eligible && firstParts.includes(partOf(one)) && !taken.has(one) && isOneImage(one, second),
    );
    const [first] = firsts.sort((a, b) => apart(a, second) - apart(b, second));
    if (first === undefined) return [];
    taken.add(first);
    return [[first, { ...second, eligible: true, why: null }]];
  });
}

/** Halves are stored one after the other: in one series, or in the next. */
function apart(a: Series, b: Series): number {
  if (a.seriesInstanceUid === b.seriesInstanceUid) return -1;
  return Math.abs((a.seriesNumber ?? 0) - (b.seriesNumber ?? 0));
}

/** Affines are of numbers that were written with few digits. */
const SAME_MM = 0.01;

function isOneImage(a: Series, b: Series): boolean {
  const { instances, geometry, frames, studyInstanceUid } = b;
  return (
    a.studyInstanceUid === studyInstanceUid &&
    a.frames === frames &&
    a.instances.length === instances.length &&
    a.geometry.slices === geometry.slices &&
    a.geometry.unplaced === geometry.unplaced &&
    a.geometry.missing.join() === geometry.missing.join() &&
    a.geometry.affine.every((value, i) => Math.abs(value - geometry.affine[i]) <= SAME_MM) &&
    a.instances.every((one, i) => isHalf(one, instances[i], a.seriesInstanceUid === b.seriesInstanceUid))
  );
}

function isHalf(a: Instance, b: Instance, sameSeries: boolean): boolean {
  const same = (x: number | null, y: number | null) => x === null || y === null || Math.abs(x - y) < 0.01;
  return (
    a.rows === b.rows &&
    a.columns === b.columns &&
    a.numberOfFrames === b.numberOfFrames &&
    a.photometric === 'MONOCHROME2' &&
    b.photometric === 'MONOCHROME2' &&
    a.frameOfReferenceUid === b.frameOfReferenceUid &&
    a.coil === b.coil &&
    same(a.echoTime, b.echoTime) &&
    same(a.inversionTime, b.inversionTime) &&
    same(a.triggerTime, b.triggerTime) &&
    same(a.temporalPosition, b.temporalPosition) &&
    same(a.bValue, b.bValue) &&
    (a.gradient ?? []).every((g, i) => same(g, b.gradient?.[i] ?? null)) &&
    (sameSeries || a.acquisitionTime === b.acquisitionTime) &&
    isUndistorted(a) === isUndistorted(b)
  );
}

/** Distortion correction moves voxels, so both halves must have had it, or neither. */
function isUndistorted({ imageType }: Instance): boolean {
  return imageType.some((value) => /^DIS[23]D$/.test(value));
}

/** Pairs of a series of magnitudes of whose echoes one has no phase: what is there is the difference of two. */
function withAllEchoes(pairs: readonly ComplexPair[], series: readonly Series[]): ComplexPair[] {
  const paired = new Set(pairs.map(({ first }) => first));
  const alone = series.filter((one) => one.eligible && MAGNITUDES.includes(partOf(one)) && !paired.has(one));
  const echoOf = ({ instances }: Series) => instances[0].echoTime?.toFixed(2) ?? '';
  return pairs.filter(({ first }) => {
    const echoes = pairs
      .filter((pair) => pair.first.seriesInstanceUid === first.seriesInstanceUid)
      .map((pair) => echoOf(pair.first));
    return alone.every(
      (one) => one.seriesInstanceUid !== first.seriesInstanceUid || echoes.includes(echoOf(one)),
    );
  });
}
