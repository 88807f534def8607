/** The index of latents that a window looks things up in, and what is found in it. Plain data. */
import type { LikeFound } from '../encoders/retrieval.js';
import type { Problem } from '../errors.js';

/** The index whose folder a person has chosen (`Settings.latentIndex`). */
export interface IndexView {
  /** null: none was chosen. */
  readonly folder: string | null;
  /** What is in it; null: nothing yet, or it cannot be read. */
  readonly known: {
    readonly family: string;
    /** Id of the model that it was made with; null: it is not on this machine. */
    readonly model: string | null;
    readonly series: number;
    readonly slices: number;
  } | null;
  /** Why nothing can be found in it, or be added. */
  readonly problem: Problem | null;
}

export interface LikeView {
  readonly searched: { readonly series: number; readonly slices: number };
  /** Nearest first. */
  readonly found: readonly (LikeFound & {
    /** A small PNG in base64; null: the index has it no more. */
    readonly thumbnail: string | null;
  })[];
}
