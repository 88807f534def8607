import type { Problem } from './errors.js';
import type { RunStatus } from './report.js';

/** What one method says of a slice. */
export interface SliceScore {
  /** 99th percentile over the foreground. */
  readonly score: number;
  /** Share of normal slices that score as high, with this one counted among them: small where it is unusual. */
  readonly rank: number;
  /** Share of the foreground above the limit. */
  readonly above: number;
}

export interface ScoredSlice {
  readonly slice: number;
  readonly frame: number;
  /** Pixels. */
  readonly foreground: number;
  /** null: too little foreground. */
  readonly error: SliceScore | null;
  /** The baseline: a threshold on the intensity. */
  readonly intensity: SliceScore | null;
}

/** How well scores tell pixels of inserted lesions from other foreground. */
export interface Ranking {
  /** Area under the receiver operating characteristic: 0.5 by chance. */
  readonly auroc: number;
  /** Area under precision over recall (average precision): `prevalence` by chance. */
  readonly auprc: number;
  /** Overlap 2 |A and B| / (|A| + |B|) of the mask at the limit. */
  readonly dice: number;
  /** Overlap at the best limit there is, which nobody knows beforehand. */
  readonly bestDice: number;
  /** Share of the other foreground above the limit. */
  readonly falsePositives: number;
}

/** Lesions of one size and contrast: how many have at least half of their pixels above the limit. */
export interface LesionKind {
  /** mm; full width at half maximum. */
  readonly diameter: number;
  /** Share of the intensity range; half of them are brighter, half darker. */
  readonly contrast: number;
  readonly inserted: number;
  readonly foundByError: number;
  readonly foundByIntensity: number;
}

export interface LesionCheck {
  readonly lesions: number;
  /** Foreground pixels that were judged. */
  readonly pixels: number;
  /** Share of them that lies in lesions. */
  readonly prevalence: number;
  readonly error: Ranking;
  readonly intensity: Ranking;
  readonly kinds: readonly LesionKind[];
}

export interface AnomalySeries {
  readonly id: string;
  readonly status: RunStatus;
  readonly problem: Problem | null;
  /** What was told while it was read and looked at. */
  readonly warnings: readonly Problem[];
  readonly slices: readonly ScoredSlice[];
  /** Share of the foreground that the mask marks. */
  readonly marked: number | null;
  /** null: not asked for, or no place was found for lesions. */
  readonly lesions: LesionCheck | null;
  /** Names in the output folder; `*` stands for the name of a NIfTI input. */
  readonly outputs: readonly string[];
}

export interface AnomalyReport {
  readonly format: 'limpid-anomaly-1';
  readonly notice: string;
  readonly version: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly model: { readonly family: string; readonly sha256: string };
  readonly device: string;
  readonly falsePositiveRate: number;
  /** Above these a pixel is marked. */
  readonly limits: { readonly error: number; readonly intensity: number };
  readonly normal: { readonly source: 'model card' | 'given'; readonly planes: number };
  readonly series: readonly AnomalySeries[];
}
