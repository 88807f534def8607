import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists, sha256 } from '../base/files.js';
import { LimpidError, type Problem, problemFrom } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import type { SeriesReport } from '../contract/report.js';
import type { SeriesOutcome } from '../contract/results.js';
import type { InputSet, StackInput, UnitInput } from './input.js';
import type { Journal, StackRecord, Unit, UnitRecord } from './journal.js';
import { type OutputFolder, publish } from './output-folder.js';
import type { Processor } from './processor.js';
import { processStack, type StackJob } from './stack.js';
import { changedSource, emptyReport, sourceHash } from './stack-record.js';
import type { TrustSettings } from './trust.js';

export interface DeriveJob {
  readonly input: InputSet;
  readonly folder: OutputFolder;
  readonly journal: Journal;
  readonly processor: Processor;
  /** Also series that Limpid derived. */
  readonly force: boolean;
  readonly emit: Emit;
  /** How results are judged; null where nothing is denoised. */
  readonly trust: TrustSettings | null;
  /** How many stacks keep pictures for the report. */
  readonly pictures: number;
}

export interface DeriveOutcome {
  readonly reports: readonly SeriesReport[];
  readonly outcomes: readonly SeriesOutcome[];
}

/**
 * Derives every unit of the input, one stack at a time; nothing of a finished one is kept in memory. A stack that
 * fails is listed and the next one goes on. A unit becomes visible once none of its stacks is outstanding.
 *
 * @throws LimpidError E_SOURCE_CHANGED when the input is not the one of the run that is resumed
 */
export async function runDeriveJob(job: DeriveJob): Promise<DeriveOutcome> {
  const units = await planned(job);
  const of = job.input.leftOut.length + units.reduce((sum, { stacks }) => sum + stacks.length, 0);
  const state: JobState = { job, of, index: 0, reports: [], outcomes: [] };
  for (const unit of units) await runUnit(state, unit);
  for (const stack of job.input.leftOut) {
    announce(state, stack);
    settle(state, stack, skipped(stack, stack.why), [], null, 0);
  }
  return state;
}

interface JobState {
  readonly job: DeriveJob;
  readonly of: number;
  index: number;
  readonly reports: SeriesReport[];
  readonly outcomes: SeriesOutcome[];
}

/** The units with the UIDs and numbers of the first run. */
async function planned(job: DeriveJob): Promise<UnitInput[]> {
  const plan = await job.journal.plan(job.input.units.map(({ unit }) => unit));
  return job.input.units.map((unit, i) => ({ ...unit, unit: plan[i] }));
}

async function runUnit(state: JobState, unitInput: UnitInput): Promise<void> {
  const { job } = state;
  const { unit, stacks, entries } = unitInput;
  const work = job.folder.own('work', unit.key);
  const shown = entries.map(({ reported }) => reported);
  let record: UnitRecord;
  try {
    record = await settledRecord(job, unitInput, work);
  } catch (error) {
    for (const stack of stacks) {
      announce(state, stack);
      settle(state, stack, failed(stack, problemFrom(error)), [], null, 0);
    }
    return;
  }
  let outstanding = false;
  for (const stack of stacks) {
    announce(state, stack);
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const why = stack.why ?? (stack.derivedByLimpid && !job.force ? ALREADY : null);
    if (why !== null) {
      settle(state, stack, skipped(stack, why), [], null, seconds());
      continue;
    }
    try {
      const known = record.stacks[stack.id];
      if (known !== undefined && (await isWhole(known, unitInput, job, record.state, work))) {
        await refuseChanged(stack, known);
        settle(state, stack, known.report, shown, unit, seconds(), 'kept');
        continue;
      }
      const stackJob: StackJob = {
        ...job,
        unitInput,
        work,
        stack,
        pictures: state.index <= job.pictures,
        known: known ?? null,
      };
      const finished = await processStack(stackJob);
      record = { state: 'working', stacks: { ...record.stacks, [stack.id]: finished } };
      await job.journal.write(unit, record);
      settle(state, stack, finished.report, shown, unit, seconds());
    } catch (error) {
      outstanding = true;
      settle(state, stack, failed(stack, problemFrom(error)), [], null, seconds());
    }
  }
  if (record.state === 'done' || outstanding || Object.keys(record.stacks).length === 0) return;
  try {
    await publishUnit(job, unitInput, work, record);
  } catch (error) {
    withdraw(state, stacks, problemFrom(error));
  }
}

/**
 * The record of a unit with an interrupted publication finished, and forgotten where its files were removed.
 *
 * @throws LimpidError E_EXISTS where its visible files were changed
 */
async function settledRecord(job: DeriveJob, unitInput: UnitInput, work: string): Promise<UnitRecord> {
  const record = await job.journal.read(unitInput.unit);
  if (record.state === 'working') return record;
  if (record.state === 'publishing') {
    await publishUnit(job, unitInput, work, record);
    return { ...record, state: 'done' };
  }
  const visible = await Promise.all(
    usedEntries(unitInput, record).map(({ visible }) => exists(path.join(job.folder.root, visible))),
  );
  if (!visible.includes(true)) return { state: 'working', stacks: {} };
  for (const known of Object.values(record.stacks))
    if (!(await isWhole(known, unitInput, job, 'done', work))) throw changedOutput(job.folder.root);
  return record;
}

async function publishUnit(
  job: DeriveJob,
  unitInput: UnitInput,
  work: string,
  record: UnitRecord,
): Promise<void> {
  await job.journal.write(unitInput.unit, { ...record, state: 'publishing' });
  for (const { name, visible } of usedEntries(unitInput, record)) {
    const from = path.join(work, name);
    // Absent: moved before the run was interrupted.
    if (await exists(from)) await publish(from, path.join(job.folder.root, visible));
  }
  await job.journal.write(unitInput.unit, { ...record, state: 'done' });
  await fs.rm(work, { recursive: true, force: true });
}

function usedEntries(unitInput: UnitInput, record: UnitRecord) {
  const used = new Set(Object.values(record.stacks).flatMap(({ files }) => files.map(({ entry }) => entry)));
  return unitInput.entries.filter(({ name }) => used.has(name));
}

/** Every file of the stack is there with the bytes that were written. */
async function isWhole(
  known: StackRecord,
  unitInput: UnitInput,
  job: DeriveJob,
  state: UnitRecord['state'],
  work: string,
): Promise<boolean> {
  for (const { entry, name, sha256: expected } of known.files) {
    const visible = unitInput.entries.find((candidate) => candidate.name === entry)?.visible;
    if (visible === undefined) return false;
    const top = state === 'done' ? path.join(job.folder.root, visible) : path.join(work, entry);
    try {
      if (sha256(await fs.readFile(path.join(top, name))) !== expected) return false;
    } catch {
      return false;
    }
  }
  return true;
}

async function refuseChanged(stack: StackInput, known: StackRecord): Promise<void> {
  if (sourceHash(await stack.hashes()) !== known.source) throw changedSource();
}

function announce(state: JobState, stack: StackInput): void {
  state.index++;
  state.job.emit({ type: 'series-start', series: stack.id, index: state.index, of: state.of });
  for (const problem of stack.warnings) state.job.emit({ type: 'warning', series: stack.id, problem });
}

function settle(
  state: JobState,
  stack: StackInput,
  report: SeriesReport,
  outputs: readonly string[],
  unit: Unit | null,
  seconds: number,
  status: SeriesOutcome['status'] = report.status,
): void {
  state.reports.push(report);
  state.outcomes.push({
    series: stack.id,
    status,
    problem: report.problem,
    outputs,
    derivedSeriesInstanceUid: unit?.derived?.uid ?? null,
  });
  state.job.emit({ type: 'series-done', series: stack.id, status, problem: report.problem, seconds });
}

/** A unit that could not become visible: its stacks count as failed after all. */
function withdraw(state: JobState, stacks: readonly StackInput[], problem: Problem): void {
  for (const stack of stacks) {
    const at = state.outcomes.findIndex(({ series }) => series === stack.id);
    if (state.outcomes[at].status === 'skipped') continue;
    state.reports[at] = failed(stack, problem);
    state.outcomes[at] = {
      ...state.outcomes[at],
      status: 'failed',
      problem,
      outputs: [],
      derivedSeriesInstanceUid: null,
    };
    state.job.emit({ type: 'series-done', series: stack.id, status: 'failed', problem, seconds: 0 });
  }
}

function failed(stack: StackInput, problem: Problem): SeriesReport {
  return { ...emptyReport(stack), status: 'failed', problem };
}

function skipped(stack: StackInput, why: Problem | null): SeriesReport {
  return { ...emptyReport(stack), status: 'skipped', problem: why };
}

const ALREADY: Problem = {
  code: 'E_ALREADY_DENOISED',
  message: 'The series was derived by Limpid already.',
  remedy: 'Denoise the original series, or give --force to denoise this one again.',
};

function changedOutput(root: string): LimpidError {
  return new LimpidError(
    'E_EXISTS',
    'Files of this series were changed or removed after they were written.',
    'Remove the folder of the series to have it written again, or choose a new output folder.',
    root,
  );
}
