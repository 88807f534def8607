import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists } from '../../base/files.js';
import {
  errorFrom,
  fault,
  type LimpidError,
  type Problem,
  problemFrom,
  problemOf,
  withoutPlace,
} from '../../contract/errors.js';
import type { JobEvent } from '../../contract/events.js';
import type { SeriesReport } from '../../contract/report.js';
import type { SeriesOutcome } from '../../contract/results.js';
import {
  type StackInput,
  type Unit,
  type UnitInput,
  type WrittenFile,
  withSettings,
} from '../../series/input.js';
import { NO_RECORD, type StackRecord, type UnitRecord } from '../../series/journal.js';
import { entriesOf, type Publication, publishUnit, wholeFiles } from '../../series/publication.js';
import { changedSource, emptyReport, outputReport, sourceHash } from '../../series/stack-record.js';
import { ALREADY, type DeriveJob } from './job.js';
import { processStack } from './stack.js';
import { trustOutcome } from './trust.js';

export interface DeriveOutcome {
  readonly reports: readonly SeriesReport[];
  readonly outcomes: readonly SeriesOutcome[];
  /** Of derived series that lack stacks of their source. */
  readonly incomplete: readonly Problem[];
}

/**
 * Derives every unit of the input, one stack at a time; nothing of a finished one is kept in memory. A stack that
 * fails is listed and the next one goes on. Once all stacks of a unit were tried, those that are finished become
 * visible; a later run adds the others. What is told of outputs is what is visible then.
 *
 * @throws LimpidError E_SOURCE_CHANGED when the input is not the one of the run that is resumed
 */
export async function runDeriveJob(given: DeriveJob): Promise<DeriveOutcome> {
  const told = new Map<string, Problem[]>();
  const job: DeriveJob = { ...given, emit: (event) => given.emit(remembered(event, told)) };
  const units = await planned(job);
  const of = job.input.leftOut.length + units.reduce((sum, { stacks }) => sum + stacks.length, 0);
  const state: JobState = { job, of, told, index: 0, reports: [], outcomes: [], incomplete: [] };
  for (const unit of units) await runUnit(state, unit);
  for (const stack of job.input.leftOut) {
    announce(state, stack);
    settle(state, stack, skipped(stack, stack.why));
  }
  return state;
}

interface JobState {
  readonly job: DeriveJob;
  readonly of: number;
  /** Warnings of each series so far: the report holds what was said. */
  readonly told: ReadonlyMap<string, readonly Problem[]>;
  index: number;
  readonly reports: SeriesReport[];
  readonly outcomes: SeriesOutcome[];
  readonly incomplete: Problem[];
}

function remembered(event: JobEvent, told: Map<string, Problem[]>): JobEvent {
  if (event.type === 'warning' && event.series !== null)
    told.set(event.series, [...(told.get(event.series) ?? []), event.problem]);
  return event;
}

/** The units with the names, UIDs and numbers of the first run. */
async function planned(job: DeriveJob): Promise<UnitInput[]> {
  const proposed: Unit[] = [];
  for (const one of job.input.units) proposed.push(withSettings(one.unit, await job.pixelSettings(one)));
  const studies = job.input.units.map(({ stacks }) => stacks[0]?.studyInstanceUid ?? '');
  const plan = await job.journal.plan(proposed, studies);
  return job.input.units.map((input, i) => asPlanned(input, plan[i]));
}

/** What is written is called after the key of the unit. */
function asPlanned(input: UnitInput, unit: Unit): UnitInput {
  const { key } = input.unit;
  const named = (name: string): string =>
    name.startsWith(key) ? `${unit.key}${name.slice(key.length)}` : name;
  const entries = input.entries.map((entry) => ({
    ...entry,
    visible: named(entry.visible),
    reported: named(entry.reported),
  }));
  return { ...input, unit, entries: unit.key === key ? input.entries : entries };
}

/** A unit at work, with what is known of it on disk. */
interface UnitState extends Publication {
  readonly state: JobState;
  record: UnitRecord;
}

async function runUnit(state: JobState, unitInput: UnitInput): Promise<void> {
  const { folder, journal } = state.job;
  const work = folder.own('work', unitInput.unit.key);
  const unit: UnitState = { state, folder, journal, unitInput, work, record: NO_RECORD };
  try {
    unit.record = await journal.read(unitInput.unit);
    await settleRecord(unit);
  } catch (error) {
    for (const stack of unitInput.stacks) {
      announce(state, stack);
      await settleFailed(unit, stack, error, 0);
    }
    return;
  }
  for (const stack of unitInput.stacks) {
    announce(state, stack);
    await runStack(unit, stack);
  }
  try {
    await publishFinished(unit);
  } catch (error) {
    await withdraw(unit, problemFrom(error));
  }
  tellMissing(unit);
}

async function runStack(unit: UnitState, stack: StackInput): Promise<void> {
  const { state, unitInput, work } = unit;
  const { job } = state;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const why = stack.why ?? (stack.derivedByLimpid && !job.force ? ALREADY : null);
  if (why !== null) {
    settle(state, stack, skipped(stack, why), NOTHING, seconds());
    return;
  }
  const known = unit.record.stacks[stack.id] ?? null;
  try {
    if (known !== null && (await isWhole(unit, stack.id, known))) {
      await refuseChanged(stack, known);
      settle(state, stack, known.report, visibleOf(unitInput, known.files), seconds(), 'kept');
      return;
    }
    // where the folder was taken over or removed, hours of work would be for nothing
    await unit.folder.confirm();
    const pictures = state.index <= job.pictures;
    const others = Object.entries(unit.record.stacks).filter(([id]) => id !== stack.id);
    const earlier = others.flatMap(([, { files }]) => files);
    const finished = await processStack({
      ...job,
      ...((await job.own?.(stack.id)) ?? {}),
      unitInput,
      work,
      stack,
      pictures,
      known,
      finished: earlier,
    });
    const warnings = (state.told.get(stack.id) ?? []).map(withoutPlace);
    const record: StackRecord = { ...finished, report: { ...finished.report, warnings } };
    const stacks = Object.fromEntries(
      others.map(([id, one]) => [id, withNewFiles(unitInput, one, record.files)]),
    );
    for (const { report } of Object.values(stacks)) retell(state, report);
    unit.record = { ...unit.record, stacks: { ...stacks, [stack.id]: record } };
    await job.journal.write(unitInput.unit, unit.record);
    settle(state, stack, record.report, visibleOf(unitInput, record.files), seconds());
  } catch (error) {
    await settleFailed(unit, stack, error, seconds());
    await forget(unit, stack.id);
  }
}

/** A stack whose files another one of the same series has written anew, with its own frames in them. */
function withNewFiles(
  unitInput: UnitInput,
  known: StackRecord,
  written: readonly WrittenFile[],
): StackRecord {
  const files = known.files.map(
    (file) => written.find(({ entry, name }) => entry === file.entry && name === file.name) ?? file,
  );
  const outputs = files.map((file) => outputReport(unitInput, file));
  return { ...known, files, report: { ...known.report, outputs } };
}

function retell({ reports }: JobState, report: SeriesReport): void {
  const at = reports.findIndex(({ id }) => id === report.id);
  if (at >= 0) reports[at] = report;
}

/** Finishes a publication that was interrupted, and forgets published stacks whose files were all removed. */
async function settleRecord(unit: UnitState): Promise<void> {
  if (unit.record.state === 'publishing') unit.record = await publishUnit(unit, unit.record);
  const { record, unitInput, folder } = unit;
  const published = Object.entries(record.stacks).filter(([id]) => record.published.includes(id));
  const entries = entriesOf(
    unitInput,
    published.flatMap(([, { files }]) => files),
  );
  const there = await Promise.all(entries.map(({ visible }) => exists(path.join(folder.root, visible))));
  if (!there.includes(true)) {
    const rest = Object.entries(record.stacks).filter(([id]) => !record.published.includes(id));
    unit.record = { ...record, stacks: Object.fromEntries(rest), published: [] };
    return;
  }
  for (const [id, known] of published)
    if (!(await isWhole(unit, id, known))) throw changedOutput(folder.root);
}

/** Makes visible what is finished and not visible yet. */
async function publishFinished(unit: UnitState): Promise<void> {
  const { record, work, unitInput, state } = unit;
  const finished = Object.keys(record.stacks);
  if (finished.every((id) => record.published.includes(id))) return;
  unit.record = await publishUnit(unit, record);
  // Checkpoints of stacks that failed are for the next run.
  const failed = unitInput.stacks.some(
    ({ id }) => state.outcomes.find(({ series }) => series === id)?.status === 'failed',
  );
  if (!failed) await fs.rm(work, { recursive: true, force: true });
}

/** A stack that failed has nothing to publish; what is visible of it stays known. */
async function forget(unit: UnitState, id: string): Promise<void> {
  const { record, unitInput, journal } = unit;
  if (record.published.includes(id) || record.stacks[id] === undefined) return;
  const stacks = Object.fromEntries(Object.entries(record.stacks).filter(([other]) => other !== id));
  unit.record = { ...record, stacks };
  try {
    await journal.write(unitInput.unit, unit.record);
  } catch {
    // The next run finds its files missing or its source changed once more.
  }
}

/** Every file of the stack is there with the bytes that were written. */
async function isWhole(unit: UnitState, id: string, known: StackRecord): Promise<boolean> {
  const where = unit.record.published.includes(id) ? 'visible' : 'work';
  return (await wholeFiles(unit, known, where)).length === known.files.length;
}

async function refuseChanged(stack: StackInput, known: StackRecord): Promise<void> {
  if (sourceHash(await stack.hashes()) !== known.source) throw changedSource();
}

function announce(state: JobState, stack: StackInput): void {
  state.index++;
  state.job.emit({ type: 'series-start', series: stack.id, index: state.index, of: state.of });
  for (const problem of stack.warnings) state.job.emit({ type: 'warning', series: stack.id, problem });
}

/** What of a stack lies in the output folder. */
type Visible = Pick<SeriesOutcome, 'outputs' | 'forPerson' | 'derivedSeriesInstanceUid'>;

const NOTHING: Visible = { outputs: [], derivedSeriesInstanceUid: null };

function visibleOf(unitInput: UnitInput, files: readonly WrittenFile[]): Visible {
  const entries = entriesOf(unitInput, files);
  return {
    outputs: entries.map(({ reported }) => reported),
    derivedSeriesInstanceUid: unitInput.unit.derived?.uid ?? null,
    forPerson: { outputs: entries.map(({ visible }) => visible) },
  };
}

function settle(
  state: JobState,
  stack: StackInput,
  report: SeriesReport,
  visible: Visible = NOTHING,
  seconds = 0,
  status: SeriesOutcome['status'] = report.status,
): void {
  const { problem } = report;
  const trust = trustOutcome(report);
  const outcome: SeriesOutcome = { series: stack.id, status, problem, trust, ...visible };
  const at = state.outcomes.findIndex(({ series }) => series === stack.id);
  if (at < 0) {
    state.reports.push(report);
    state.outcomes.push(outcome);
  } else {
    state.reports[at] = report;
    state.outcomes[at] = outcome;
  }
  const cleaned = report.cleaned.map(({ name, did }) => ({ name, did }));
  const about = cleaned.length === 0 ? {} : { cleaned };
  state.job.emit({ type: 'series-done', series: stack.id, status, problem, seconds, trust, ...about });
}

/** Nothing of it is there, but what an earlier run made visible and nobody changed. */
async function settleFailed(
  unit: UnitState,
  stack: StackInput,
  error: unknown,
  seconds: number,
): Promise<void> {
  const { state, unitInput, record } = unit;
  const known = record.published.includes(stack.id) ? record.stacks[stack.id] : undefined;
  const files = known === undefined ? [] : await wholeFiles(unit, known, 'visible');
  const report: SeriesReport = {
    ...emptyReport(stack),
    status: 'failed',
    problem: problemFrom(error),
    warnings: (state.told.get(stack.id) ?? []).map(withoutPlace),
    outputs: files.map((file) => outputReport(unitInput, file)),
  };
  settle(state, stack, report, files.length === 0 ? NOTHING : visibleOf(unitInput, files), seconds);
}

/** Finished stacks that could not become visible count as failed after all. */
async function withdraw(unit: UnitState, problem: Problem): Promise<void> {
  const { record, unitInput } = unit;
  for (const stack of unitInput.stacks)
    if (record.stacks[stack.id] !== undefined && !record.published.includes(stack.id))
      await settleFailed(unit, stack, errorFrom(problem), 0);
}

/** A derived series without some of the stacks of its source looks whole to whoever opens it. */
function tellMissing({ state, unitInput, record }: UnitState): void {
  const { unit, stacks } = unitInput;
  const absent = stacks.filter(({ id }) => !record.published.includes(id));
  if (record.published.length === 0 || absent.length === 0) return;
  const missing = absent.map(({ id }) => id);
  const kept = absent.filter((stack) => stack.kept === true).length;
  const facts = {
    unit: unit.key,
    missing: missing.length,
    of: stacks.length,
    named: missing.slice(0, NAMED),
    more: Math.max(0, missing.length - NAMED),
  };
  // Those that are kept are frames in files of other stacks.
  const problem =
    kept === missing.length
      ? problemOf('W_INCOMPLETE/as-they-were', facts)
      : problemOf('W_INCOMPLETE/lacks', { ...facts, kept });
  state.incomplete.push(problem);
  state.job.emit({ type: 'warning', series: null, problem });
}

/** Stacks that are named one by one where some are missing. */
const NAMED = 8;

function skipped(stack: StackInput, why: Problem | null): SeriesReport {
  return { ...emptyReport(stack), status: 'skipped', problem: why };
}

function changedOutput(root: string): LimpidError {
  return fault('E_EXISTS/changed', {}, root);
}
