import type { Problem } from '../../contract/errors.js';
import type { Report } from '../../contract/report.js';
import type { Rule } from '../../contract/requests/rules.js';
import type { MeasuredPlane, PlaneName, TagEntry } from '../../contract/viewing.js';
import type {
  FrameHeader,
  InputId,
  MeasuredNoise,
  OpenInput,
  SeriesCard,
  SeriesKey,
} from '../../contract/window/opened.js';
import type { RuleMatch } from '../../contract/window/rules.js';
import type { Trashed } from '../results/trash.js';

/** What the app asks of the library process. `id` pairs a question with its answer. */
export type LibraryRequest = { readonly id: number } & LibraryQuestion;

export type LibraryQuestion =
  | { readonly kind: 'open'; readonly input: InputId; readonly paths: readonly string[] }
  | { readonly kind: 'close'; readonly input: InputId }
  | { readonly kind: 'moved'; readonly folder: string; readonly isBack: boolean }
  | { readonly kind: 'frame'; readonly series: SeriesKey; readonly index: number }
  | { readonly kind: 'thumbnail'; readonly series: SeriesKey }
  | { readonly kind: 'slice'; readonly series: SeriesKey; readonly index: number }
  | { readonly kind: 'tags'; readonly series: SeriesKey; readonly index: number }
  | { readonly kind: 'labels'; readonly series: SeriesKey; readonly place: string; readonly slice: number }
  | { readonly kind: 'document'; readonly about: DocumentAbout }
  | { readonly kind: 'noise'; readonly series: SeriesKey }
  | { readonly kind: 'runs'; readonly search: RunSearch }
  | { readonly kind: 'rules'; readonly rules: readonly Rule[] };

export type LibraryAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'frame'; readonly frame: Frame }
  | { readonly kind: 'png'; readonly png: Uint8Array }
  | { readonly kind: 'tags'; readonly tags: readonly TagEntry[] }
  | { readonly kind: 'labels'; readonly labels: Uint8Array }
  | { readonly kind: 'document'; readonly document: Uint8Array }
  | { readonly kind: 'noise'; readonly noise: MeasuredNoise }
  | { readonly kind: 'runs'; readonly runs: readonly RunInFolder[] }
  | { readonly kind: 'rules'; readonly matches: readonly RuleMatch[] }
  | { readonly kind: 'refused'; readonly problem: Problem };

/** From the library process. */
export type LibraryMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: LibraryAnswer }
  | { readonly kind: 'input'; readonly input: OpenInput };

/** What a DICOM document is to tell of planes of open series. */
export type DocumentAbout =
  | { readonly kind: 'measurements'; readonly measured: readonly MeasuredPlane[] }
  | { readonly kind: 'key-images'; readonly planes: readonly PlaneName[] };

/** A series, and where results of it may lie. */
export interface RunSearch {
  readonly card: SeriesCard;
  /** That the series was opened from. */
  readonly paths: readonly string[];
  /** Outputs of jobs, absolute. */
  readonly folders: readonly string[];
  /** Where results go that do not go beside their input; null: there is no such folder. */
  readonly outputs: string | null;
}

export interface RunInFolder {
  /** As it was found: in the trash where it is there. */
  readonly folder: string;
  readonly report: Report;
  /** When a person accepted what it made of a series, by the id of the series. */
  readonly accepted: Readonly<Record<string, string>>;
  /** null: it is where it was written. */
  readonly trashed: Trashed | null;
}

export interface Frame {
  readonly header: FrameHeader;
  /** rows * columns pixels, little endian. */
  readonly pixels: Uint8Array;
}
