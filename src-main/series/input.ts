import type { SegmentClass } from '../contract/encoders/segment.js';
import type { Problem } from '../contract/errors.js';
import type { SeriesNumbers } from '../contract/plan-file.js';
import { OutputReport, type RequestReport } from '../contract/report.js';
import type { AnomalyScore } from '../contract/requests/choices.js';
import {
  filled,
  integer,
  list,
  nullOr,
  type Of,
  object,
  oneOf,
  optional,
  text,
  whole,
} from '../contract/schema/schema.js';
import type { Calibration } from '../contract/viewing.js';
import type { Processed } from '../denoise/processor.js';
import { deriveUid } from '../dicom/elements/uid.js';
import type { SliceRange } from '../filters/slab.js';
import type { Volume } from '../imaging/volume.js';
import { SIDECAR_KINDS } from './nifti/finder.js';

/** A stack of images on one grid, from whatever kind of file: loaded, processed and written one at a time. */
export interface StackInput {
  /** Safe for logs and as a file name. */
  readonly id: string;
  /** The same for all images of a patient; tells patients apart without naming them. Empty: not known. */
  readonly group: string;
  /** DICOM modality, or NIFTI. */
  readonly modality: string;
  readonly instances: number;
  /** What the lengths of its volume are. */
  readonly calibration: Calibration;
  /** DICOM only. */
  readonly seriesInstanceUid: string | null;
  /** DICOM only, where the source has one. */
  readonly studyInstanceUid?: string;
  /** Of the other half of a complex image, where that is another series. */
  readonly partnerUid?: string;
  /** And its id, wherever it is. */
  readonly otherId?: string;
  /** As of the images that a person sees: a complex image counts once. */
  readonly grid: {
    readonly columns: number;
    readonly rows: number;
    readonly slices: number;
    readonly frames: number;
  };
  /** Series Description, or path inside the input: may name a patient. */
  readonly forPerson: {
    readonly description: string;
    /** Of its files. */
    readonly places: readonly string[];
  };
  /** Where the first pixel of each slice lies, in mm; absent where only the affine tells, as of NIfTI. */
  readonly slicePositions?: readonly (readonly number[])[];
  /** Values of a plane and of all planes; null where only reading tells. */
  readonly size: VolumeSize | null;
  readonly transferSyntaxes: readonly string[];
  /** Why it is left out; null when it can be processed. */
  readonly why: Problem | null;
  readonly warnings: readonly Problem[];
  readonly only2d: boolean;
  readonly derivedByLimpid: boolean;
  /** All of its images are frames in files of other stacks that are processed: there they stay as they were, where this one is not. */
  readonly kept?: boolean;
  /** Values of attributes of DICOM by keyword or tag, from its first image; none of other files. @throws LimpidError those of reading */
  attributes(): Promise<(name: string) => readonly string[]>;
  /** SHA-256 of every source file, in slice order, without decoding it. */
  hashes(): Promise<readonly string[]>;
  load(onProgress: (done: number) => void): Promise<LoadedStack>;
  /** Writes the derived files into the work folder of the unit. @throws E_SOURCE_CHANGED, E_IO */
  write(request: WriteRequest, onProgress: (done: number) => void): Promise<WrittenStack>;
  /** A map of the noise level, or of another kind, as a DICOM Parametric Map, null where its images have no place; absent: not of DICOM. */
  voxelMap?(request: VoxelMapRequest): Promise<Uint8Array | null>;
  /** The same slab by slab, for series that do not fit into memory; null where it must be read as a whole. */
  readonly parts: StackParts | null;
  /** Writes where it is unlike the training images of a model, and no images. @throws E_SOURCE_CHANGED, E_IO */
  writeUnlike(request: UnlikeMaps): Promise<void>;
  /** Writes which segment each voxel is of, and no images. @throws E_SOURCE_CHANGED, E_IO; as `segmentation` */
  writeSegments(request: SegmentMap): Promise<void>;
}

/** Standard deviation of the noise, in units of the volume; the field by which it was divided. */
export type MapKind = 'noise' | 'field';

export interface VoxelMapRequest {
  readonly kind: MapKind;
  /** At each voxel of a frame of the volume, whose geometry is `shape`. */
  readonly values: Float32Array;
  readonly shape: Omit<Volume, 'data' | 'measured'>;
  readonly unit: Unit;
  readonly now: Date;
  /** For Derivation Description: ASCII, without patient attributes. */
  readonly description: string;
}

/** A stack whose slices can be read and written without the others. */
export interface StackParts {
  readonly slices: number;
  readonly frames: number;
  load(slices: SliceRange): Promise<LoadedPart>;
  /** Writes the derived files as `StackInput.write` does, without maps. @throws E_SOURCE_CHANGED, E_IO */
  write(request: PartsRequest, onProgress: (done: number) => void): Promise<WrittenStack>;
}

interface LoadedPart {
  readonly volume: Volume;
  /** SHA-256 of the files that were read, by their place among those of the stack. */
  readonly hashes: ReadonlyMap<number, string>;
}

export interface PartsRequest extends Omit<WriteRequest, 'loaded' | 'processed'> {
  readonly sha256: readonly string[];
  readonly processed: Omit<Processed, 'volume'>;
  /** Some slices as they were and as they are to be written. */
  readonly part: (slices: SliceRange) => Promise<{ readonly before: Volume; readonly after: Volume }>;
}

export interface LoadedStack {
  readonly volume: Volume;
  /** SHA-256 of every source file, in slice order. */
  readonly sha256: readonly string[];
  /** The volume holds this minus the real-world value; absent or null where it holds that value. */
  readonly turnedAt?: number | null;
  /** Set where the frames of the volume are real parts, then imaginary ones: the magnitudes, half as many. */
  readonly magnitude?: Volume;
  /** What is told of reading it. */
  readonly problems?: readonly Problem[];
}

export interface WriteRequest {
  readonly unit: Unit;
  /** Of the unit: holds one file or folder an entry. */
  readonly folder: string;
  readonly loaded: LoadedStack;
  readonly processed: Processed;
  readonly suffix: string;
  readonly now: Date;
  /** Files of other stacks of the unit that are finished: a file of many frames may be of several stacks. */
  readonly finished?: readonly WrittenFile[];
}

export interface WrittenStack {
  readonly files: readonly WrittenFile[];
  readonly warnings: readonly Problem[];
}

export const EntryName = oneOf(['image', 'partner', 'error-map', 'uncertainty', 'model', ...SIDECAR_KINDS]);
export type EntryName = Of<typeof EntryName>;

/** One derived file. Its path is `entry` in the work folder, the entry's visible name once published. */
export const WrittenFile = object({
  role: OutputReport.entries.role,
  entry: EntryName,
  /** Name inside the entry; empty when the entry is itself the file. */
  name: text,
  bytes: whole,
  sha256: text,
  seriesInstanceUid: nullOr(text),
  sopInstanceUid: nullOr(text),
});
export type WrittenFile = Of<typeof WrittenFile>;

/** Maps that are written beside the images. */
interface Maps {
  readonly errorMap: boolean;
  readonly uncertainty?: boolean;
}

/** What a job wants of an input. */
export interface Wants extends Maps {
  /** Appended to the names of derived NIfTI files. */
  readonly suffix: string;
  /** Whether derived NIfTI files are called and described by BIDS. */
  readonly bids?: boolean;
  /** Which files are looked at, by their places, and what units are called, as `unitOf` tells them; absent: all, by counting. */
  readonly known?: {
    readonly files: ReadonlySet<string>;
    readonly units: ReadonlyMap<string, KnownUnit>;
    /** Series Numbers that all units of the plan have, by Study Instance UID. */
    readonly numbers: ReadonlyMap<string, readonly number[]>;
  };
  /** How complex images are read: their magnitudes unless their parts are wanted. */
  readonly complex?: 'parts';
  /** Ids of series that a person named: of these, what was computed of images is taken too. */
  readonly named?: readonly string[];
}

/** A unit as it was planned among all others. */
interface KnownUnit {
  readonly key: string;
  /** Absent: one that neither the files that are read nor the plan have. */
  readonly numbers?: SeriesNumbers | undefined;
}

/** What becomes visible when a unit is finished. */
export interface Entry {
  readonly name: EntryName;
  /** File or folder in the output folder, parts joined by `/`. */
  readonly visible: string;
  /** The same for reports and scripts: without the name of the input. */
  readonly reported: string;
}

/** One derived series, or one derived NIfTI file. */
export interface UnitInput {
  readonly unit: Unit;
  readonly stacks: readonly StackInput[];
  readonly entries: readonly Entry[];
}

export interface InputSet {
  readonly kind: RequestReport['input'];
  readonly units: readonly UnitInput[];
  /** Stacks that belong to no unit because nothing of their series can be processed. */
  readonly leftOut: readonly StackInput[];
  /** Files that were refused. */
  readonly problems: readonly Problem[];
  readonly filesSeen: number;
  close(): Promise<void>;
}

/** Where a stack is unlike the training images: a map and a mask as long as the volume's data. */
export interface UnlikeMaps {
  readonly unit: Unit;
  /** Gets `error-map` and `mask`: a folder each for DICOM, a file each for NIfTI. */
  readonly folder: string;
  readonly loaded: LoadedStack;
  /** What `score` says, over its limit; 0 in air. */
  readonly errorMap: Float32Array;
  /** 1 where it is above. */
  readonly mask: Uint8Array;
  readonly family: string;
  readonly score: AnomalyScore;
  /** For Derivation Description: ASCII, without patient attributes. */
  readonly description: string;
  readonly now: Date;
}

/** Which segment each voxel of one volume of a stack is of. */
export interface SegmentMap {
  readonly unit: Unit;
  /** Gets `segments`: a folder with a file a stack for DICOM, a file for NIfTI. */
  readonly folder: string;
  readonly loaded: LoadedStack;
  /** Volume of the series, from 0. */
  readonly frame: number;
  /** slices * rows * columns: number of a class; 0: none. */
  readonly labels: Uint8Array;
  readonly classes: readonly SegmentClass[];
  /** Whether a person marked some of it. */
  readonly guided: boolean;
  /** Name of what made it; at most 64 characters. */
  readonly algorithm: string;
  /** For Derivation Description: ASCII, without patient attributes. */
  readonly description: string;
  readonly now: Date;
}

const Numbered = object({ uid: text, number: integer });
export type Numbered = Of<typeof Numbered>;
/** One derived series, or one derived NIfTI file, with all that must stay the same when the run is resumed. */
export const Unit = object({
  /** Safe as a file name. */
  key: text,
  /** All UIDs of what is derived follow from it: the same for the same images with the same settings, anywhere. */
  namespace: filled,
  /** Ids of the stacks of the source series, in order. */
  stacks: list(text),
  /** DICOM only. */
  derived: nullOr(Numbered),
  errorMap: nullOr(Numbered),
  uncertainty: nullOr(Numbered),
  /** Of the other halves of complex images (phase, imaginary parts), where these are a series of their own. */
  partner: optional(Numbered),
});
export type Unit = Of<typeof Unit>;

/** Of a derived DICOM series. @param number counts from 1 */
export function seriesKey(number: number): string {
  return `series-${String(number).padStart(3, '0')}`;
}

export function derivedSeriesUid(namespace: string, holding: keyof SeriesNumbers): string {
  return deriveUid(namespace, holding);
}

/**
 * A unit with the UIDs that follow from its images and the settings: a second run, on whatever machine and into
 * whatever folder, makes the same instances once more and no others.
 *
 * @param settings all that decides the pixels, in one form
 */
export function withSettings(unit: Unit, settings: string): Unit {
  const namespace = deriveUid(unit.namespace, settings);
  const renamed = <T extends Numbered | null>(one: T, holding: keyof SeriesNumbers) =>
    one === null ? one : { ...one, uid: derivedSeriesUid(namespace, holding) };
  return {
    ...unit,
    namespace,
    derived: renamed(unit.derived, 'derived'),
    errorMap: renamed(unit.errorMap, 'errorMap'),
    uncertainty: renamed(unit.uncertainty, 'uncertainty'),
    ...(unit.partner === undefined ? {} : { partner: renamed(unit.partner, 'partner') }),
  };
}

/** How large a volume is: values of one plane, and of all. */
export interface VolumeSize {
  readonly area: number;
  readonly values: number;
}

/**
 * What is published together: the stacks of one series. A series is of one modality (PS3.3 section C.7.3.1): what gave
 * MR and CT images one UID does not make the derived ones break that rule.
 */
export function unitOf(seriesInstanceUid: string, modality: string): string {
  return `${seriesInstanceUid} ${modality}`;
}
