import { type About, type Look, type Progress, type Remover, SURE } from '../../artifacts/remove/remover.js';
import { REMOVERS } from '../../artifacts/remove/removers.js';
import type { Axis } from '../../base/fft.js';
import { startMeter } from '../../base/progress.js';
import { Random } from '../../base/random.js';
import {
  fault,
  LimpidError,
  type Problem,
  problemFrom,
  problemOf,
  whatIsSaid,
  withoutPlace,
} from '../../contract/errors.js';
import type { CleanedReport } from '../../contract/report.js';
import { CLEAN_NAMES, type Cleaning } from '../../contract/requests/choices.js';
import type { Processed } from '../../denoise/processor.js';
import type { Volume } from '../../imaging/volume.js';
import type { StackInput } from '../../series/input.js';
import { cleaningTrust } from '../../trust/cleaning.js';
import type { StackJob } from './stack-job.js';

/** What became of a volume in which artifacts were looked for. */
export interface Cleaned {
  readonly volume: Volume;
  readonly reports: readonly CleanedReport[];
  /** For Derivation Description. */
  readonly words: readonly string[];
  /** Field by which the images were divided, at each voxel of a frame; absent: by none. */
  readonly field?: Float32Array;
}

/** An artifact that is at least so sure may be there: it is removed only where it was asked for by name. */
const DOUBTFUL = SURE / 2;

/**
 * Looks for the artifacts of one part of the work, and removes what is there. What is not there changes nothing: then
 * the volume is the very same.
 *
 * @param sigma level of the noise in the volume; 0: not known
 * @throws LimpidError E_ARTIFACT where an artifact that was asked for by name cannot be looked for
 */
export async function cleanStack(
  job: StackJob,
  volume: Volume,
  when: Remover['when'],
  sigma: number,
): Promise<Cleaned> {
  const removers = removersOf(job.clean, when);
  if (removers.length === 0) return { volume, reports: [], words: [] };
  const about = { ...(await aboutStack(job.stack)), asked: job.clean !== 'auto' };
  const cleaned: { volume: Volume; reports: CleanedReport[]; words: string[]; field?: Float32Array } = {
    volume,
    reports: [],
    words: [],
  };
  for (const remover of removers) {
    const one = await cleanOne(job, cleaned.volume, { remover, about, sigma });
    cleaned.volume = one.volume;
    cleaned.reports.push(one.report);
    if (one.report.did === 'removed') cleaned.words.push(one.words);
    if (one.field !== undefined) cleaned.field = one.field;
  }
  return cleaned;
}

/**
 * Judges what a model took away that was not trained on noise, as the removal of an artifact is judged. Nothing where it
 * takes noise away, or changed nothing.
 *
 * @throws LimpidError E_TRUST where it fails and the settings are strict; those of the model
 */
export async function removedByModel(
  job: StackJob,
  before: Volume,
  { volume: after, removes }: Processed,
  sigma: number,
): Promise<CleanedReport[]> {
  if (removes === undefined || job.trust === null) return [];
  const random = new Random(job.trust.seed).fork('clean model');
  const trust = await cleaningTrust({ before, after, again: removes, sigma, random });
  if (trust.psnr === null) return [];
  if (trust.verdict === 'fail' && job.trust.strict)
    throw fault('E_TRUST/strict', { why: whatIsSaid(problemOf('E_ARTIFACT/distrusted')) });
  const unmeasured = { why: null, sure: null, amount: null, left: null, unit: '', facts: {} };
  return [{ name: 'model', did: 'removed', ...unmeasured, trust }];
}

function removersOf(clean: Cleaning | undefined, when: Remover['when']): Remover[] {
  if (clean === undefined) return [];
  return CLEAN_NAMES.filter((name) => clean === 'auto' || clean.includes(name))
    .map((name) => REMOVERS[name])
    .filter((remover) => remover.when === when);
}

/** What the files tell of a stack. @throws LimpidError those of reading */
export async function aboutStack(stack: Pick<StackInput, 'modality' | 'attributes'>): Promise<About> {
  const attributes = await stack.attributes();
  const [direction] = attributes('InPlanePhaseEncodingDirection');
  const phase = direction === 'ROW' ? 'x' : direction === 'COL' || direction === 'COLUMN' ? 'y' : null;
  return { modality: stack.modality, phase, partial: partialAxes(attributes, phase) };
}

/**
 * Of partial Fourier, by Partial Fourier Direction of enhanced images, and by the Scan Options of plain ones. Where the
 * axis of phase encoding is not told, no other is either.
 */
function partialAxes(attributes: (name: string) => readonly string[], phase: Axis | null): Axis[] {
  if (phase === null) return [];
  const options = attributes('ScanOptions');
  const [is, direction] = ['PartialFourier', 'PartialFourierDirection'].map((name) => attributes(name)[0]);
  if (is === 'NO') return [];
  const along = (word: string, option: string): boolean =>
    options.includes(option) || (is === 'YES' && (direction === word || direction === 'COMBINATION'));
  const axes: Axis[] = [];
  if (along('PHASE', 'PFP')) axes.push(phase);
  if (along('FREQUENCY', 'PFF')) axes.push(phase === 'x' ? 'y' : 'x');
  return axes;
}

interface Work {
  readonly remover: Remover;
  readonly about: About;
  readonly sigma: number;
}

async function cleanOne(
  job: StackJob,
  volume: Volume,
  { remover, about, sigma }: Work,
): Promise<{ volume: Volume; report: CleanedReport; words: string; field?: Float32Array }> {
  const asked = job.clean !== 'auto';
  const total = volume.slices * volume.frames;
  const startOne = () =>
    startMeter(job.emit, { series: job.stack.id, stage: 'clean', unit: 'slices', total });
  const looking = startOne();
  const look = tryLook(remover, volume, about, { asked, onProgress: (done) => looking.at(done) });
  if ('refused' in look) return { volume, report: reportOf(remover, 'refused', look.refused), words: '' };
  if (look.sure < DOUBTFUL) return { volume, report: reportOf(remover, 'absent', null, look), words: '' };
  if (look.held !== undefined)
    return { volume, report: reportOf(remover, 'left', problemOf(look.held), look), words: '' };
  if (look.sure < SURE && !asked) {
    const doubtful = problemOf(look.little === true ? 'E_ARTIFACT/little' : 'E_ARTIFACT/doubtful', {
      name: remover.name,
    });
    return { volume, report: reportOf(remover, 'left', doubtful, look), words: '' };
  }
  if (remover.onRequest === true && !asked) {
    const left = problemOf('E_ARTIFACT/on-request', { name: remover.name });
    return { volume, report: reportOf(remover, 'left', left, look), words: '' };
  }
  const meter = startOne();
  const asMade = look.share === undefined ? about : { ...about, share: look.share };
  const after = look.remove((done) => meter.at(done));
  const trust = await cleaningTrust({
    before: volume,
    after,
    again: (part) => removedFrom(remover, part, asMade),
    ...(look.acquired === undefined ? {} : { acquired: look.acquired }),
    sigma,
    random: new Random(job.trust?.seed ?? 1).fork(`clean ${remover.name}`),
  });
  if (trust.verdict === 'fail') {
    const problem = problemOf('E_ARTIFACT/distrusted');
    return { volume, report: { ...reportOf(remover, 'left', problem, look), trust }, words: '' };
  }
  return {
    volume: after,
    report: { ...reportOf(remover, 'removed', null, look), left: look.left?.(after) ?? null, trust },
    words: look.words,
    // Only where it is asked for: it is as large as a frame.
    ...(job.fieldMap === undefined || look.field === undefined ? {} : { field: look.field() }),
  };
}

/** @throws LimpidError E_ARTIFACT where it was asked for by name */
function tryLook(
  remover: Remover,
  volume: Volume,
  about: About,
  { asked, onProgress }: { readonly asked: boolean; readonly onProgress?: Progress },
): Look | { readonly refused: Problem } {
  try {
    return remover.look(volume, about, onProgress);
  } catch (error) {
    if (asked || !(error instanceof LimpidError) || error.code !== 'E_ARTIFACT') throw error;
    return { refused: withoutPlace(problemFrom(error)) };
  }
}

/**
 * The removal that was made, on a part of the whole: as it was asked for, and as much of what is found as there. What was
 * found in the whole is there in its part, which by itself may hold too little to be sure of it. A part in which the
 * artifact cannot be looked for stays as it is.
 */
function removedFrom(remover: Remover, part: Volume, about: About): Volume {
  const look = tryLook(remover, part, about, { asked: false });
  return 'refused' in look ? part : look.remove();
}

function reportOf(
  { name }: Remover,
  did: CleanedReport['did'],
  why: Problem | null,
  look?: Look,
): CleanedReport {
  return {
    name,
    did,
    why,
    sure: look?.sure ?? null,
    amount: look?.amount ?? null,
    left: did === 'removed' ? null : (look?.amount ?? null),
    unit: look?.unit ?? '',
    facts: look?.facts ?? {},
    trust: null,
  };
}
