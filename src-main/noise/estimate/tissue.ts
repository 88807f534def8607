import { type Air, airNoise } from '../air.js';
import { tissueThreshold } from '../foreground.js';
import { foregroundLevel, type Plane } from '../planes.js';

/** CT below this is air and lung, HU. */
const CT_TISSUE = -500;

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
