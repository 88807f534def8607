import { startMeter } from '../base/progress.js';
import { type Problem, problemFrom } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import type { InspectRequest } from '../contract/requests.js';
import { EXIT, type InspectedSeries, type InspectResult, type NoiseSummary } from '../contract/results.js';
import { DecodePool } from '../dicom/codec/decode.js';
import { openSource } from '../dicom/files/sources.js';
import { scan } from '../dicom/series/scan.js';
import type { Series } from '../dicom/series/series.js';
import { loadVolume, sourceFiles } from '../dicom/series/volume.js';
import type { Volume } from '../imaging/volume.js';
import { estimateNoise } from '../noise/estimate.js';
import { isNiftiName, loadNifti } from '../series/nifti-input.js';

/**
 * Lists what is at the paths; nothing is written.
 *
 * @throws LimpidError E_NOT_FOUND when a path does not exist, and those of opening it
 */
export async function runInspect(request: InspectRequest, emit: Emit): Promise<InspectResult> {
  const series: InspectedSeries[] = [];
  const problems: Problem[] = [];
  for (const path of request.paths) {
    const found = isNiftiName(path)
      ? await inspectNifti(path, series.length)
      : await inspectDicom(path, emit);
    series.push(...found.series);
    problems.push(...found.problems);
  }
  const failed = series.length === 0 || series.some(({ eligible, noise }) => eligible && noise === null);
  return {
    type: 'result',
    command: 'inspect',
    exitCode: failed ? EXIT.failed : EXIT.done,
    series,
    problems,
  };
}

interface Found {
  readonly series: readonly InspectedSeries[];
  readonly problems: readonly Problem[];
}

async function inspectDicom(path: string, emit: Emit): Promise<Found> {
  const source = await openSource(path);
  const pool = new DecodePool();
  try {
    const scanning = startMeter(emit, { series: null, stage: 'scan', unit: 'files', total: null });
    const found = await scan(source, { onProgress: (done) => scanning.at(done), decode: pool.decode });
    const { filesSeen, others } = found;
    const problems = [...found.problems, ...found.passedOver];
    const refused = found.problems.length;
    emit({ type: 'scan', files: filesSeen, series: found.series.length, refused, others });
    for (const problem of problems) emit({ type: 'warning', series: null, problem });
    const inspected: InspectedSeries[] = [];
    for (const one of found.series) inspected.push(await inspectSeries(one, pool, emit));
    return { series: inspected, problems };
  } finally {
    await pool.close();
    await source.close();
  }
}

async function inspectSeries(series: Series, pool: DecodePool, emit: Emit): Promise<InspectedSeries> {
  const files = sourceFiles(series).length;
  const meter = startMeter(emit, {
    series: series.id,
    stage: 'read',
    unit: 'files',
    total: files,
  });
  let noise: ReturnType<typeof noiseOf> | null = null;
  let why = series.why;
  if (series.eligible)
    try {
      const { volume } = await loadVolume(series, pool.decode, { onProgress: (done) => meter.at(done) });
      noise = noiseOf(volume, series.modality);
    } catch (error) {
      why = problemFrom(error);
    }
  const first = series.instances[0];
  const { geometry } = series;
  return {
    id: series.id,
    kind: 'dicom',
    studyInstanceUid: series.studyInstanceUid,
    seriesInstanceUid: series.seriesInstanceUid,
    seriesNumber: series.seriesNumber,
    modality: series.modality,
    instances: files,
    columns: first.columns,
    rows: first.rows,
    slices: geometry.slices,
    frames: series.frames,
    spacing: geometry.unplaced ? [0, 0, 0] : geometry.spacing,
    transferSyntaxes: [...new Set(series.instances.map(({ transferSyntax }) => transferSyntax))].sort(),
    noise: noise?.summary ?? null,
    eligible: why === null,
    why,
    warnings: [...series.warnings, ...(noise?.warnings ?? [])],
    forPerson: { description: series.description },
  };
}

async function inspectNifti(path: string, index: number): Promise<Found> {
  const { volume } = (await loadNifti(path)).image;
  const noise = noiseOf(volume, undefined);
  const { columns, rows, slices, frames, spacing } = volume;
  return {
    series: [
      {
        id: `nifti-${index + 1}`,
        kind: 'nifti',
        studyInstanceUid: null,
        seriesInstanceUid: null,
        seriesNumber: null,
        modality: null,
        instances: 1,
        columns,
        rows,
        slices,
        frames,
        spacing,
        transferSyntaxes: [],
        noise: noise.summary,
        eligible: true,
        why: null,
        warnings: noise.warnings,
        forPerson: { description: path },
      },
    ],
    problems: [],
  };
}

function noiseOf(
  volume: Volume,
  modality: string | undefined,
): { summary: NoiseSummary; warnings: readonly Problem[] } {
  const { sigma, relative, distribution, correlated, methods, certain, warnings } = estimateNoise(
    volume,
    modality === undefined ? {} : { modality },
  );
  return { summary: { sigma, relative, distribution, correlated, methods, certain }, warnings };
}
