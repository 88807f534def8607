import { problem } from './problem.js';
import { RunStatus } from './report.js';
import { AnomalyScore } from './requests/choices.js';
import { list, nullOr, number, type Of, object, oneOf, only, optional, text } from './schema/schema.js';

/** What one method says of a slice. */
export const SliceScore = object({
  /** 99th percentile over the foreground. */
  score: number,
  /** Share of normal slices that score as high, with this one counted among them: small where it is unusual. */
  rank: number,
  /** Share of the foreground above the limit. */
  above: number,
});
export type SliceScore = Of<typeof SliceScore>;

export const ScoredSlice = object({
  slice: number,
  frame: number,
  /** Pixels. */
  foreground: number,
  /** By what marks (`score` of the report). null: too little foreground. */
  error: nullOr(SliceScore),
  /** The baseline: a threshold on the intensity. */
  intensity: nullOr(SliceScore),
});
export type ScoredSlice = Of<typeof ScoredSlice>;

/** How well scores tell pixels of inserted lesions from other foreground. */
export const Ranking = object({
  /** Area under the receiver operating characteristic: 0.5 by chance. */
  auroc: number,
  /** Area under precision over recall (average precision): `prevalence` by chance. */
  auprc: number,
  /** Overlap 2 |A and B| / (|A| + |B|) of the mask at the limit. */
  dice: number,
  /** Overlap at the best limit there is, which nobody knows beforehand. */
  bestDice: number,
  /** Share of the other foreground above the limit. */
  falsePositives: number,
});
export type Ranking = Of<typeof Ranking>;

/** Lesions of one size and contrast: how many have at least half of their pixels above the limit. */
export const LesionKind = object({
  /** mm; full width at half maximum. */
  diameter: number,
  /** Share of the intensity range; half of them are brighter, half darker. */
  contrast: number,
  inserted: number,
  foundByError: number,
  foundByIntensity: number,
});
export type LesionKind = Of<typeof LesionKind>;

export const LesionCheck = object({
  lesions: number,
  /** Foreground pixels that were judged. */
  pixels: number,
  /** Share of them that lies in lesions. */
  prevalence: number,
  error: Ranking,
  intensity: Ranking,
  kinds: list(LesionKind),
});
export type LesionCheck = Of<typeof LesionCheck>;

export const AnomalySeries = object({
  id: text,
  status: RunStatus,
  problem: nullOr(problem),
  /** What was told while it was read and looked at. */
  warnings: list(problem),
  slices: list(ScoredSlice),
  /** Share of the foreground that the mask marks. */
  marked: nullOr(number),
  /** null: not asked for, or no place was found for lesions. */
  lesions: nullOr(LesionCheck),
  /** Names in the output folder; `*` stands for the name of a NIfTI input. */
  outputs: list(text),
});
export type AnomalySeries = Of<typeof AnomalySeries>;

export const AnomalyReport = object({
  format: only('limpid-anomaly-1'),
  notice: text,
  version: text,
  /** ISO 8601. */
  createdAt: text,
  model: object({ family: text, sha256: text }),
  device: text,
  falsePositiveRate: number,
  /** What `error` stands for; absent in reports of earlier versions: the residual. */
  score: optional(AnomalyScore),
  /** Above these a pixel is marked: shares of the intensity range, or standard deviations of features. */
  limits: object({ error: number, intensity: number }),
  normal: object({ source: oneOf(['model card', 'given']), planes: number }),
  series: list(AnomalySeries),
});
export type AnomalyReport = Of<typeof AnomalyReport>;
