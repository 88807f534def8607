import { patchComponents, planeComponents, rawStatistics } from '../../analysis/probe/baselines.js';
import { compare } from '../../analysis/probe/compare.js';
import { heldOutOutputs, linearProbe } from '../../analysis/probe/cross-validate.js';
import { foldsByPatient, MOST_FOLDS, patientsOf } from '../../analysis/probe/folds.js';
import { judgeClasses, judgeNumbers, judgeRows } from '../../analysis/probe/judge.js';
import { allRows, type Samples } from '../../analysis/probe/learners.js';
import { probeHtml } from '../../analysis/probe/report-page.js';
import type { Rows } from '../../base/linear/clusters.js';
import { startMeter } from '../../base/progress.js';
import { Random } from '../../base/random.js';
import { VERSION } from '../../base/version.js';
import {
  PROBE_FEATURES,
  PROBE_METHODS,
  type ProbeFeatures,
  type ProbeFile,
  type ProbeMethod,
  type ProbeReport,
  type ProbeResultRow,
  type ProbeScores,
} from '../../contract/encoders/probe.js';
import { NOTICE } from '../../contract/report-version.js';
import type { OpenModel } from '../../model-files/model-file.js';
import { writeResult } from '../../series/result-folder.js';
import { type Described, describeSeries, vectorKind } from '../latent/latent-vectors.js';
import { type Labelled, labelSeries, learningTarget } from './label-samples.js';
import { cell, type ProbeDone, type ProbeWork, REPORT, seriesOutputs } from './work.js';

type Outputs = ReadonlyMap<number, Float64Array>;

/** Learns a probe of the series that have labels, judges it beside baselines, and writes both. */
export async function learnProbe(work: ProbeWork, labels: string): Promise<ProbeDone> {
  const { request, source, emit, folder } = work;
  const labelled = await labelSeries(work, labels);
  const described = await describeSeries(source.model, labelled.reads, emit, request.slices);
  const random = new Random(request.seed);
  const samples = samplesOf(described, labelled);
  const folds = foldsOf(samples, described, labelled, random.fork('folds'));
  const features = featuresOf(described, source.model, random);
  const meter = startMeter(emit, {
    series: null,
    stage: 'report',
    unit: 'rounds',
    total: PROBE_FEATURES.length * PROBE_METHODS.length,
  });
  const linear = new Map<ProbeFeatures, Outputs>();
  const results: ProbeResultRow[] = [];
  for (const name of PROBE_FEATURES)
    for (const method of PROBE_METHODS) {
      const own = { ...samples, rows: features[name] };
      const outputs = heldOutOutputs(own, folds, method, random.fork(`${name} ${method}`));
      if (method === 'linear') linear.set(name, outputs);
      results.push(judged(name, method, own, outputs, described, labelled));
      meter.at(results.length);
    }
  const comparisons = (['pca', 'raw'] as const).map((against) => ({
    against,
    ...compare(
      samples,
      linear.get('latent') ?? new Map(),
      linear.get(against) ?? new Map(),
      random.fork(against),
    ),
  }));
  const report: ProbeReport = {
    format: 'limpid-probe-report-1',
    notice: NOTICE,
    version: VERSION,
    seed: request.seed,
    model: { family: source.model.card.family, sha256: source.sha256 },
    vectors: { length: described.length, kind: vectorKind(source.model) },
    target: labelled.target,
    counts: countsOf(labelled, described, folds),
    patientsFrom: labelled.patientsFrom,
    chance: chanceOf(samples),
    results,
    comparisons,
  };
  const learnt = linearProbe(samples, allRows(samples.rows), random.fork('all'));
  const probe: ProbeFile = {
    format: 'limpid-probe-1',
    notice: NOTICE,
    version: VERSION,
    model: report.model,
    vectors: report.vectors,
    target: labelled.target,
    scaling: learnt.scaling,
    factors: [...learnt.map.factors],
  };
  const files = await writeResult(folder, [
    ['probe.json', `${JSON.stringify(probe)}\n`],
    ['held-out.csv', heldOutCsv(described, labelled, folds, linear.get('latent') ?? new Map())],
    ['report.html', probeHtml(report)],
    [REPORT, `${JSON.stringify(report)}\n`],
  ]);
  return {
    series: labelled.reads.length,
    slices: described.places.length,
    learnt: {
      target: labelled.target.kind,
      patients: report.counts.patients,
      folds: report.counts.folds,
      lines: results.map(({ features: of, method, slices, series }) => ({
        features: of,
        method,
        slices: mainScore(slices),
        series: mainScore(series),
      })),
      comparisons: comparisons.map(({ against, verdict }) => ({ against, verdict })),
    },
    told: [],
    files,
  };
}

function mainScore(scores: ProbeScores): number {
  return scores.kind === 'classes' ? scores.balancedAccuracy : scores.explained;
}

/** Every slice has the label of its series, and all slices of a series count as much as one. */
function samplesOf(described: Described, { target, values, patients, reads }: Labelled): Samples {
  const { places } = described;
  const sizes = reads.map((_, i) => places.filter(({ series }) => series === i).length);
  return {
    rows: described,
    target: learningTarget(
      target,
      places.map(({ series }) => values[series]),
    ),
    weights: Float64Array.from(places, ({ series }) => 1 / sizes[series]),
    groups: Int32Array.from(places, ({ series }) => patients[series]),
  };
}

function foldsOf(
  samples: Samples,
  { places }: Described,
  { folds, patients }: Labelled,
  random: Random,
): ReadonlyMap<number, number> {
  if (folds !== null) return new Map(places.map(({ series }, row) => [row, folds[series]]));
  const count = Math.min(MOST_FOLDS, new Set(patients).size);
  return foldsByPatient(samples, allRows(samples.rows), count, random);
}

/** Components of whole planes where a latent stands for these, else the moments of those of patches as large as its cells. */
function featuresOf(described: Described, model: OpenModel, random: Random): Record<ProbeFeatures, Rows> {
  const { latent } = model.card;
  const components =
    vectorKind(model) === 'plane' || latent === null
      ? planeComponents(described, described.length, random.fork('pca'))
      : patchComponents(described, latent.cell, described.length / 2, random.fork('pca'));
  return { latent: described, pca: components, raw: rawStatistics(described) };
}

function judged(
  features: ProbeFeatures,
  method: ProbeMethod,
  samples: Samples,
  outputs: Outputs,
  { places }: Described,
  { values, reads, target }: Labelled,
): ProbeResultRow {
  const series = seriesOutputs(places, outputs, reads.length).flatMap((output, i) =>
    output === null ? [] : [{ output, truth: values[i], weight: 1 }],
  );
  return {
    features,
    method,
    length: samples.rows.length,
    slices: judgeRows(samples, outputs),
    series: target.kind === 'classes' ? judgeClasses(series, target.classes.length) : judgeNumbers(series),
  };
}

function countsOf(
  { reads, target, values, patients }: Labelled,
  { places }: Described,
  folds: ReadonlyMap<number, number>,
): ProbeReport['counts'] {
  const of = patientsOf({ groups: Int32Array.from(patients), target: learningTarget(target, values) });
  return {
    series: reads.length,
    slices: places.length,
    patients: new Set(patients).size,
    folds: new Set(folds.values()).size,
    classes:
      target.kind === 'numbers'
        ? []
        : target.classes.map((_, c) => ({
            series: values.filter((value) => value === c).length,
            patients: of[c],
          })),
  };
}

/** What needs no image at all. */
function chanceOf({ target, weights }: Samples): ProbeReport['chance'] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (target.kind === 'classes') {
    const counts = new Float64Array(target.classes);
    target.labels.forEach((label, row) => {
      counts[label] += weights[row];
    });
    return { accuracy: Math.max(...counts) / total, meanError: null };
  }
  const mean = target.values.reduce((sum, value, row) => sum + weights[row] * value, 0) / total;
  const error = target.values.reduce((sum, value, row) => sum + weights[row] * Math.abs(value - mean), 0);
  return { accuracy: null, meanError: error / total };
}

/** A line a slice: what it is, and what was told of it by what saw nothing of its patient. */
function heldOutCsv(
  { places, stacks }: Described,
  { reads, target, values }: Labelled,
  folds: ReadonlyMap<number, number>,
  outputs: Outputs,
): string {
  const names = target.kind === 'classes' ? target.classes : ['told'];
  const head = ['series', 'slice', 'frame', 'fold', 'label', ...names];
  const lines = places.map(({ series, plane }, row) => {
    const { slices } = stacks[series];
    const label = target.kind === 'classes' ? target.classes[values[series]] : values[series];
    const where = [reads[series].stack.id, plane % slices, Math.floor(plane / slices)];
    return [...where, folds.get(row) ?? 0, label, ...(outputs.get(row) ?? [])];
  });
  return `${[head, ...lines].map((line) => line.map(cell).join(',')).join('\n')}\n`;
}
