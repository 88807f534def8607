import { APP } from './english/app.js';
import { CLEAN } from './english/clean.js';
import { DEVICES } from './english/devices.js';
import { DICOM_FILES } from './english/dicom-files.js';
import { DICOM_IMAGES } from './english/dicom-images.js';
import { ENCODERS } from './english/encoders.js';
import { FILES } from './english/files.js';
import { IMAGES } from './english/images.js';
import { JOBS } from './english/jobs.js';
import { MODELS } from './english/models.js';
import { NODE } from './english/node.js';
import { NOISE } from './english/noise.js';
import { TRAINING } from './english/training.js';
import { TRUST } from './english/trust.js';
import type { Saying } from './template.js';
import { type FactsIn, fillFacts, type Voice } from './template.js';
import { englishTerm } from './terms.js';

/**
 * Every sentence that the program says of what went wrong, in English: `code/kind`, then sentence and remedy. The facts
 * that a reason asks for are the places of these two. A remedy that depends on where it is read (an option here, a
 * control there) stands here for reports and scripts, in words that hold everywhere, and is marked 'edge': the command
 * line and each language of the window must have their own.
 */
export const ENGLISH = {
  ...FILES,
  ...APP,
  ...IMAGES,
  ...DICOM_FILES,
  ...DICOM_IMAGES,
  ...NODE,
  ...NOISE,
  ...MODELS,
  ...DEVICES,
  ...JOBS,
  ...TRAINING,
  ...TRUST,
  ...CLEAN,
  ...ENCODERS,
} as const;

type Catalogue = typeof ENGLISH;
export type Reason = keyof Catalogue & string;
/** What must be said otherwise on the command line and in the window. */
export type EdgeReason = {
  [R in Reason]: Catalogue[R] extends readonly [string, string, 'edge'] ? R : never;
}[Reason];
/** The facts of a reason. */
export type FactsOf<R extends Reason> = FactsIn<Catalogue[R][0] | Catalogue[R][1]>;
/** A sentence without facts. */
export type PlainReason = { [R in Reason]: keyof FactsOf<R> extends never ? R : never }[Reason];

export function isReason(reason: string): reason is Reason {
  return Object.hasOwn(ENGLISH, reason);
}

/** The voice of reports, scripts and the command line. */
export const ENGLISH_VOICE: Voice = {
  language: 'en',
  term: englishTerm,
  sentence: englishSentence,
  remedy: englishRemedy,
};

/** The English sentence; the reason itself where it is of another version. */
export function englishSentence({ reason, facts }: Saying): string {
  return isReason(reason) ? fillFacts(ENGLISH[reason][0], facts, ENGLISH_VOICE) : reason;
}

/** What to do in English that holds wherever it is read; nothing where the reason is of another version. */
export function englishRemedy({ reason, facts }: Saying): string {
  return isReason(reason) ? fillFacts(ENGLISH[reason][1], facts, ENGLISH_VOICE) : '';
}
