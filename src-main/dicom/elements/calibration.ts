import type { Calibration } from '../../contract/viewing.js';
import type { Attributes } from './attributes.js';

/** How large a pixel is, and where that holds. */
export interface PixelSize {
  readonly calibration: Calibration;
  /** Between rows, then between columns; mm. null where `calibration` is 'none'. */
  readonly size: readonly [number, number] | null;
}

type Pair = readonly [number, number];

/**
 * Tells sizes in the patient from sizes at the detector (PS3.3 10.7.1.3): Pixel Spacing that repeats Imager Pixel
 * Spacing, or stands in for it, was not corrected for magnification, unless Pixel Spacing Calibration Type says so.
 *
 * @throws LimpidError E_VALUES of numbers that are none
 */
export function readPixelSize(attributes: Attributes): PixelSize {
  const spacing = positive(attributes.decimals('x00280030', 2));
  const detector = positive(attributes.decimals('x00181164', 2));
  if (spacing === null) return { calibration: detector === null ? 'none' : 'detector', size: detector };
  const type = attributes.text('x00280a02');
  if (type === 'GEOMETRY') return { calibration: 'geometry', size: spacing };
  if (type === 'FIDUCIAL') return { calibration: 'fiducial', size: spacing };
  const uncorrected = detector !== null && spacing[0] === detector[0] && spacing[1] === detector[1];
  return { calibration: uncorrected ? 'detector' : 'patient', size: spacing };
}

const WEAKEST_FIRST = ['none', 'detector', 'geometry', 'fiducial'] as const;

/** The one that tells least: what is said of a series must hold in each of its images. */
export function weakestCalibration(sizes: readonly PixelSize[]): Calibration {
  const found = new Set(sizes.map(({ calibration }) => calibration));
  return WEAKEST_FIRST.find((calibration) => found.has(calibration)) ?? 'patient';
}

function positive(values: readonly number[] | undefined): Pair | null {
  return values === undefined || values[0] <= 0 || values[1] <= 0 ? null : [values[0], values[1]];
}
