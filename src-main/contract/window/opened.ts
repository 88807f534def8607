/** What is open in the window: inputs, their series, the frames of these. Plain data; `forPerson` may hold names. */

import type { Problem } from '../errors.js';
import type { ComplexHalf, NoiseSummary } from '../results.js';
import type { Calibration } from '../viewing.js';
import type { Trait } from '../words/traits.js';

export type InputId = string;
export type SeriesKey = string;

export interface OpenInput {
  readonly id: InputId;
  readonly paths: readonly string[];
  readonly state: 'scanning' | 'ready' | 'failed';
  readonly filesSeen: number;
  readonly series: readonly SeriesCard[];
  /** Refused files; at most the first 1000, `refused` counts all. */
  readonly problems: readonly Problem[];
  readonly refused: number;
  /** Files beside the images that are none and do not claim to be: notes, reports, plans, directories. */
  readonly others: number;
  /** Why it failed. */
  readonly problem: Problem | null;
}

/** A series that can be looked at. */
export interface SeriesCard {
  readonly key: SeriesKey;
  readonly input: InputId;
  /** The id that jobs use in their events and reports. */
  readonly id: string;
  readonly kind: 'dicom' | 'nifti';
  readonly modality: string | null;
  readonly seriesNumber: number | null;
  readonly studyInstanceUid: string | null;
  readonly seriesInstanceUid: string | null;
  /** Of a derived series: the series it was made from, where the file says so. */
  readonly derivedFrom: string | null;
  /** What tells it from others of one Series Instance UID; absent where it is the only one. */
  readonly traits?: readonly Trait[];
  /** Limpid made it, whether or not its source is known. */
  readonly derived?: true;
  /** What the file says of how it was derived; absent where it says nothing. */
  readonly derivation?: string;
  readonly instances: number;
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  readonly frames: number;
  /** What each frame is, in every language: its b-value in s/mm2 and direction, its echo time, the seconds since the first; absent where nothing is stated. */
  readonly frameLabels?: readonly string[];
  /** s/mm2, of each frame; absent where they do not differ: frames of one b-value are as bright. */
  readonly frameBValues?: readonly number[];
  /** mm: along a row, along a column, between slices; 0 where it is not known. */
  readonly spacing: readonly [number, number, number];
  readonly calibration: Calibration;
  /** Row-major 4x4, voxel to patient LPS in mm; null where the geometry is unknown. */
  readonly affine: readonly number[] | null;
  /** 'HU', 'a.u.', ... */
  readonly units: string;
  /** Windows that the files name, first one first. */
  readonly windows: readonly { readonly center: number; readonly width: number; readonly name: string }[];
  /** MONOCHROME1: low values are bright. */
  readonly inverted: boolean;
  /** Of a parametric map (an error map, an uncertainty map): what its values mean. */
  readonly map?: { readonly label: string; readonly explanation: string };
  /** Whether frames can be shown, and whether the series can be denoised. */
  readonly viewable: boolean;
  readonly eligible: boolean;
  readonly why: Problem | null;
  /** Where it is half of a complex image. */
  readonly complex?: ComplexHalf;
  readonly warnings: readonly Problem[];
  readonly forPerson: {
    readonly patient: string;
    readonly study: string;
    readonly studyDate: string;
    readonly description: string;
    /** Path of its first file, from the name of the input on; absent where it is not known. */
    readonly file?: string;
  };
}

/** The slice that a series opens with, and whose picture stands for it in lists. */
export function openingSlice({ slices }: Pick<SeriesCard, 'slices'>): number {
  return Math.floor((slices - 1) / 2);
}

export interface MeasuredNoise {
  readonly noise: NoiseSummary | null;
  readonly warnings: readonly Problem[];
  readonly problem: Problem | null;
}

export interface FrameHeader {
  readonly pixels: 'int16' | 'uint16' | 'float32';
  readonly columns: number;
  readonly rows: number;
  /** value = pixel * slope + intercept, in SeriesCard.units. */
  readonly slope: number;
  readonly intercept: number;
  /** Smallest and largest pixel. */
  readonly minimum: number;
  readonly maximum: number;
  /** Windows that the file names for this frame, in the order of SeriesCard.windows. */
  readonly windows: readonly { readonly center: number; readonly width: number }[];
}
