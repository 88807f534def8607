/**
 * The report of one `limpid denoise` run: what report.json holds and report.html shows. docs/report.md documents
 * every key, and a test keeps it so. Plain data that survives JSON: a number that could not be measured is null,
 * never NaN. No patient attribute, no name of a source file: series and files go by ids, hashes and UIDs.
 */

import { problem } from './problem.js';
import { NOTICE, REPORT_SCHEMA_VERSION } from './report-version.js';
import { CLEAN_NAMES, ClassicalName, Cleaning, Effort, ModelKind } from './requests/choices.js';
import {
  either,
  fieldsOf,
  flag,
  languageTag,
  list,
  longText,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  only,
  otherwise,
  text,
  tuple,
} from './schema/schema.js';
import { CleaningTrust, ResidualReport, TrustReport, Verdict } from './trust.js';
import { Calibration } from './viewing.js';

export const RequestReport = object({
  /** Mixed: both in one tree. */
  input: oneOf(['dicom', 'nifti', 'mixed']),
  model: object({
    /** `self`: trained on the series itself; `file`: an ONNX file was given; `none`: noise was left; others: no network. */
    kind: ModelKind,
    /** SHA-256 of the model file; null where there is none. */
    sha256: nullOr(text),
  }),
  /** Artifacts that were to be removed; null: none. */
  clean: otherwise(nullOr(Cleaning), null),
  /** What training learnt from. */
  objective: oneOf(['recorrupted', 'masked']),
  /** What a network makes is to be refined by groups of like patches; not of families and filters. */
  refine: flag,
  /** Less or more work than usual; null: as usual. */
  effort: otherwise(nullOr(Effort), null),
  /** Training steps asked for; null where the default rule chose. */
  steps: nullOr(number),
  seed: number,
  /** 0 leaves the image as it is, 1 removes all that the model takes for noise. */
  strength: number,
  device: text,
  errorMap: flag,
  /** Uncertainty map written. */
  uncertainty: flag,
  force: flag,
  /** A failed trust report refuses the result instead of taking part of it back. */
  strict: flag,
});
export type RequestReport = Of<typeof RequestReport>;

export const DeviceReport = object({
  /** The one that ran: cpu, webgpu, cuda, ... */
  name: text,
  description: text,
  /** Why it is not the one that was asked for, where it is not. */
  warnings: list(problem),
});
export type DeviceReport = Of<typeof DeviceReport>;

export const SeriesStatus = oneOf(['done', 'failed', 'skipped']);
export type SeriesStatus = Of<typeof SeriesStatus>;

const InputReport = object({
  /** DICOM instances or NIfTI files. */
  instances: number,
  /** DICOM transfer syntax UIDs; empty for NIfTI. */
  transferSyntaxes: list(text),
  /** SHA-256 of every source file, in slice order. */
  sha256: list(text),
});

const GeometryReport = object({
  columns: number,
  rows: number,
  slices: number,
  frames: number,
  /** Between voxel centres along a row, along a column and between slices; mm, where `calibration` is not 'none'. */
  spacing: tuple([number, number, number]),
  /** What the lengths in the plane are; 'none': no file tells the size of a pixel, and lengths are in pixels. */
  calibration: Calibration,
  /** What the values are: HU, a.u., ... */
  units: text,
});

/** A noise estimate without its arrays. */
export const NoiseReport = object({
  /** Standard deviation of the Gaussian noise in each channel of the complex signal; units of the volume. */
  sigma: number,
  distribution: oneOf(['rician', 'gaussian']),
  /** The same level by each method; null where it does not apply. */
  methods: object({
    background: nullOr(number),
    wavelet: nullOr(number),
    spectrum: nullOr(number),
    /** From tissue that a filtered image shows to be flat. */
    guided: nullOr(number),
    /** Of a single magnitude image, by what a network learnt from scans of known level; absent in older reports. */
    learnt: otherwise(nullOr(number), null),
    repeats: nullOr(number),
    /** From the loss that training could not get under; null where the level was certain without. */
    training: nullOr(number),
    /** What a person gave instead of an estimate; null where nobody did. */
    told: otherwise(nullOr(number), null),
  }),
  /** sigma over the median foreground; %. */
  relative: number,
  /** Lag-1 correlation of the noise along each axis; 0 is white. */
  correlation: object({ x: number, y: number, z: number }),
  correlated: flag,
  /** False where the level is a guess: then training did without it. */
  certain: flag,
  /** Relative spread of the spatial noise map; 0 is uniform. */
  mapVariation: number,
  airMasked: flag,
  /** Distinct values and the smallest step between them. */
  quantisation: object({ levels: number, step: number }),
  /** Share of voxels in the foreground, 0 to 1. */
  foreground: number,
  warnings: list(problem),
});
export type NoiseReport = Of<typeof NoiseReport>;

/** What took part: the shipped network, the same adapted to the series, or a filter. */
export const ContenderName = either([oneOf(['general', 'adapted']), ClassicalName]);
export type ContenderName = Of<typeof ContenderName>;

export const ContenderReport = object({
  name: ContenderName,
  /** Mean squared error over the noise variance, estimated; 1 is the noisy image. */
  error: number,
  /** Of the difference to the winner. */
  standardError: number,
  /** The same in dB: how much more noise it takes away than the noisy image has; null where the error is under 0. */
  gain: nullOr(number),
  seconds: number,
});
export type ContenderReport = Of<typeof ContenderReport>;

/** Denoisers compared on the series itself, without a clean image; see restore/evidence.ts. */
export const RaceReport = object({
  winner: ContenderName,
  /** recorrupted: held-out loss under added noise; repeats: against frames that no contender saw. */
  evidence: oneOf(['recorrupted', 'repeats']),
  /** Whether the lead of the winner is more than two standard errors. */
  clear: flag,
  /** False where the evidence rests on a noise level that is a guess. */
  reliable: flag,
  /** Best first. */
  contenders: list(ContenderReport),
  /** What the race cannot tell, in words; empty where nothing is in its way. */
  limits: list(text),
});
export type RaceReport = Of<typeof RaceReport>;

/** Removed; not there, so nothing was changed; left, though it may be there; not looked for, since the images do not allow it. */
export const CleanedDid = oneOf(['removed', 'absent', 'left', 'refused']);
export type CleanedDid = Of<typeof CleanedDid>;

/** An artifact that was looked for, or `model`: what a model removed that was not trained to remove noise. */
export const CleanedName = oneOf([...CLEAN_NAMES, 'model']);

/** An artifact that was looked for; see artifacts/remove. */
export const CleanedReport = object({
  name: CleanedName,
  did: CleanedDid,
  /** Why it was left or refused. */
  why: nullOr(problem),
  /** How sure it is that the artifact is there, 0 to 1; null where it was refused, or a model was asked. */
  sure: nullOr(number),
  /** How much of it there was, and how much the result still shows; in `unit`. null: not measured. */
  amount: nullOr(number),
  left: nullOr(number),
  unit: text,
  /** What else was measured, by the names of the method. */
  facts: fieldsOf(text, number),
  /** How the removal was judged; null where nothing was removed. */
  trust: nullOr(CleaningTrust),
});
export type CleanedReport = Of<typeof CleanedReport>;

export const CurvePoint = object({
  step: number,
  loss: number,
  /** Loss on voxels that training never saw; null at steps where it was not measured. */
  heldOut: nullOr(number),
});
export type CurvePoint = Of<typeof CurvePoint>;

export const TrainingReport = object({
  /** Autoencoder family, for example residual-unet. */
  family: text,
  parameters: number,
  steps: number,
  seed: number,
  /** The step whose weights were kept; null where nothing was held out. */
  bestStep: nullOr(number),
  seconds: number,
  curves: list(CurvePoint),
});
export type TrainingReport = Of<typeof TrainingReport>;

export const StageTiming = object({
  stage: text,
  seconds: number,
});
export type StageTiming = Of<typeof StageTiming>;

export const OutputReport = object({
  /** A partner is the other half of a complex image: phase, or imaginary part. A sidecar (bval, bvec, json) is the copy of one beside a NIfTI image. */
  role: oneOf(['denoised', 'partner', 'error-map', 'uncertainty', 'model', 'sidecar']),
  /** Relative to the report, with forward slashes; the tool made the name (for NIfTI: from the input's). */
  path: text,
  bytes: number,
  sha256: text,
  /** null for NIfTI. */
  seriesInstanceUid: nullOr(text),
  sopInstanceUid: nullOr(text),
});
export type OutputReport = Of<typeof OutputReport>;

export const AlignedReport = object({
  /** How much of what motion changes was taken off before denoising and given back after, from 0 to 1. */
  share: number,
  /** Share of the expected error of MP-PCA that goes where all of it is taken off. */
  gain: number,
  /** Largest motion of a frame from that of reference, translation and rotation at 50 mm from the centre together, mm. */
  largest: number,
});
export type AlignedReport = Of<typeof AlignedReport>;

export const SeriesReport = object({
  /** The tool's own id of the series, unique in the report. */
  id: text,
  /** DICOM modality (MR, CT, ...), or NIFTI. */
  modality: text,
  status: SeriesStatus,
  /** Why the series failed or was skipped; null when done. */
  problem: nullOr(problem),
  input: InputReport,
  geometry: nullOr(GeometryReport),
  noise: nullOr(NoiseReport),
  /** How `auto` chose its denoiser; null for other models, and where there was nothing to choose. */
  race: nullOr(RaceReport),
  /** Of MP-PCA where frames moved and it paid to take that off before; null: frames were taken as they are. */
  aligned: otherwise(nullOr(AlignedReport), null),
  /** Artifacts that were looked for, in the order of the work; empty where none were to be removed. */
  cleaned: otherwise(list(CleanedReport), []),
  training: nullOr(TrainingReport),
  residual: nullOr(ResidualReport),
  /** Whether the result can be trusted; null where no denoiser ran. */
  trust: nullOr(TrustReport),
  timings: list(StageTiming),
  warnings: list(problem),
  outputs: list(OutputReport),
});
export type SeriesReport = Of<typeof SeriesReport>;

/** As much of a report as tells what was judged of a series. */
export const Judged = object({
  trust: nullOr(object({ verdict: Verdict })),
  residual: otherwise(nullOr(object({ verdict: Verdict })), null),
  cleaned: otherwise(list(object({ did: CleanedDid, trust: nullOr(object({ verdict: Verdict })) })), []),
});
type Judged = Of<typeof Judged>;

/**
 * The worst of what was judged of a result: its denoising, and each artifact that was removed, but none that was left in
 * since its removal failed; null where nothing was judged. The trust report counts the residual in, where it was made.
 */
export function verdictOf({ trust, residual, cleaned }: Judged): Verdict | null {
  const removed = cleaned.filter(({ did }) => did === 'removed');
  return worstOf([(trust ?? residual)?.verdict ?? null, ...removed.map((one) => one.trust?.verdict ?? null)]);
}

/** The worst of verdicts, where null is that nothing was judged. */
export function worstOf(verdicts: readonly (Verdict | null)[]): Verdict | null {
  return WORST.find((one) => verdicts.includes(one)) ?? null;
}

const WORST: readonly Verdict[] = ['fail', 'warn', 'pass'];

export const Report = object({
  schemaVersion: only(REPORT_SCHEMA_VERSION),
  notice: only(NOTICE),
  tool: object({ name: only('limpid'), version: text }),
  /** ISO 8601, UTC. */
  createdAt: text,
  /** Wall time of the whole run; s. */
  seconds: number,
  request: RequestReport,
  device: DeviceReport,
  /** What concerns the run as a whole; what concerns one series stands there. */
  warnings: list(problem),
  series: list(SeriesReport),
});
export type Report = Of<typeof Report>;

/** What a run did with a series: one that is kept was done by an earlier run. */
export const RunStatus = either([only('kept'), SeriesStatus]);
export type RunStatus = Of<typeof RunStatus>;

export const Borders = object({
  left: text,
  right: text,
  top: text,
  bottom: text,
});
export type Borders = Of<typeof Borders>;

/** 8-bit grey PNG data URLs at native resolution. */
export const SliceImages = object({
  /** From 1, in the order of the volume. */
  number: number,
  of: number,
  before: longText,
  after: longText,
  /** grey = 128 + 127 * residual / (residualRange * sigma), clipped to 1..255. */
  residual: longText,
  /** grey = 255 * standard deviation of the error / (uncertaintyRange * sigma), clipped; null where it was not measured. */
  uncertainty: nullOr(longText),
});
export type SliceImages = Of<typeof SliceImages>;

/** Pictures of one series for report.html; they are not in report.json. */
export const SeriesImages = object({
  seriesId: longText,
  columns: number,
  rows: number,
  /** Along a row and along a column; mm, or only their ratio where `calibration` is 'none'. */
  spacing: tuple([number, number]),
  calibration: Calibration,
  units: longText,
  /** Value shown black and value shown white, the same before and after. */
  window: object({ low: number, high: number }),
  /** Units of the volume. */
  sigma: number,
  /** Residual in sigma that the extreme grey of a residual picture stands for: grey 128 is 0. */
  residualRange: number,
  /** Standard deviation of the error in sigma that the white of an uncertainty picture stands for. */
  uncertaintyRange: number,
  /** Patient direction at each border (L, R, A, P, H, F); empty strings where unknown. */
  borders: Borders,
  slices: list(SliceImages),
});
export type SeriesImages = Of<typeof SeriesImages>;

/**
 * By language, sentences and terms as templates of `words/template.ts`, by the keys that problems and reasons have, with
 * `.remedy` for what to do. English is in the report itself.
 */
export const ReportWords = fieldsOf(languageTag, fieldsOf(text, longText));
export type ReportWords = Of<typeof ReportWords>;

/** What report.html embeds. */
export const ReportPage = object({
  report: Report,
  images: list(SeriesImages),
  /** Series done whose pictures were left out to keep the file small enough to open. */
  imagesLeftOut: number,
  /** Of what this report tells, and no more, so that the page stays small. */
  words: ReportWords,
});
export type ReportPage = Of<typeof ReportPage>;
