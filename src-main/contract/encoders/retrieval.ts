/** An index of slices by their latents, which series are added to, and what is found in it. Plain data. */
import {
  filled,
  list,
  nullOr,
  number,
  type Of,
  object,
  only,
  optional,
  text,
  whole,
} from '../schema/schema.js';
import { VectorModel, Vectors } from './latent.js';

/** A series in an index: its slices are rows of the index from `first` on, frame by frame. */
export const IndexedSeries = object({
  /** As `limpid inspect` names it; with a number behind it where another image of the index is called so. */
  id: filled,
  seriesInstanceUid: nullOr(text),
  modality: text,
  slices: whole,
  frames: whole,
  first: whole,
  /** SHA-256 of its rows in vectors.f32; indices of earlier versions have none. */
  vectorsSha256: optional(text),
  /** Where it was when it was added, and what it is called: for the person only. */
  forPerson: object({ place: text, description: text }),
});
export type IndexedSeries = Of<typeof IndexedSeries>;

/** index.json. Vectors are float32, little-endian, in vectors.f32; thumbnails one byte a pixel in thumbnails.u8. */
export const LatentIndex = object({
  format: only('limpid-index-1'),
  notice: text,
  version: text,
  model: VectorModel,
  vectors: Vectors,
  /** Pixels a side. */
  thumbnail: whole,
  /** Rows that count: what files hold beyond is of a run that was stopped. */
  rows: whole,
  series: list(IndexedSeries),
});
export type LatentIndex = Of<typeof LatentIndex>;

/** A series that has a slice like the one that was asked for: its nearest. */
export const LikeFound = object({
  /** Id in the index, which no other series of it has. */
  series: text,
  seriesInstanceUid: nullOr(text),
  modality: text,
  /** From 0. */
  slice: whole,
  frame: whole,
  /** Euclidean, between latents. */
  distance: number,
  forPerson: optional(object({ place: text, description: text })),
});
export type LikeFound = Of<typeof LikeFound>;
