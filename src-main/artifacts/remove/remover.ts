import type { Axis } from '../../base/fft.js';
import type { CleanName } from '../../contract/requests/choices.js';
import type { Volume } from '../../imaging/volume.js';

/** What is known of images besides their values. */
export interface About {
  /** DICOM modality, or NIFTI. */
  readonly modality: string;
  /** Axis of the plane along which phase was encoded; null: not told. */
  readonly phase: Axis | null;
  /** Axes of the plane along which a part of k-space was acquired on one side only (partial Fourier); absent: not told. */
  readonly partial?: readonly Axis[];
  /** Whether the artifact was asked for by name: then what may be there is removed, too; absent: no. */
  readonly asked?: boolean;
  /** Share that is taken away, of a look at the whole that this is a part of (`Look.share`); absent: as is found here. */
  readonly share?: number;
}

/** What looking for an artifact came to. */
export interface Look {
  /** How sure it is that the artifact is there, from 0 (it is not) to 1. From `SURE` on it is removed. */
  readonly sure: number;
  /** Why nothing is removed, also where it was asked for by name; absent: nothing speaks against it. */
  readonly held?: 'E_ARTIFACT/one-sided';
  /** Whether too little of the image tells of it: then it is at most `UNTOLD` sure. Absent: no. */
  readonly little?: true;
  /** How much of it there is, in `unit`; null: that cannot be told. */
  readonly amount: number | null;
  readonly unit: string;
  /** What else was measured; names are camelCase. */
  readonly facts: Readonly<Record<string, number>>;
  /** Share of what was found that is taken away, where the whole decides on it; absent: each plane has its own. */
  readonly share?: number;
  /** What is done where it is there, for Derivation Description: ASCII, short. */
  readonly words: string;
  /** The volume without it: a new one of the same size; the source is not changed. */
  remove(onProgress?: Progress): Volume;
  /** Of what is taken away by dividing: by what, at each voxel of a frame. */
  field?(): Float32Array;
  /** Of ringing, what of k-space was acquired along each axis, in cycles over the field of view: up to `highest`, and of both sides up to `both`. */
  readonly acquired?: Readonly<Record<Axis, { readonly highest: number; readonly both: number }>>;
  /** How much of it a result still shows, in `unit`; absent: that cannot be told. */
  left?(after: Volume): number | null;
}

export type Progress = (done: number, total: number) => void;

/**
 * One artifact: whether it is there, and how it is taken away, without training. Pure: what it makes follows from the
 * volume and what is known of it.
 */
export interface Remover {
  readonly name: CleanName;
  /** Whether it is removed before noise is, or after. */
  readonly when: 'before' | 'after';
  /** It is removed only where it is named: what takes its place was not acquired. */
  readonly onRequest?: true;
  /**
   * @param onProgress planes that were looked at, where each is
   * @throws LimpidError E_ARTIFACT where the images do not allow to look: the reason says why
   */
  look(volume: Volume, about: About, onProgress?: Progress): Look;
}

/** An artifact that is at least so sure is removed; one that is at least half so sure may be there. */
export const SURE = 0.5;

/** How sure an artifact is at most of which too little of the image tells. */
export const UNTOLD = 0.49;

/** What is not there. */
export function nothing(unit: string, facts: Look['facts'] = {}): Omit<Look, 'remove'> {
  return { sure: 0, amount: 0, unit, facts, words: '' };
}
