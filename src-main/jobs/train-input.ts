import { errorFrom, LimpidError, type Problem, problemFrom } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import type { TrainRequest } from '../contract/requests.js';
import type { Volume } from '../imaging/volume.js';
import { estimateNoise } from '../noise/estimate.js';
import { type CorpusSeries, corpusSeries, requireFrames } from '../training/corpus.js';
import type { StackInput } from './input.js';
import { openInput } from './open-input.js';
import { startMeter } from './progress.js';

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
  readonly stack: Pick<StackInput, 'id' | 'modality' | 'group' | 'only2d'>;
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
  const supervised = request.objective === 'supervised';
  if (supervised !== request.references.length > 0)
    throw new LimpidError(
      'E_USAGE',
      supervised ? 'Supervised training needs references.' : 'Only supervised training takes references.',
      'Give --objective supervised together with --reference.',
    );
  const problems: Problem[] = [];
  const leaveOut = (series: string | null, problem: Problem): void => {
    problems.push(problem);
    emit({ type: 'warning', series, problem });
  };
  const inputs = await readAll(request.inputs, request.force, emit, leaveOut);
  const references = await readAll(request.references, true, emit, leaveOut);
  if (supervised && references.length !== inputs.length)
    throw new LimpidError(
      'E_USAGE',
      `There are ${inputs.length} series to learn from and ${references.length} references.`,
      'Give one reference for each series, in the same order.',
    );
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
  if (series.length === 0)
    throw new LimpidError(
      'E_NOTHING',
      'No series can be learnt from.',
      'Run `limpid inspect` on the inputs to see why.',
    );
  return {
    series,
    modalities: [...new Set(used.map(({ stack }) => stack.modality))].sort(),
    noise: noiseRange(used),
    problems,
  };
}

/**
 * Every series of the paths that can be used, in order.
 *
 * @param only the id of the one series of each path, null for all; absent: all of every path
 * @throws LimpidError E_TOO_LARGE; as reading
 */
export async function readAll(
  paths: readonly string[],
  force: boolean,
  emit: Emit,
  leaveOut: (series: string | null, problem: Problem) => void,
  only: readonly (string | null)[] = [],
): Promise<SeriesRead[]> {
  const reads: SeriesRead[] = [];
  let values = 0;
  for (const [i, given] of paths.entries()) {
    const input = await openInput(given, emit, { errorMap: false, suffix: 'unused' });
    const wanted = only[i] ?? null;
    const meant = ({ id }: { readonly id: string }) => wanted === null || id === wanted;
    try {
      for (const { why, id } of input.leftOut.filter(meant)) if (why !== null) leaveOut(id, why);
      for (const stack of input.units.flatMap(({ stacks }) => stacks).filter(meant)) {
        const refusal = stack.why ?? (force ? null : derivedProblem(stack));
        if (refusal !== null) {
          leaveOut(stack.id, refusal);
          continue;
        }
        const { volume } = await loadStack(stack, emit);
        values += volume.data.length;
        if (values > MOST_VALUES) throw tooLarge();
        // NIfTI files tell nothing of the patient: each counts as one.
        const group = stack.group === '' ? `input ${i}` : stack.group;
        const { id, modality, only2d } = stack;
        reads.push({ stack: { id, modality, group, only2d }, volume });
      }
    } finally {
      await input.close();
    }
  }
  return reads;
}

function loadStack(stack: StackInput, emit: Emit): Promise<{ readonly volume: Volume }> {
  const meter = startMeter(emit, { series: stack.id, stage: 'read', unit: 'files', total: stack.instances });
  return stack.load((done) => meter.at(done));
}

function derivedProblem({ derivedByLimpid }: StackInput): Problem | null {
  if (!derivedByLimpid) return null;
  return {
    code: 'W_ALREADY_DENOISED',
    message: 'The series was derived by Limpid and is left out.',
    remedy: 'Use --force to learn from it all the same.',
  };
}

function tooLarge(): LimpidError {
  return new LimpidError(
    'E_TOO_LARGE',
    'The series together are too large for the memory of one run.',
    'Give fewer of them: some hundred slices of each kind are enough.',
  );
}

function noiseRange(reads: readonly SeriesRead[]): [number, number] | null {
  const levels = reads
    .map(({ volume, stack }) => estimateNoise(volume, { modality: stack.modality }).relative)
    .filter((level) => Number.isFinite(level));
  return levels.length === 0 ? null : [Math.min(...levels), Math.max(...levels)];
}
