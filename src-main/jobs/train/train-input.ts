import * as path from 'node:path';
import { startMeter } from '../../base/progress.js';
import {
  errorFrom,
  fault,
  LimpidError,
  type Problem,
  problemFrom,
  problemOf,
} from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { isFailure } from '../../contract/exit.js';
import type { TrainRequest } from '../../contract/requests/training.js';
import type { Volume } from '../../imaging/volume.js';
import { estimateNoise } from '../../noise/estimate/estimate.js';
import { type Chooser, choiceOf, openChooser } from '../../series/asked/choose.js';
import { gapsProblem } from '../../series/gaps.js';
import type { InputSet, StackInput } from '../../series/input.js';
import { loadWithin } from '../../series/memory.js';
import { openInput } from '../../series/open-input.js';
import { type CorpusSeries, corpusSeries, requireFrames } from '../../training/samples/corpus.js';

/** What was read of all inputs. */
export interface Gathered {
  readonly series: readonly CorpusSeries[];
  readonly modalities: readonly string[];
  /** Noise in percent of the median foreground, smallest and largest. */
  readonly noise: readonly [number, number] | null;
  /** Series that were left out. */
  readonly problems: readonly Problem[];
}

export interface SeriesRead {
  readonly stack: Pick<
    StackInput,
    'id' | 'modality' | 'group' | 'only2d' | 'seriesInstanceUid' | 'forPerson'
  >;
  /** The input that it was found in, as the person gave it. */
  readonly given: string;
  readonly volume: Volume;
}

/** Values that fit into memory beside the training: 1 GB. */
const MOST_VALUES = 2.5e8;

/**
 * Reads and scales every series of the inputs. What cannot be used is told and left out.
 *
 * @param timeSeries leave out series of too few frames
 * @throws LimpidError E_NOTHING when nothing is left, or why the only series is left out; E_USAGE for inputs and references that do not match; E_TOO_LARGE
 */
export async function gather(request: TrainRequest, emit: Emit, timeSeries = false): Promise<Gathered> {
  requireReferences(request);
  const supervised = request.objective === 'supervised';
  const problems: Problem[] = [];
  const leaveOut = (series: string | null, problem: Problem): void => {
    problems.push(problem);
    emit({ type: 'warning', series, problem });
  };
  // One that is missing would shift the pairs.
  const failing = supervised ? 'stops' : 'left out';
  const { inputs: paths, references: clean, only, onlyReferences } = request;
  const inputs = await readAll(paths, request.force, emit, leaveOut, {
    only,
    failing,
    chooser: openChooser(choiceOf(request)),
  });
  const references = await readAll(clean, true, emit, leaveOut, { only: onlyReferences, failing });
  if (supervised && references.length !== inputs.length)
    throw fault('E_USAGE/references', { inputs: inputs.length, references: references.length });
  const series: CorpusSeries[] = [];
  const used: SeriesRead[] = [];
  for (const [i, read] of inputs.entries())
    try {
      if (timeSeries) requireFrames(read.volume);
      series.push(corpusSeries(read.volume, read.stack.group, references[i]?.volume ?? null));
      used.push(read);
    } catch (error) {
      if (!(error instanceof LimpidError) || supervised) throw error;
      leaveOut(read.stack.id, problemFrom(error));
    }
  if (series.length === 0 && timeSeries && problems.length === 1) throw errorFrom(problems[0]);
  if (series.length === 0) throw fault('E_NOTHING/to-learn');
  return {
    series,
    modalities: [...new Set(used.map(({ stack }) => stack.modality))].sort(),
    noise: noiseRange(used),
    problems,
  };
}

/** @throws LimpidError E_USAGE unless references come with supervised training, and only with it */
export function requireReferences({ objective, references }: TrainRequest): void {
  const supervised = objective === 'supervised';
  if (supervised === references.length > 0) return;
  throw fault(supervised ? 'E_USAGE/needs-references' : 'E_USAGE/takes-no-references');
}

export interface ReadOptions {
  /** The id of the one series of each path, null for all; absent: all of every path. */
  readonly only?: readonly (string | null)[] | undefined;
  /** What becomes of a series whose pixels cannot be had, among others that can. */
  readonly failing?: 'stops' | 'left out';
  /** Which of the series are meant; absent: all. */
  readonly chooser?: Chooser;
  /** Series that are not read again; absent: all are read. */
  readonly known?: (series: Omit<SeriesRead, 'volume'>) => boolean;
  /** Places by ids that images of earlier runs have: others are not called so. */
  readonly taken?: ReadonlyMap<string, string>;
}

/**
 * Every series of the paths that can be used, in order.
 *
 * @throws LimpidError E_TOO_LARGE; as `readEach`
 */
export async function readAll(
  paths: readonly string[],
  force: boolean,
  emit: Emit,
  leaveOut: (series: string | null, problem: Problem) => void,
  options: ReadOptions = {},
): Promise<SeriesRead[]> {
  const reads: SeriesRead[] = [];
  let values = 0;
  for await (const read of readEach(paths, force, emit, leaveOut, options)) {
    values += read.volume.data.length;
    if (values > MOST_VALUES) throw tooLarge();
    reads.push(read);
  }
  return reads;
}

/**
 * The same one after the other, for what needs no two at a time.
 *
 * @throws LimpidError E_NOT_FOUND for an id that a path does not hold; as reading where that stops it, or where there
 * is nothing else
 */
export async function* readEach(
  paths: readonly string[],
  force: boolean,
  emit: Emit,
  leaveOut: (series: string | null, problem: Problem) => void,
  { only = [], failing = 'left out', chooser, known = () => false, taken = new Map() }: ReadOptions = {},
): AsyncGenerator<SeriesRead> {
  const failed: unknown[] = [];
  const opened = new Map<string, InputSet>();
  const distinct = distinctIds(taken);
  let used = 0;
  try {
    for (const [i, given] of paths.entries()) {
      const wanted = only[i] ?? null;
      const whole = opened.get(given) ?? (await openTold(given, emit, wanted === null ? leaveOut : null));
      opened.set(given, whole);
      const input = chooser === undefined ? whole : await chooser.pick(whole);
      for (const found of stacksOf(input, wanted)) {
        const stack = wanted === null ? distinct(found) : found;
        const refusal = stack.why ?? (force ? null : derivedProblem(stack));
        if (refusal !== null) {
          leaveOut(stack.id, refusal);
          continue;
        }
        if (known({ stack, given })) continue;
        let volume: Volume;
        try {
          volume = (await loadStack(stack, emit)).volume;
        } catch (error) {
          if (failing === 'stops') throw error;
          failed.push(error);
          leaveOut(stack.id, problemFrom(error));
          continue;
        }
        const gaps = gapsProblem(stack, volume);
        if (gaps !== null) emit({ type: 'warning', series: stack.id, problem: gaps });
        used++;
        const { id, modality, only2d, seriesInstanceUid, forPerson } = stack;
        const kept = { id, modality, group: groupOf(stack), only2d, seriesInstanceUid, forPerson };
        yield { stack: kept, given, volume };
      }
    }
  } finally {
    for (const input of opened.values()) await input.close();
  }
  chooser?.end();
  if (used === 0 && failed.length === 1) throw failed[0];
}

/**
 * Ids that differ among several inputs: those of NIfTI images follow from their paths inside an input, which in another
 * one may be of another image. There they get a number, in the order of the inputs.
 *
 * @param taken places by ids that are given away
 */
function distinctIds(taken: ReadonlyMap<string, string>): (stack: StackInput) => StackInput {
  const places = new Map(taken);
  return (stack) => {
    if (stack.modality !== 'NIFTI') return stack;
    const place = placeOf(stack);
    const isFree = (id: string): boolean => (places.get(id) ?? place) === place;
    let id = stack.id;
    for (let number = 2; !isFree(id); number++) id = `${stack.id}-${number}`;
    places.set(id, place);
    return id === stack.id ? stack : { ...stack, id };
  };
}

function placeOf({ forPerson }: StackInput): string {
  return path.resolve(forPerson.places[0] ?? '');
}

/**
 * NIfTI files tell nothing of the patient, unless by the name of a subject: each counts as one, however often and
 * through whichever of the inputs it is named.
 */
function groupOf(stack: StackInput): string {
  return stack.group === '' ? `file ${placeOf(stack)}` : stack.group;
}

/** Opens an input; files of it that cannot be used are left out where all of it is wanted, else told of. */
function openTold(
  given: string,
  emit: Emit,
  leaveOut: ((series: null, problem: Problem) => void) | null,
): Promise<InputSet> {
  const tell: Emit = (event) => {
    const isRefusal = event.type === 'warning' && event.series === null && isFailure(event.problem);
    if (isRefusal && leaveOut !== null) leaveOut(null, event.problem);
    else emit(event);
  };
  return openInput(given, tell, { errorMap: false, suffix: 'unused' });
}

/** All that can be used and all that has a reason why not; or the one that is wanted. */
function stacksOf({ units, leftOut }: InputSet, wanted: string | null): readonly StackInput[] {
  const all = [...leftOut.filter(({ why }) => why !== null), ...units.flatMap(({ stacks }) => stacks)];
  if (wanted === null) return all;
  const found = all.filter(({ id }) => id === wanted);
  if (found.length > 0) return found;
  throw fault('E_NOT_FOUND/moved-series');
}

function loadStack(stack: StackInput, emit: Emit): Promise<{ readonly volume: Volume }> {
  const meter = startMeter(emit, { series: stack.id, stage: 'read', unit: 'files', total: stack.instances });
  return loadWithin(stack, 'learn', (done) => meter.at(done));
}

function derivedProblem({ derivedByLimpid }: StackInput): Problem | null {
  if (!derivedByLimpid) return null;
  return problemOf('W_ALREADY_DENOISED/learning');
}

function tooLarge(): LimpidError {
  return fault('E_TOO_LARGE/series');
}

function noiseRange(reads: readonly SeriesRead[]): [number, number] | null {
  const levels = reads
    .map(({ volume, stack }) => estimateNoise(volume, { modality: stack.modality }).relative)
    .filter((level) => Number.isFinite(level));
  return levels.length === 0 ? null : [Math.min(...levels), Math.max(...levels)];
}
