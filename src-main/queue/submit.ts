import { randomBytes } from 'node:crypto';
import * as path from 'node:path';
import { type FlowJob, FlowProducer } from 'bullmq';
import { sha256 } from '../base/files.js';
import { errorFrom, fault } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { EXIT } from '../contract/exit.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { startJob } from '../process/client.js';
import { guardedPath } from '../series/open-input.js';
import { hasRun, openOutputFolder, refuseOutput } from '../series/output-folder.js';
import { type QueueAddress, queueFault } from './address.js';
import { type Batch, type BatchUnit, readBatch, writeBatch } from './batch.js';
import { briefly } from './connection.js';
import { PREFIX, ROLL_UP_QUEUE, ROLL_UP_TRIES, SERIES_QUEUE, seriesJobId } from './jobs.js';
import { unknown, withQueues } from './manage.js';

/** Series of one roll-up job: all of it is added to Redis at once, and a million commands at once are too many. */
const MOST_A_FLOW = 2000;
const BACK_OFF_MS = 2000;

export interface Submission {
  /** `dryRun`, `planFile` and `output` are set here. */
  readonly request: DenoiseRequest;
  readonly out: string;
  /** 1 before 2 and so on; series that were submitted without come after none. */
  readonly priority: number;
  /** Of a series that failed for a reason that may pass. */
  readonly retries: number;
  /** The built script of the compute process. */
  readonly compute: string;
}

export interface Submitted {
  readonly batch: string;
  readonly series: number;
  /** Of these, those that were not in the queue. */
  readonly added: number;
  readonly skipped: number;
  /** Whether the batch was there, and only what was missing was added. */
  readonly again: boolean;
  /** Some of the input could not be read when it was scanned, and is in no series of the batch. */
  readonly partly: boolean;
}

/**
 * Scans the inputs once, leaves the plans in the output folder, and puts a job a series into the queue, below one of
 * its study, below a roll-up. Doing it again adds what is missing.
 *
 * @throws LimpidError those of planning; E_RESUME where the folder is of another batch; E_NETWORK
 */
export async function submit(address: QueueAddress, submission: Submission, emit: Emit): Promise<Submitted> {
  const out = path.resolve(submission.out);
  const { request } = submission;
  const inputs = [request.input, ...(request.more ?? [])].map((one) => path.resolve(one));
  for (const one of inputs) await refuseOutput(out, guardedPath(one));
  const folder = await openOutputFolder(out, guardedPath(inputs[0] ?? out));
  try {
    const asked = sha256(JSON.stringify({ ...request, input: inputs[0], more: inputs.slice(1), output: '' }));
    const found = await readBatch(out);
    if (found === null && (await hasRun(out))) throw fault('E_RESUME/batch', {}, out);
    if (found !== null && found.request !== asked) throw fault('E_RESUME/batch', {}, out);
    const batch = found ?? (await planned(submission, out, asked, emit));
    const added = await missing(address, batch);
    if (added.length > 0) await addAll(address, { id: batch.id, units: added }, out, submission);
    return {
      batch: batch.id,
      series: batch.units.length,
      added: added.length,
      skipped: batch.skipped ?? 0,
      again: found !== null,
      partly: batch.partly ?? false,
    };
  } finally {
    await folder.release();
  }
}

async function planned(
  { request, compute }: Submission,
  out: string,
  asked: string,
  emit: Emit,
): Promise<Batch> {
  const job = startJob(compute, { ...request, output: '-', dryRun: true, planFile: true }, emit);
  const result = await job.result;
  if ('stopped' in result) throw errorFrom(result.stopped);
  const plan = result.command === 'plan' ? result.forPerson?.plan : undefined;
  if (plan === undefined) throw fault('E_NOTHING/planned');
  return writeBatch(out, plan, asked, result.exitCode !== EXIT.done);
}

/** What is in the queue stays as it is there: waiting, done, or failed. */
function missing(address: QueueAddress, { id, units }: Batch): Promise<BatchUnit[]> {
  return withQueues(address, async (queues) => {
    const names = units.map(({ unit }) => unit);
    const absent = await unknown(queues, id, names);
    return units.filter(({ unit }) => absent.has(unit));
  });
}

async function addAll(
  address: QueueAddress,
  { id, units }: Pick<Batch, 'id' | 'units'>,
  out: string,
  submission: Submission,
): Promise<void> {
  // Jobs that wait for others have names of their own at each submission: those of an earlier one may have ended.
  const flow = { batch: id, out, name: randomBytes(4).toString('hex'), submission };
  const producer = new FlowProducer({ connection: briefly(address), prefix: PREFIX });
  let broken: unknown = null;
  producer.on('error', (error) => {
    broken = error;
  });
  try {
    for (const [i, part] of parts(units).entries()) await producer.add(flowOf(flow, i, part));
  } catch (error) {
    throw queueFault(broken ?? error);
  } finally {
    // A connection that is gone needs no closing.
    await producer.close().catch(() => undefined);
  }
}

/** Units by study, studies together up to a size. */
function parts(units: readonly BatchUnit[]): Map<string, BatchUnit[]>[] {
  const studies = new Map<string, BatchUnit[]>();
  for (const unit of units) {
    const of = studies.get(unit.study);
    if (of === undefined) studies.set(unit.study, [unit]);
    else of.push(unit);
  }
  const all: Map<string, BatchUnit[]>[] = [];
  let size = MOST_A_FLOW;
  for (const [study, of] of studies) {
    if (size + of.length > MOST_A_FLOW) {
      all.push(new Map());
      size = 0;
    }
    all.at(-1)?.set(study, of);
    size += of.length;
  }
  return all;
}

interface Flow {
  readonly batch: string;
  readonly out: string;
  readonly name: string;
  readonly submission: Pick<Submission, 'priority' | 'retries'>;
}

function flowOf(
  { batch, out, name, submission: { priority, retries } }: Flow,
  part: number,
  studies: ReadonlyMap<string, readonly BatchUnit[]>,
): FlowJob {
  const tries = { attempts: retries + 1, backoff: { type: 'exponential', delay: BACK_OFF_MS, jitter: 0.5 } };
  const series = ({ unit, at, bytes }: BatchUnit): FlowJob => ({
    name: 'series',
    queueName: SERIES_QUEUE,
    data: { batch, out, unit, at, bytes },
    // One that fails does not keep the others from being told.
    opts: {
      ...tries,
      jobId: seriesJobId(batch, unit),
      priority,
      ignoreDependencyOnFailure: true,
      stackTraceLimit: 0,
    },
  });
  return {
    name: 'batch',
    queueName: ROLL_UP_QUEUE,
    data: { batch, out },
    opts: { ...ROLL_UP_TRIES, jobId: `${batch}.part-${part}-${name}` },
    children: [...studies].map(([study, units]) => ({
      name: 'study',
      queueName: ROLL_UP_QUEUE,
      data: { batch, out },
      opts: { ...tries, jobId: `${batch}.study-${study}-${name}`, ignoreDependencyOnFailure: true },
      children: units.map(series),
    })),
  };
}
