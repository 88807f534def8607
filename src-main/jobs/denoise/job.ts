import { type Problem, problemOf } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { Cleaning } from '../../contract/requests/choices.js';
import type { Processor } from '../../denoise/processor.js';
import type { GivenNoise } from '../../series/asked/given-noise.js';
import type { InputSet, UnitInput } from '../../series/input.js';
import type { Journal } from '../../series/journal.js';
import type { OutputFolder } from '../../series/output-folder.js';
import type { SlabLimits } from './slab-plan.js';
import type { TrustSettings } from './trust.js';

export interface DeriveJob {
  readonly input: InputSet;
  readonly folder: OutputFolder;
  readonly journal: Journal;
  readonly processor: Processor;
  /** What another one denoises, and how that is judged; null: as the others. */
  readonly own?: (id: string) => Promise<Pick<DeriveJob, 'processor' | 'trust'> | null>;
  /** All that decides the pixels of a unit, in one form: its UIDs follow from it. */
  readonly pixelSettings: (unit: UnitInput) => Promise<string>;
  /** Also series that Limpid derived. */
  readonly force: boolean;
  readonly emit: Emit;
  /** How results are judged; null where nothing is denoised. */
  readonly trust: TrustSettings | null;
  /** From which size on series are denoised slab by slab; a parameter so that tests need no long series. */
  readonly slabs?: SlabLimits;
  /** Artifacts that are removed too; absent: none. */
  readonly clean?: Cleaning;
  /** The noise level that a person gave; absent: it is measured. */
  readonly noise?: GivenNoise;
  /** Where maps of the noise level go, and of the bias field; absent: nowhere. */
  readonly noiseMap?: MapTarget;
  readonly fieldMap?: MapTarget;
  /** How many stacks keep pictures for the report. */
  readonly pictures: number;
}

/** Where maps of one kind go. */
export interface MapTarget {
  readonly path: string;
  /** A file for the one stack that there is; else a folder with one for each. */
  readonly isFile: boolean;
}

/** Why a series that Limpid wrote is skipped. */
export const ALREADY: Problem = problemOf('E_ALREADY_DENOISED/derived');
