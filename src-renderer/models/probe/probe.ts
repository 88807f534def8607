import type { ProbeReport } from '../../../src-main/contract/encoders/probe.js';
import { fault } from '../../../src-main/contract/errors.js';
import type { ProbeResult } from '../../../src-main/contract/model-results.js';
import type { ProbeRequest } from '../../../src-main/contract/requests/encoders.js';
import type { AppBridge, JobId, JobRecord } from '../../../src-main/contract/window/app.js';
import { joinPath } from '../../state/paths.js';
import { isDerived } from '../../state/results.js';
import type { ChosenSeries } from '../jobs/chosen.js';
import { outputFile } from '../jobs/output-file.js';

/** Slices of a series that are looked at, as of the command line. */
const SLICES = 24;

/** What is learnt, or applied. */
export type Asked =
  | { readonly labels: string; readonly column: string | null }
  /** A probe file. */
  | { readonly predict: string };

/** One input a series. */
export function probeRequest(
  model: string,
  chosen: readonly ChosenSeries[],
  asked: Asked,
  rest: Pick<ProbeRequest, 'output' | 'seed' | 'device'>,
): ProbeRequest {
  return {
    type: 'probe',
    model,
    inputs: chosen.map(({ path }) => path),
    only: chosen.map(({ card }) => card.id),
    labels: 'labels' in asked ? asked.labels : null,
    column: 'labels' in asked ? asked.column : null,
    group: null,
    kind: 'auto',
    predict: 'predict' in asked ? asked.predict : null,
    slices: SLICES,
    // Who chose a derived series by name means it.
    force: chosen.some(({ card }) => isDerived(card)),
    ...rest,
  };
}

/** The report of a probe that was learnt. @throws LimpidError E_NOT_FOUND; E_INTERNAL for one that this version cannot show */
export async function readProbeReport(bridge: AppBridge, job: JobId): Promise<ProbeReport> {
  const found: unknown = await (await outputFile(bridge, job, 'report.json')).json();
  if (isProbeReport(found)) return found;
  throw fault('E_INTERNAL/old-map');
}

export interface ProbeJob {
  readonly job: JobRecord;
  readonly request: ProbeRequest;
  readonly result: ProbeResult;
}

/** What of jobs has learnt or applied a probe, in their order. */
export function probeJobs(jobs: readonly JobRecord[]): readonly ProbeJob[] {
  return jobs.flatMap((job) => {
    const { request, result } = job;
    return request.type === 'probe' && result?.command === 'probe' && 'told' in result
      ? [{ job, request, result }]
      : [];
  });
}

/** The file that a job learnt; null of one that applied another's. */
export function probeFileOf({ request, result }: ProbeJob): string | null {
  return result.learnt === null ? null : joinPath(request.output, 'probe.json');
}

/** Whether this is the report of a probe of a version that the window can show. */
function isProbeReport(value: unknown): value is ProbeReport {
  if (typeof value !== 'object' || value === null) return false;
  return (
    Reflect.get(value, 'format') === 'limpid-probe-report-1' &&
    ['results', 'comparisons'].every((key) => Array.isArray(Reflect.get(value, key)))
  );
}
