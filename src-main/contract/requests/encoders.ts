import {
  filled,
  flag,
  list,
  nullOr,
  type Of,
  object,
  oneOf,
  only,
  optional,
  some,
  whole,
} from '../schema/schema.js';
import { CHOSEN_SERIES, DeviceName, SegmentFeature } from './choices.js';

/** A linear function from a model's latents to labels: learnt and judged, or applied. */
export const ProbeRequest = object({
  type: only('probe'),
  /** File, or id or name from the library. */
  model: filled,
  inputs: some,
  /** Folder: new or empty. */
  output: filled,
  /** A table (CSV) of labels to learn; null: `predict` is given. */
  labels: nullOr(filled),
  /** Name of its column of labels; null: `label`. */
  column: nullOr(filled),
  /** Name of its column of patients; null: `patient`, where there is one. */
  group: nullOr(filled),
  /** Whether labels are classes or numbers; auto: numbers where all are and more than ten differ. */
  kind: oneOf(['auto', 'classes', 'numbers']),
  /** A probe file to apply; null: one is learnt. */
  predict: nullOr(filled),
  /** Slices of a series that are looked at, evenly chosen. */
  slices: whole,
  seed: whole,
  device: DeviceName,
  /** Also series that Limpid derived. */
  force: flag,
  /** One for each input: the id of the one series of it that is meant, null for all; absent: all of every input. */
  only: optional(list(nullOr(filled))),
  ...CHOSEN_SERIES,
});
export type ProbeRequest = Of<typeof ProbeRequest>;

/** Slices of series into an index by their latents, which later runs add to. */
export const IndexRequest = object({
  type: only('index'),
  /** File, or id or name from the library. */
  model: filled,
  inputs: some,
  /** Folder of the index: new, empty, or one that was begun with the same model. */
  index: filled,
  device: DeviceName,
  /** Also series that Limpid derived. */
  force: flag,
  /** One for each input: the id of the one series of it that is meant, null for all; absent: all of every input. */
  only: optional(list(nullOr(filled))),
  ...CHOSEN_SERIES,
});
export type IndexRequest = Of<typeof IndexRequest>;

/** Series of an index that have slices like one of a file. */
export const LikeRequest = object({
  type: only('like'),
  /** That the index was made with: file, or id or name from the library. */
  model: filled,
  /** A file or folder: of one series, or `series` or `where` say which of them is meant. */
  input: filled,
  /** From 0, slices frame by frame; null: the middle one. */
  slice: nullOr(whole),
  /** Folder of the index. */
  index: filled,
  /** Series that are wanted. */
  count: whole,
  /** New or empty folder for thumbnails; null: none. */
  pictures: nullOr(filled),
  device: DeviceName,
  /** Ids or Series Instance UIDs of the series that is meant; absent: the only one. */
  series: optional(some),
  /** A condition on attributes (base/condition) that it meets; absent: none. */
  where: optional(filled),
});
export type LikeRequest = Of<typeof LikeRequest>;

/** Every pixel of series marked by what describes it: clustered, learnt from labels, or by what was learnt before. */
export const SegmentRequest = object({
  type: only('segment'),
  /** File, or id or name from the library; null: features that need no model. */
  model: nullOr(filled),
  input: filled,
  /** Folder: new or empty. */
  output: filled,
  /** Masks to learn: NIfTI, DICOM Segmentations, series of labels, folders of these. Empty: one of the next two is given. */
  labels: list(filled),
  /** How many clusters there are; null: none are sought. */
  clusters: nullOr(whole),
  /** A segmenter file to apply; null: one is learnt. */
  predict: nullOr(filled),
  /** Whether pixels without a label, in slices with labels, are background; else nothing is known of them. */
  background: flag,
  /** What describes a pixel; null: the usual. */
  features: nullOr(list(SegmentFeature)),
  /** What labels are called. */
  names: list(object({ label: whole, name: filled })),
  /** Volume of a series of several, from 0; null: series have one. */
  frame: nullOr(whole),
  seed: whole,
  device: DeviceName,
  /** Also series that Limpid derived. */
  force: flag,
  ...CHOSEN_SERIES,
});
export type SegmentRequest = Of<typeof SegmentRequest>;
