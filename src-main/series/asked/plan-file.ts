import type { Stats } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode, sha256 } from '../../base/files.js';
import { readRegular } from '../../base/reading.js';
import { VERSION } from '../../base/version.js';
import {
  errorFrom,
  fault,
  type LimpidError,
  type Problem,
  problemFrom,
  problemOf,
} from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import {
  PLAN_FORMAT,
  type PlanEntry,
  PlanFile,
  type PlannedFile,
  type SeriesNumbers,
} from '../../contract/plan-file.js';
import type { NoiseLevel } from '../../contract/requests/choices.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import type { PlannedSeries } from '../../contract/results.js';
import { read } from '../../contract/schema/schema.js';
import { type InputSet, type StackInput, type Unit, unitOf } from '../input.js';
import { openRequested } from './open-chosen.js';

/** A plan, and why of units of which a file can no longer be looked at nothing is planned, by their key. */
export interface Planning {
  readonly plan: PlanFile;
  readonly failed: ReadonlyMap<string, Problem>;
}

/** What a file is like that could not be looked at: whoever has it done nonetheless is told that it changed. */
const UNKNOWN = { bytes: 0, modified: 0 };

/** The plan of what a dry run found, to be edited and run. A file that fails has its unit skipped, and no other. */
export async function planFileOf(
  request: DenoiseRequest,
  input: InputSet,
  series: readonly PlannedSeries[],
): Promise<Planning> {
  const units = new Map(input.units.flatMap(({ unit, stacks }) => stacks.map(({ id }) => [id, unit])));
  const stacks = [...input.units.flatMap((unit) => unit.stacks), ...input.leftOut];
  const entries: PlanEntry[] = [];
  const failed = new Map<string, Problem>();
  const prints = new Map<string, Promise<Print | Problem>>();
  for (const [i, one] of series.entries()) {
    const unit = units.get(one.id);
    const key = unit?.key ?? `left-out-${one.id}`;
    const files: PlannedFile[] = [];
    for (const place of stacks[i].forPerson.places) {
      const known = prints.get(place) ?? printOf(place).catch((error: unknown) => problemFrom(error, place));
      prints.set(place, known);
      const print = await known;
      if ('code' in print) failed.set(key, print);
      files.push({ path: path.resolve(place), ...('code' in print ? UNKNOWN : print) });
    }
    const numbers = numbersOf(unit);
    entries.push({
      id: one.id,
      unit: key,
      kind: one.kind,
      seriesInstanceUid: one.seriesInstanceUid,
      ...(stacks[i].studyInstanceUid === undefined ? {} : { studyInstanceUid: stacks[i].studyInstanceUid }),
      ...(numbers === null ? {} : { numbers }),
      modality: one.modality,
      grid: [one.columns, one.rows, one.slices, one.frames],
      action: one.action,
      why: one.why === null ? null : `${one.why.code}: ${one.why.message}`,
      settings: {},
      memoryBytes: one.memoryBytes,
      seconds: one.seconds,
      outputs: one.outputs,
      files,
    });
  }
  const { model, noiseLevel } = request;
  const plan: PlanFile = {
    limpidPlan: PLAN_FORMAT,
    version: VERSION,
    createdAt: new Date().toISOString(),
    inputs: [request.input, ...(request.more ?? [])].map((one) => path.resolve(one)),
    settings: {
      model: model.kind === 'file' ? { kind: 'file', path: path.resolve(model.path) } : model,
      objective: request.objective,
      steps: request.steps,
      adapt: request.adapt ?? 'off',
      refine: request.refine ?? true,
      seed: request.seed,
      strength: request.strength,
      strict: request.strict ?? false,
      device: request.device,
      errorMap: request.errorMap,
      uncertainty: request.uncertainty ?? false,
      force: request.force,
      bids: request.bids ?? false,
      ...(request.align === undefined ? {} : { align: request.align }),
      ...(request.effort === undefined ? {} : { effort: request.effort }),
      ...(request.clean === undefined ? {} : { clean: request.clean }),
      ...(noiseLevel === undefined ? {} : { noiseLevel: absolute(noiseLevel) }),
    },
    series: entries.map((entry) => skippedIf(failed.get(entry.unit), entry)),
  };
  return { plan, failed };
}

function skippedIf(problem: Problem | undefined, entry: PlanEntry): PlanEntry {
  if (problem === undefined || entry.action === 'skip') return entry;
  return { ...entry, action: 'skip', why: `${problem.code}: ${problem.message}` };
}

function numbersOf(unit: Unit | undefined): SeriesNumbers | null {
  if (unit === undefined || unit.derived === null) return null;
  const { derived, errorMap, uncertainty, partner } = unit;
  return {
    derived: derived.number,
    ...(errorMap === null ? {} : { errorMap: errorMap.number }),
    ...(uncertainty === null ? {} : { uncertainty: uncertainty.number }),
    ...(partner === undefined ? {} : { partner: partner.number }),
  };
}

/** A file that the plan names is the same wherever it is run. */
function absolute(level: NoiseLevel): NoiseLevel {
  return level.kind === 'number' ? level : { ...level, path: path.resolve(level.path) };
}

type Print = Pick<PlannedFile, 'bytes' | 'modified'>;

/**
 * Size and time of a file, or of the archive that it is in.
 *
 * @throws LimpidError E_SOURCE_CHANGED where it is gone from its folder; E_NOT_FOUND where that is gone too, as of a
 * share that is not there now; E_IO where the disk or the share does not answer
 */
async function printOf(place: string): Promise<Print> {
  const absolute = path.resolve(place);
  for (let at = absolute; ; at = path.dirname(at)) {
    // A name inside an archive is no file of its own: the next folder above is looked at.
    const stat = await statOf(at);
    if (stat?.isFile()) return { bytes: stat.size, modified: Math.round(stat.mtimeMs) };
    if (stat !== null && at === path.dirname(absolute)) throw fault('E_SOURCE_CHANGED/scanned', {}, place);
    if (stat !== null || at === path.dirname(at)) throw fault('E_NOT_FOUND/source-file', {}, place);
  }
}

/** null where there is none. @throws LimpidError E_IO */
async function statOf(place: string): Promise<Stats | null> {
  try {
    return await fs.stat(place);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return null;
    throw asFileError(error, place);
  }
}

/** A plan that is run, as a request, with what it says of single series. */
export interface PlannedRun {
  readonly request: DenoiseRequest;
  /** Of the plan's text: two plans do not go on with each other's output. */
  readonly hash: string;
  /** null: as the request. */
  requestFor(id: string): DenoiseRequest | null;
  /** Only the files of what is to be done are read. @throws LimpidError as `openChosen` */
  open(emit: Emit): Promise<InputSet>;
}

/**
 * Reads the plan that is the input of a request.
 *
 * @throws LimpidError E_PLAN where it is none, or a value is not what belongs there; E_NOT_FOUND, E_IO; E_USAGE
 * (a share of it that there is not)
 */
export async function openPlan(asked: DenoiseRequest): Promise<PlannedRun> {
  const text = (await readRegular(asked.input)).toString('utf8');
  const plan = parsePlan(text, asked.input);
  const shard = asked.plan?.shard ?? null;
  const entries = shard === null ? plan.series : shardOf(plan.series, shard);
  const { settings } = plan;
  const request: DenoiseRequest = {
    type: 'denoise',
    input: plan.inputs[0],
    more: plan.inputs.slice(1),
    output: asked.output,
    ...settings,
    ...(asked.noiseMap === undefined ? {} : { noiseMap: asked.noiseMap }),
    ...(asked.fieldMap === undefined ? {} : { fieldMap: asked.fieldMap }),
    dryRun: asked.dryRun === true,
  };
  return {
    request,
    hash: sha256(`${text}\n${shard?.join('/') ?? ''}`).slice(0, 12),
    requestFor(id) {
      const own = entries.find((entry) => entry.id === id)?.settings ?? {};
      return Object.keys(own).length === 0 ? null : { ...request, ...own };
    },
    open: (emit) => openEntries(request, entries, plannedNumbers(plan.series), emit),
  };
}

function parsePlan(text: string, place: string): PlanFile {
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    throw fault('E_PLAN/json', {}, place);
  }
  const found = read(PlanFile, data);
  if (found.fits) return found.value;
  if (found.path === '') throw fault('E_PLAN/whole', {}, place);
  throw fault('E_PLAN/field', { field: found.path, expected: found.expected }, place);
}

/**
 * A share of a plan: whole units, dealt out by the time that they take, the longest first, so that shares end
 * together. The same for the same plan.
 */
function shardOf(series: readonly PlanEntry[], [k, n]: readonly [number, number]): PlanEntry[] {
  if (k < 1 || k > n) throw fault('E_USAGE/shard', { share: k, of: n });
  const weights = new Map<string, number>();
  for (const { unit, action, seconds, grid } of series) {
    const weight = action === 'skip' ? 0 : (seconds ?? grid.reduce((a, b) => a * b) / 1e6);
    weights.set(unit, (weights.get(unit) ?? 0) + weight);
  }
  const loads = Array.from({ length: n }, () => 0);
  const mine = new Set<string>();
  for (const [unit, weight] of [...weights].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))) {
    const to = loads.indexOf(Math.min(...loads));
    loads[to] += weight;
    if (to === k - 1) mine.add(unit);
  }
  return series.filter(({ unit }) => mine.has(unit));
}

async function openEntries(
  request: DenoiseRequest,
  entries: readonly PlanEntry[],
  numbers: ReadonlyMap<string, readonly number[]>,
  emit: Emit,
): Promise<InputSet> {
  const wanted = new Set(entries.filter(({ action }) => action === 'denoise').map(({ unit }) => unit));
  const chosen = entries.filter(({ unit }) => wanted.has(unit));
  const changed = await changedUnits(chosen);
  const used = chosen.filter(({ unit }) => !changed.has(unit));
  if (chosen.length === 0) throw nothingPlanned();
  if (used.length === 0) throw errorFrom(whyOfAll([...changed.values()]));
  const files = new Set(used.flatMap((entry) => entry.files.map((file) => file.path)));
  const units = new Map(
    used.flatMap(({ seriesInstanceUid, modality, unit, numbers }) =>
      seriesInstanceUid === null
        ? []
        : [[unitOf(seriesInstanceUid, modality), { key: unit, numbers }] as const],
    ),
  );
  const planned = used.filter(({ action }) => action === 'denoise').map(({ id }) => id);
  const opened = await openRequested(request, emit, { files, units, numbers }, planned);
  const actions = new Map(used.map(({ id, action }) => [id, action]));
  const chosenUnits = opened.units
    .map((unit) => ({ ...unit, stacks: unit.stacks.map((stack) => asPlanned(stack, actions)) }))
    .filter(({ stacks }) => stacks.some(({ id }) => actions.has(id)));
  const there = new Set(chosenUnits.flatMap(({ stacks }) => stacks.map(({ id }) => id)));
  const lost = used.filter(({ id, action }) => action === 'denoise' && !there.has(id));
  const problems = [...changed.values(), ...lost.map(({ unit }) => changedSince(unit))];
  for (const problem of problems) emit({ type: 'warning', series: null, problem });
  return { ...opened, units: chosenUnits, leftOut: [], problems: [...opened.problems, ...problems] };
}

/** By Study Instance UID: other shares of the plan use theirs. */
function plannedNumbers(entries: readonly PlanEntry[]): Map<string, number[]> {
  const byStudy = new Map<string, number[]>();
  for (const { studyInstanceUid, numbers } of entries) {
    if (studyInstanceUid === undefined || numbers === undefined) continue;
    const known = byStudy.get(studyInstanceUid) ?? [];
    byStudy.set(studyInstanceUid, [...known, ...Object.values(numbers)]);
  }
  return byStudy;
}

function nothingPlanned(): LimpidError {
  return fault('E_NOTHING/planned');
}

function asPlanned(stack: StackInput, actions: ReadonlyMap<string, PlanEntry['action']>): StackInput {
  if (actions.get(stack.id) !== 'skip' || stack.why !== null) return stack;
  return { ...stack, why: problemOf('W_SKIPPED/planned') };
}

/** Units of which a file is another than when the plan was made, gone, or cannot be looked at now; and why. */
async function changedUnits(entries: readonly PlanEntry[]): Promise<Map<string, Problem>> {
  const changed = new Map<string, Problem>();
  const prints = new Map<string, ReturnType<typeof printOf>>();
  for (const { unit, files } of entries)
    for (const file of files) {
      const print = prints.get(file.path) ?? printOf(file.path);
      prints.set(file.path, print);
      try {
        const now = await print;
        if (now.bytes !== file.bytes || now.modified !== file.modified) changed.set(unit, changedSince(unit));
      } catch (error) {
        const { place: _, ...problem } = problemFrom(error);
        // Whatever else changed: what may be there again is looked at again.
        if (problem.code !== 'E_SOURCE_CHANGED') changed.set(unit, problem);
        else if (!changed.has(unit)) changed.set(unit, changedSince(unit));
      }
    }
  return changed;
}

/** What may pass, if any; else that the sources have changed. */
function whyOfAll(problems: readonly Problem[]): Problem {
  return problems.find(({ code }) => code !== 'E_SOURCE_CHANGED') ?? changedSince('all series');
}

function changedSince(unit: string): Problem {
  return problemOf('E_SOURCE_CHANGED/planned', { unit });
}
