/**
 * Where slices lie in the latent space of a model: what `limpid latent` writes as latent.json and a window draws.
 * Plain data without patient attributes or file names; the renderer may import it.
 */
import { filled, type Of, object, oneOf, whole } from '../schema/schema.js';

/** Whose latents the vectors of a file are. */
export const VectorModel = object({ family: filled, sha256: filled });

export const Vectors = object({
  /** Numbers a slice. */
  length: whole,
  /** The latent of the whole plane, or the mean and then the standard deviation of its cells, channel by channel. */
  kind: oneOf(['plane', 'cell moments']),
});

/** One slice. */
export interface LatentPoint {
  /** Index into `LatentMap.series`. */
  readonly series: number;
  /** From 0, as in the series sorted by position. */
  readonly slice: number;
  /** Time point, echo or gradient direction; from 0. */
  readonly frame: number;
  /** Index into `LatentMap.clusters`. */
  readonly cluster: number;
  /** Along the first two principal components; units of the latent. */
  readonly pca: readonly [number, number];
  /** UMAP coordinates: only neighbourhoods mean something. null: too few slices for it. */
  readonly umap: readonly [number, number] | null;
}

interface LatentSeries {
  /** As `limpid inspect` names it; with a number behind it where another image of the inputs is called so. */
  readonly id: string;
  readonly modality: string;
  readonly slices: number;
  readonly frames: number;
}

export interface LatentCluster {
  /** Slices in it. */
  readonly size: number;
  /** Indices into `LatentMap.points`, nearest to the centre first: one row of the contact sheet. */
  readonly shown: readonly number[];
}

/** The slices most like one that was asked for. */
export interface LatentQuery {
  /** Of the file that was asked for. */
  readonly slice: number;
  readonly frame: number;
  /** Nearest first; `point` is an index into `LatentMap.points`, the distance is Euclidean between vectors. */
  readonly nearest: readonly { readonly point: number; readonly distance: number }[];
}

/** What traversal.png shows: a row an axis, a column a step. */
export interface LatentTraversal {
  /** The slice whose latent is moved; `series` is an index into `LatentMap.series`. */
  readonly slice: Pick<LatentPoint, 'series' | 'slice' | 'frame'>;
  /** Pixels: the side of each picture, and what lies around it. */
  readonly side: number;
  readonly gap: number;
  /** Standard deviations. */
  readonly steps: readonly number[];
  /** Channels of the latent, most varied first; in units of the latent. */
  readonly axes: readonly { readonly axis: number; readonly deviation: number }[];
}

export interface LatentMap {
  readonly format: 'limpid-latent-1';
  readonly notice: string;
  /** Of Limpid. */
  readonly version: string;
  readonly seed: number;
  readonly model: Of<typeof VectorModel>;
  readonly vectors: Of<typeof Vectors>;
  readonly series: readonly LatentSeries[];
  /** In the order of the rows of vectors.npy. */
  readonly points: readonly LatentPoint[];
  /** Share of the variance along the first two principal components. */
  readonly explained: readonly [number, number];
  readonly clusters: readonly LatentCluster[];
  /** Mean silhouette (Rousseeuw 1987): 1 well apart, 0 none; null with fewer than two clusters. */
  readonly silhouette: number | null;
  /** Of `--nearest`; empty without. */
  readonly queries: readonly LatentQuery[];
  /** Of `--traverse`; absent without. */
  readonly traversal?: LatentTraversal;
}
