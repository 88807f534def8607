import { VERSION } from '../../base/version.js';
import { type Problem, problemFrom, problemOf } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT, isFailure } from '../../contract/exit.js';
import { MPPCA_LEAST_FRAMES } from '../../contract/requests/choices.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import type { PlannedSeries, PlanResult } from '../../contract/results.js';
import { openChooser } from '../../series/asked/choose.js';
import { openGivenNoise } from '../../series/asked/given-noise.js';
import { isChosen, openChosen } from '../../series/asked/open-chosen.js';
import { type PlannedRun, type Planning, planFileOf } from '../../series/asked/plan-file.js';
import type { StackInput, UnitInput, VolumeSize } from '../../series/input.js';
import { memoryNeeded, requireMemory } from '../../series/memory.js';
import { guardedPath } from '../../series/open-input.js';
import { refuseOutput } from '../../series/output-folder.js';
import { knownSpeeds, type Speeds, secondsFor } from '../../store/speed.js';
import { ALREADY } from './job.js';
import { heldSize, partsOf, SLAB_LIMITS } from './slab-plan.js';

/**
 * What a denoise would do with each series, from headers alone; nothing is written and no device is tried.
 *
 * @throws LimpidError as `runDenoise`, before it begins
 */
export async function runPlan(
  request: DenoiseRequest,
  emit: Emit,
  modelHash: (request: DenoiseRequest) => Promise<string | null>,
  run?: PlannedRun,
): Promise<PlanResult> {
  if (request.planFile !== true)
    for (const one of [request.input, ...(request.more ?? [])])
      await refuseOutput(request.output, guardedPath(one));
  await modelHash(request);
  const noise = request.noiseLevel === undefined ? undefined : await openGivenNoise(request.noiseLevel);
  const byVoxel = noise?.byVoxel === true;
  const input =
    run === undefined ? await openChosen(request, emit, openChooser(request)) : await run.open(emit);
  try {
    const speeds = await knownSpeeds();
    const series: PlannedSeries[] = [];
    for (const unit of input.units)
      for (const stack of unit.stacks)
        series.push(await planned(run?.requestFor(stack.id) ?? request, { stack, unit, byVoxel, speeds }));
    for (const stack of input.leftOut)
      series.push(await planned(request, { stack, unit: null, byVoxel, speeds }));
    const planning = request.planFile === true ? await planFileOf(request, input, series) : null;
    const failed = [...(planning?.failed.values() ?? [])];
    const shown = series.map((one, i) => asInPlan(one, planning, i));
    const isDone = shown.some(({ action }) => action === 'denoise');
    const refused = [...(isChosen(request) ? [] : input.problems.filter(isFailure)), ...failed];
    return {
      type: 'result',
      command: 'plan',
      version: VERSION,
      exitCode: isDone && refused.length === 0 ? EXIT.done : EXIT.failed,
      series: shown,
      problems: [...input.problems, ...failed],
      ...(planning === null ? {} : { forPerson: { plan: planning.plan } }),
    };
  } finally {
    await input.close();
  }
}

function asInPlan(one: PlannedSeries, planning: Planning | null, i: number): PlannedSeries {
  const entry = planning?.plan.series[i];
  const why = planning?.failed.get(entry?.unit ?? '');
  return why === undefined || one.action === 'skip' ? one : { ...one, action: 'skip', why };
}

interface Planned {
  readonly stack: StackInput;
  /** null: it is left out. */
  readonly unit: UnitInput | null;
  /** Whether the noise level is given for each voxel. */
  readonly byVoxel: boolean;
  readonly speeds: Speeds;
}

async function planned(
  request: DenoiseRequest,
  { stack, unit, byVoxel, speeds }: Planned,
): Promise<PlannedSeries> {
  const size = heldOf(request, byVoxel, stack);
  // A plan in a file is run by other machines too: each holds the need against the memory that it has.
  const why = refusalOf(request, stack) ?? (request.planFile === true ? null : await memoryProblem(size));
  const isDone = why === null && unit !== null;
  const entries = unit === null || !isDone ? [] : unit.entries.filter(({ name }) => name !== 'model');
  return {
    id: stack.id,
    kind: stack.modality === 'NIFTI' ? 'nifti' : 'dicom',
    seriesInstanceUid: stack.seriesInstanceUid,
    modality: stack.modality,
    instances: stack.instances,
    ...stack.grid,
    action: isDone ? 'denoise' : 'skip',
    why,
    model: request.model.kind,
    memoryBytes: size === null ? null : memoryNeeded('denoise', size),
    seconds: isDone && stack.size !== null ? secondsFor(speeds, request, stack.size.values) : null,
    outputs: entries.map(({ reported }) => reported),
    warnings: stack.warnings,
    forPerson: {
      description: stack.forPerson.description,
      outputs: entries.map(({ visible }) => visible),
    },
  };
}

function refusalOf(request: DenoiseRequest, stack: StackInput): Problem | null {
  if (stack.why !== null) return stack.why;
  if (stack.derivedByLimpid && !request.force) return ALREADY;
  if (request.model.kind === 'mppca' && stack.grid.frames < MPPCA_LEAST_FRAMES)
    return problemOf('E_NOT_ELIGIBLE/repeats');
  return null;
}

/** What is held of a stack at a time: of a long one a part, unless there are maps. */
function heldOf(request: DenoiseRequest, byVoxel: boolean, stack: StackInput): VolumeSize | null {
  const { errorMap, uncertainty, noiseMap, clean } = request;
  const isWhole =
    byVoxel || errorMap || uncertainty === true || noiseMap !== undefined || clean !== undefined;
  const parts = isWhole ? null : partsOf(stack, SLAB_LIMITS);
  return parts === null || stack.size === null ? stack.size : heldSize(parts, stack.size.area, SLAB_LIMITS);
}

async function memoryProblem(size: VolumeSize | null): Promise<Problem | null> {
  if (size === null) return null;
  try {
    await requireMemory('denoise', size);
    return null;
  } catch (error) {
    return problemFrom(error);
  }
}
