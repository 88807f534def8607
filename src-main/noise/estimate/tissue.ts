import { type Air, airNoise } from '../air.js';
import { tissueThreshold } from '../foreground.js';
import { foregroundLevel, type Plane, sampleValues } from '../planes.js';

/** CT below this is air and lung, HU. */
const CT_TISSUE = -500;

/** Air and soft tissue in HU, and the share of the values that each has at least where a body and air around it are seen. */
const AIR = [-1100, -900] as const;
const SOFT = [-200, 300] as const;
const LEAST_SHARE = 0.05;
const SAMPLES = 20_000;

/** Whether values are Hounsfield units by themselves: NIfTI has no word for CT, and is to be taken as DICOM is. */
export function showsHounsfield(planes: readonly Plane[]): boolean {
  const values = sampleValues(planes, SAMPLES, false);
  const share = ([least, most]: readonly [number, number]): number =>
    values.reduce((count, value) => (value >= least && value <= most ? count + 1 : count), 0) / values.length;
  return values.length > 0 && share(AIR) >= LEAST_SHARE && share(SOFT) >= LEAST_SHARE;
}

/** The value above which there is tissue, and the noise of the air. */
export interface Tissue {
  readonly level: number;
  readonly hasAir: boolean;
  /** Null where there is none, or it is no noise alone. */
  readonly air: Air | null;
}

/** Where there is tissue in values with a sign, CT among them. */
export function signedTissue(planes: readonly Plane[], ct: boolean): Tissue {
  const level = foregroundLevel(planes);
  return { level: ct ? Math.max(level, CT_TISSUE) : level, hasAir: false, air: null };
}

/** Where there is tissue in magnitudes: above the noise of the air too. */
export function magnitudeTissue(planes: readonly Plane[]): Tissue {
  const threshold = tissueThreshold(planes);
  const air = threshold.air ? airNoise(planes, threshold.level) : null;
  return { level: threshold.level, hasAir: threshold.air, air };
}
