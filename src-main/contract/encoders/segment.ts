/**
 * What a segmenter is: how pixels are described and told apart, kept as a file, and what it marks. Plain
 * data without patient attributes or file names; names of segments are what the person, or their segmentation, says.
 */
import { SegmentFeature } from '../requests/choices.js';
import {
  filled,
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  text,
  variants,
  whole,
} from '../schema/schema.js';
import { Scaling } from './probe.js';

/** A concept of a terminology: value, scheme, meaning (PS3.3 table 8.8-1). */
const Concept = object({ value: filled, scheme: filled, meaning: filled });

/** One class of pixels that is marked. */
export const SegmentClass = object({
  /** As labels number it, from 1; 0 is what is none of the others, and is not written. */
  label: whole,
  name: filled,
  /** Category and type, where a segmentation told these. */
  codes: nullOr(object({ category: Concept, type: Concept })),
});
export type SegmentClass = Of<typeof SegmentClass>;

/** What `limpid segment` keeps as segmenter.json, and `--predict` takes. */
export const SegmenterFile = object({
  format: only('limpid-segmenter-1'),
  notice: text,
  /** Of Limpid. */
  version: text,
  /** Whose latents it reads; null: no model's. */
  model: nullOr(object({ family: filled, sha256: filled })),
  features: list(SegmentFeature),
  /** Of patches, where these are among the features: mean, vectors one after the other, variances. */
  components: nullOr(object({ mean: list(number), vectors: list(number), variances: list(number) })),
  /** In the order of the outputs. */
  classes: list(SegmentClass),
  teller: variants('kind', [
    /** Scaled, then beside their squares, scaled again; classes * (2 * length + 1) factors as of a probe. */
    object({ kind: only('linear'), first: Scaling, scaling: Scaling, factors: list(number) }),
    /** Scaled; classes * length numbers. */
    object({ kind: only('clusters'), scaling: Scaling, centres: list(number) }),
  ]),
});
export type SegmenterFile = Of<typeof SegmenterFile>;

/** A segment of a series as it was marked. */
export const SegmentSize = object({ label: whole, name: filled, voxels: whole, millilitres: number });
export type SegmentSize = Of<typeof SegmentSize>;

/** Overlap 2 |A and B| / (|A| + |B|) of each class on labelled pixels; null: a class without any. */
const Overlaps = list(nullOr(number));

export const SegmentLearnt = object({
  /** Labelled pixels of each class, in the order of the classes. */
  pixels: list(whole),
  series: whole,
  slices: whole,
  /** On what was not learnt from; null: labels of one slice allow no such test. */
  heldOut: nullOr(
    object({
      by: oneOf(['patients', 'slices']),
      parts: whole,
      dice: Overlaps,
      /** The same by the intensity of the pixel alone. */
      intensityDice: Overlaps,
    }),
  ),
});
export type SegmentLearnt = Of<typeof SegmentLearnt>;
