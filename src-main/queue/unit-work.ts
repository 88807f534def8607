import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { asFileError, exists, flush, hasCode } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { errorFrom, fault, type Problem, problemOf } from '../contract/errors.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import type { KeptCompute } from '../process/kept.js';
import { ownFolder } from '../series/output-folder.js';
import { readUnitPlan } from './batch.js';
import type { SeriesJob } from './jobs.js';
import { failuresIn, outcomeOf, type UnitOutcome } from './outcome.js';

export interface UnitWork {
  readonly compute: KeptCompute;
  /** Folder on this machine's own disk. */
  readonly work: string;
  /** To be asked right before results become visible. @throws where the job is another worker's by now */
  readonly confirm: () => Promise<void>;
}

/**
 * Denoises a unit on the local disk and puts what came of it into the shared folder by one rename: a folder named as
 * the unit, with its report. What is there already and whole is not done again.
 *
 * @throws LimpidError what stopped the job as a whole, E_IO: nothing is visible then; what a stack failed for: the
 * others are
 */
export async function workOnUnit(job: SeriesJob, { compute, work, confirm }: UnitWork): Promise<UnitOutcome> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const target = path.join(job.out, job.unit);
  if (!isPlainName(job.unit)) throw fault('E_PLAN/whole');
  const earlier = await outcomeOf(target, job.unit, 0, os.hostname());
  if (earlier !== null && earlier.status !== 'failed') {
    await dropCopies(job);
    return earlier;
  }
  const plan = await readUnitPlan(job.out, job);
  const local = path.join(work, `${job.batch}.${randomBytes(6).toString('hex')}`);
  try {
    await makeFolder(local, 0o700);
    const [input, output] = [path.join(local, 'plan.json'), path.join(local, 'out')];
    await fs.writeFile(input, plan, { mode: 0o600 });
    const result = await compute.run(requestFor(input, output));
    if ('stopped' in result) throw errorFrom(result.stopped);
    const outcome = await outcomeOf(output, job.unit, seconds(), os.hostname());
    if (outcome === null) throw fault('E_IO/unreadable');
    if (outcome.status !== 'failed' || outcome.stacks.some(({ status }) => status === 'done'))
      await publishFolder(output, job, confirm, earlier !== null);
    if (outcome.status === 'failed') throw errorFrom(await failureOf(output));
    return { ...outcome, seconds: seconds() };
  } finally {
    // What cannot be removed lies in a folder of its own, in nobody's way.
    await fs.rm(local, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** Reasons that another try, or another machine, may not have: a share that is gone for a moment, memory that others took. */
export function mayPass({ code }: Pick<Problem, 'code'>): boolean {
  return PASSING.includes(code);
}

const PASSING: readonly string[] = [
  'E_CRASH',
  'E_DEVICE',
  'E_INTERNAL',
  'E_IO',
  'E_LOCKED',
  'E_MEMORY',
  'E_NOT_FOUND',
];

/** Of several stacks one whose reason may pass. */
async function failureOf(output: string): Promise<Problem> {
  const failures = await failuresIn(output);
  return failures.find(mayPass) ?? failures[0] ?? problemOf('E_IO/unreadable');
}

/** A plan has all settings: those of the request do not count. */
function requestFor(plan: string, output: string): DenoiseRequest {
  return {
    type: 'denoise',
    input: plan,
    output,
    model: { kind: 'auto' },
    objective: 'recorrupted',
    steps: null,
    seed: 1,
    strength: 1,
    device: 'auto',
    errorMap: false,
    force: false,
    plan: { shard: null },
  };
}

/** A unit comes out of Redis: as a path it must not lead anywhere else. */
function isPlainName(unit: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/.test(unit);
}

/** Copies beside, flushes, and renames: where another worker was faster its result stays, which is the same. */
async function publishFolder(
  output: string,
  { out, unit }: SeriesJob,
  confirm: () => Promise<void>,
  replaces: boolean,
): Promise<void> {
  const target = path.join(out, unit);
  const part = path.join(ownFolder(out), 'incoming', `${unit}.${randomBytes(6).toString('hex')}`);
  try {
    await copyFlushed(output, part);
    await confirm();
    await takePlace(part, target, replaces);
    await flush(out);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST') || !(await exists(target))) {
      // What stays is hidden, and goes when the unit is done.
      await fs.rm(part, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
      throw asFileError(error, target);
    }
  }
  await dropCopies({ out, unit });
}

/** @throws what the file system says; what was there is there again then */
async function takePlace(part: string, target: string, replaces: boolean): Promise<void> {
  const earlier = `${part}.earlier`;
  if (replaces) await fs.rename(target, earlier);
  try {
    await fs.rename(part, target);
  } catch (error) {
    // Where it cannot be put back either, it is done again at the next try.
    if (replaces) await fs.rename(earlier, target).catch(() => undefined);
    throw error;
  }
}

/**
 * Removes what this worker, and others that vanished while they copied, left of a unit that is visible by now. One
 * that was taken for dead and copies still may lose its copy so: its result would not have been taken any more.
 */
async function dropCopies({ out, unit }: Pick<SeriesJob, 'out' | 'unit'>): Promise<void> {
  const folder = path.join(ownFolder(out), 'incoming');
  // Where there is none nothing was left; what cannot be removed is hidden in the folder of the tool.
  const names = await fs.readdir(folder).catch((): string[] => []);
  // A copy that stays is hidden in the folder of the tool, and nobody takes it for a result.
  for (const name of names.filter((one) => one.startsWith(`${unit}.`)))
    await fs.rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => {
      // It stays hidden in the folder of the tool, and nobody takes it for a result.
    });
}

/** Results without the journal of the run, which nobody goes on with. */
async function copyFlushed(from: string, to: string): Promise<void> {
  await makeFolder(to);
  for (const entry of await fs.readdir(from, { withFileTypes: true })) {
    if (entry.name === '.limpid') continue;
    const [source, copy] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isDirectory()) await copyFlushed(source, copy);
    else {
      await fs.copyFile(source, copy);
      await flush(copy, 'r+');
    }
  }
  await flush(to);
}
