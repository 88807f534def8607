import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { asFileError, hasCode } from '../base/files.js';
import { ERROR_CODES, type Problem } from '../contract/errors.js';
import { Judged, verdictOf, worstOf } from '../contract/report.js';
import {
  list,
  nullOr,
  number,
  type Of,
  object,
  oneOf,
  optional,
  readText,
  text,
} from '../contract/schema/schema.js';
import { Verdict } from '../contract/trust.js';
import { REPORT_FILES } from '../series/publication.js';

const Status = oneOf(['done', 'failed', 'skipped']);

/** What the roll-up tells of a stack; its id and codes, which name no one. */
const StackOutcome = object({
  id: text,
  status: Status,
  verdict: nullOr(Verdict),
  code: nullOr(text),
});

/** What became of a unit, as it stands in Redis. */
export const UnitOutcome = object({
  unit: text,
  /** failed: of any of its stacks. */
  status: Status,
  /** The worst of its stacks; null where none was judged. */
  verdict: nullOr(Verdict),
  /** Of the first problem; null where there is none. */
  code: nullOr(text),
  stacks: list(StackOutcome),
  /** Of work on it. */
  seconds: number,
  /** The worker's. */
  host: text,
});
export type UnitOutcome = Of<typeof UnitOutcome>;

/** A unit as the roll-up tells it; `waiting` is all that is not finished yet. */
export interface Row extends Omit<UnitOutcome, 'status'> {
  readonly status: UnitOutcome['status'] | 'waiting';
  readonly tries: number;
}

export interface RollUp {
  readonly format: 'limpid-batch-1';
  readonly notice: string;
  readonly version: string;
  readonly createdAt: string;
  readonly batch: string;
  readonly counts: Readonly<Record<Row['status'], number>>;
  readonly verdicts: Readonly<Record<'pass' | 'warn' | 'fail' | 'none', number>>;
  /** Of work, over all; of a series in the middle, and the longest. */
  readonly seconds: { readonly all: number; readonly median: number; readonly longest: number };
  readonly series: readonly Row[];
}

const Reported = object({
  series: list(
    object({
      id: text,
      status: Status,
      problem: nullOr(object({ code: text, message: optional(text), remedy: optional(text) })),
      ...Judged.entries,
    }),
  ),
});

/** null where there is no whole report. @throws LimpidError E_IO */
async function reportIn(folder: string): Promise<Of<typeof Reported> | null> {
  const file = path.join(folder, REPORT_FILES.json);
  try {
    const reading = readText(Reported, await fs.readFile(file, 'utf8'));
    return reading.fits ? reading.value : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw asFileError(error, file);
  }
}

/** What its report says of stacks that failed. @throws LimpidError E_IO */
export async function failuresIn(folder: string): Promise<Problem[]> {
  const failed = (await reportIn(folder))?.series.filter(({ status }) => status === 'failed') ?? [];
  return failed.map(({ problem }) => ({
    code: ERROR_CODES.find((one) => one === problem?.code) ?? 'E_INTERNAL',
    message: problem?.message ?? '',
    remedy: problem?.remedy ?? '',
  }));
}

/** As the report of its output folder tells it; null where there is no whole report. @throws LimpidError E_IO */
export async function outcomeOf(
  folder: string,
  unit: string,
  seconds: number,
  host: string,
): Promise<UnitOutcome | null> {
  const report = await reportIn(folder);
  if (report === null) return null;
  const stacks = report.series.map((one) => ({
    id: one.id,
    status: one.status,
    verdict: verdictOf(one),
    code: one.problem?.code ?? null,
  }));
  const worst = <T>(order: readonly T[], values: readonly (T | null)[]): T | null =>
    order.find((one) => values.includes(one)) ?? null;
  const status =
    worst(
      ['failed', 'done', 'skipped'] as const,
      stacks.map((one) => one.status),
    ) ?? 'skipped';
  return {
    unit,
    status,
    verdict: worstOf(stacks.map((one) => one.verdict)),
    code: stacks.find((one) => one.status === status)?.code ?? null,
    stacks,
    seconds,
    host,
  };
}
