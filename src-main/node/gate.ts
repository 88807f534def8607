import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { hasCode } from '../base/files.js';
import { Judged, verdictOf, worstOf } from '../contract/report.js';
import { list, nullOr, type Of, object, oneOf, otherwise, read, text } from '../contract/schema/schema.js';
import type { Verdict } from '../contract/trust.js';
import type { Rule } from './config.js';

/** What the gate reads of report.json. */
const SentReport = object({
  series: list(
    object({
      status: oneOf(['done', 'failed', 'skipped']),
      problem: nullOr(object({ code: text })),
      warnings: otherwise(list(object({ code: text })), []),
      ...Judged.entries,
    }),
  ),
});

/** What was changed and not judged says so. */
const UNTESTED = 'W_UNTESTED';
/** No noise was measured, or no artifact found: the pixels are those of the source, and a twin would only double them. */
const NOTHING_TO_DO = 'nothing-to-do';

/** What is to be done with a result. */
export interface Passage {
  readonly to: 'send' | 'hold' | 'skip';
  /** The worst of its series; null where none was judged. */
  readonly verdict: Verdict | null;
  /** Why it is not sent, by code. */
  readonly reason: string | null;
}

/**
 * Whether a result may be sent: never where a trust report fails, a part of the series failed, or the report is missing
 * or cannot be read. What warns goes as the rule says. Where nothing was changed there is nothing to send.
 *
 * @param output output folder of `denoise`
 */
export async function passageOf(output: string, rule: Rule): Promise<Passage> {
  const report = await readReport(path.join(output, 'report.json'));
  if (report === null) return { to: 'hold', verdict: null, reason: 'E_IO' };
  const verdict = worstOf(report.series.map(verdictOf));
  const failed = report.series.find(({ status }) => status === 'failed');
  const done = report.series.some(({ status }) => status === 'done');
  if (failed !== undefined) return { to: 'hold', verdict, reason: failed.problem?.code ?? 'E_INTERNAL' };
  if (!done) return { to: 'skip', verdict, reason: report.series[0]?.problem?.code ?? 'E_NOTHING' };
  if (verdict === null) {
    const isUntested = report.series.some(({ warnings }) => warnings.some(({ code }) => code === UNTESTED));
    return isUntested
      ? { to: 'hold', verdict, reason: UNTESTED }
      : { to: 'skip', verdict, reason: NOTHING_TO_DO };
  }
  if (verdict === 'fail') return { to: 'hold', verdict, reason: 'E_TRUST' };
  if (verdict === 'warn' && rule.warned === 'hold') return { to: 'hold', verdict, reason: 'W_TRUST' };
  return { to: 'send', verdict, reason: null };
}

async function readReport(file: string): Promise<Of<typeof SentReport> | null> {
  try {
    const value: unknown = JSON.parse(await fs.readFile(file, 'utf8'));
    const reading = read(SentReport, value);
    return reading.fits ? reading.value : null;
  } catch (error) {
    if (error instanceof SyntaxError || hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
