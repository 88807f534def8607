import { SegmentClass, SegmentLearnt, SegmentSize } from './encoders/segment.js';
import { problem } from './problem.js';
import { RunStatus } from './report.js';
import { SegmentFeature } from './requests/choices.js';
import { filled, list, nullOr, type Of, object, oneOf, only, text, whole } from './schema/schema.js';

export const SegmentSeries = object({
  id: text,
  status: RunStatus,
  problem: nullOr(problem),
  warnings: list(problem),
  segments: list(SegmentSize),
  /** Names in the output folder; `*` stands for the name of a NIfTI input. */
  outputs: list(text),
});
export type SegmentSeries = Of<typeof SegmentSeries>;

export const SegmentReport = object({
  format: only('limpid-segment-1'),
  notice: text,
  version: text,
  /** ISO 8601. */
  createdAt: text,
  seed: whole,
  model: nullOr(object({ family: filled, sha256: filled })),
  features: list(SegmentFeature),
  method: oneOf(['labels', 'clusters', 'predict']),
  classes: list(SegmentClass),
  /** Of labels; null: clusters, or a segmenter that was learnt before. */
  learnt: nullOr(SegmentLearnt),
  series: list(SegmentSeries),
});
export type SegmentReport = Of<typeof SegmentReport>;
