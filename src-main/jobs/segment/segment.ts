import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { type OverlaidPlane, overlaySheet } from '../../analysis/segment/overlay.js';
import { exists, sha256 } from '../../base/files.js';
import { Random } from '../../base/random.js';
import { VERSION } from '../../base/version.js';
import { errorFrom, fault, type Problem, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { exitCodeOf } from '../../contract/exit.js';
import type { RunStatus } from '../../contract/report.js';
import { NOTICE } from '../../contract/report-version.js';
import type { SegmentFeature } from '../../contract/requests/choices.js';
import type { SegmentRequest } from '../../contract/requests/encoders.js';
import type { SegmentResult } from '../../contract/results.js';
import type { SegmentReport, SegmentSeries } from '../../contract/segment-report.js';
import { choiceOf, openChooser } from '../../series/asked/choose.js';
import { refuseEmpty } from '../../series/asked/open-chosen.js';
import type { InputSet } from '../../series/input.js';
import { SEGMENTS } from '../../series/maps-output.js';
import { openInput } from '../../series/open-input.js';
import { type OutputFolder, publish } from '../../series/output-folder.js';
import { openResultFolder } from '../../series/result-folder.js';
import { type ModelSource, openModelSource } from '../../store/model-source.js';
import { findLabels } from './find-labels.js';
import { type HeldOut, learnClustered, learnLabelled, type Segmenter } from './learn-segments.js';
import { type Marked, markStack, namesOf, workOf } from './mark.js';
import { openSegmenter, readSegmenterFile, segmenterFile } from './segmenter-file.js';
import { loader, type SegmentWork, type StackToSegment, usable } from './work.js';

/** Written last. */
const REPORT = 'report.json';
const SEGMENTER = 'segmenter.json';
const PICTURE = 'segments.png';
const LEAST_CLUSTERS = 2;
const MOST_CLUSTERS = 32;

/**
 * Marks every pixel of series by what describes it: learnt from labels, clustered, or by what was learnt before. Writes
 * DICOM Segmentations or NIfTI labels, what was learnt, a picture and a report. Nothing is visible before all is done.
 *
 * @throws LimpidError E_LABELS (masks that are none, or of no series, one class), E_MODEL (no latent a place, another
 * model's segmenter), E_USAGE, E_NOTHING, E_EXISTS, E_INSIDE_SOURCE, E_DEVICE; as reading
 */
export async function runSegment(request: SegmentRequest, emit: Emit): Promise<SegmentResult> {
  refuseRequest(request);
  const chooser = openChooser(choiceOf(request));
  const guarded = [request.input, ...request.labels];
  const folder = await openResultFolder(request.output, guarded, REPORT);
  try {
    const source = request.model === null ? null : await openModelSource(request.model, request.device, emit);
    try {
      const opened = await openInput(request.input, emit, { errorMap: false, suffix: SEGMENTS });
      try {
        const input = await chooser.pick(opened);
        chooser.end();
        refuseEmpty(input);
        return await segmentAll({ request, emit, folder, source, input });
      } finally {
        await opened.close();
      }
    } finally {
      await source?.close();
    }
  } finally {
    await fs.rm(folder.own('work'), { recursive: true, force: true });
    await folder.release();
  }
}

function refuseRequest({ labels, clusters, predict, features, model }: SegmentRequest): void {
  const ways = [labels.length > 0, clusters !== null, predict !== null].filter(Boolean).length;
  if (ways !== 1) throw fault('E_USAGE/segment');
  if (clusters !== null && !(clusters >= LEAST_CLUSTERS && clusters <= MOST_CLUSTERS))
    throw fault('E_USAGE/segment-clusters', { least: LEAST_CLUSTERS, most: MOST_CLUSTERS });
  if (model === null && features?.includes('latent') === true) throw fault('E_USAGE/segment-features');
}

interface Run {
  readonly request: SegmentRequest;
  readonly emit: Emit;
  readonly folder: OutputFolder;
  readonly source: ModelSource | null;
  readonly input: InputSet;
}

/** What describes a pixel, where nobody says. */
function usualFeatures(source: ModelSource | null): readonly SegmentFeature[] {
  return source === null ? ['intensity'] : ['latent', 'intensity'];
}

interface Learnt {
  readonly segmenter: Segmenter;
  readonly heldOut: HeldOut | null;
  /** Series that are not marked, and why. */
  readonly without: ReadonlyMap<StackToSegment, Problem>;
}

async function learnt(work: SegmentWork, stacks: readonly StackToSegment[], random: Random): Promise<Learnt> {
  const { request, source } = work;
  const kinds = request.features?.length ? request.features : usualFeatures(source);
  if (request.predict !== null) {
    const segmenter = openSegmenter(await readSegmenterFile(request.predict), source);
    return { segmenter, heldOut: null, without: new Map() };
  }
  if (request.clusters !== null) {
    const segmenter = await learnClustered(work, stacks, kinds, request.clusters, random);
    return { segmenter, heldOut: null, without: new Map() };
  }
  const { labelled, without } = await findLabels(work, stacks);
  return { ...(await learnLabelled(work, labelled, kinds, random)), without };
}

async function segmentAll(run: Run): Promise<SegmentResult> {
  const { request, emit, folder, input, source } = run;
  // What a run that was stopped has left.
  await fs.rm(folder.own('work'), { recursive: true, force: true });
  const now = new Date();
  const { stacks, left, warnings } = usable(input, request.force, emit);
  if (stacks.length === 0) throw left.length === 1 ? errorFrom(left[0].why) : fault('E_NOTHING/unreadable');
  const work: SegmentWork = {
    request,
    emit,
    source,
    load: loader(request.frame, emit),
    nameOf: (label, usual) => request.names.find((one) => one.label === label)?.name ?? usual,
  };
  const { segmenter, heldOut, without } = await learnt(work, stacks, new Random(request.seed));
  const model = source === null ? null : { family: source.model.card.family, sha256: source.sha256 };
  const used = segmenter.features.kinds.includes('latent') ? model : null;
  const file = segmenterFile(segmenter, used);
  const marking = {
    work,
    folder,
    segmenter,
    heldOut,
    now,
    guided: request.labels.length > 0,
    // All that decides the pixels besides the images.
    settings: sha256(JSON.stringify(file)),
  };
  const series: SegmentSeries[] = [];
  const shown: OverlaidPlane[][] = [];
  const of = stacks.length + left.length;
  const finish = (
    one: Omit<SegmentSeries, 'warnings'>,
    started: number,
    told: readonly Problem[] = [],
  ): void => {
    const seconds = (performance.now() - started) / 1000;
    emit({ type: 'series-done', series: one.id, status: one.status, problem: one.problem, seconds });
    series.push({ ...one, warnings: told });
  };
  for (const one of stacks) {
    emit({ type: 'series-start', series: one.stack.id, index: series.length + 1, of });
    const started = performance.now();
    const why = without.get(one);
    const marked: Marked =
      why === undefined
        ? await markStack(marking, one)
        : { series: unmarked(one.stack.id, statusOf(why), why), shown: [] };
    if (marked.shown.length > 0) shown.push([...marked.shown]);
    finish(marked.series, started, warnings.get(one) ?? []);
  }
  for (const { id, why } of left) {
    emit({ type: 'series-start', series: id, index: series.length + 1, of });
    finish(unmarked(id, 'skipped', why), performance.now());
  }
  const report: SegmentReport = {
    format: 'limpid-segment-1',
    notice: NOTICE,
    version: VERSION,
    createdAt: now.toISOString(),
    seed: request.seed,
    model: used,
    features: segmenter.features.kinds,
    method: request.predict !== null ? 'predict' : request.clusters !== null ? 'clusters' : 'labels',
    classes: segmenter.classes,
    learnt: heldOut?.learnt() ?? null,
    series: series.map((one) => ({
      ...one,
      problem: one.problem === null ? null : withoutPlace(one.problem),
      warnings: one.warnings.map(withoutPlace),
    })),
  };
  const files: [string, Uint8Array | string][] = [
    ...(request.predict === null ? [[SEGMENTER, `${JSON.stringify(file)}\n`] as [string, string]] : []),
    ...(shown.length > 0 ? [[PICTURE, overlaySheet(shown)] as [string, Uint8Array]] : []),
    [REPORT, `${JSON.stringify(report)}\n`],
  ];
  await publishAll(run, files);
  return {
    type: 'result',
    command: 'segment',
    exitCode: exitCodeOf(series, input.problems),
    family: used?.family ?? null,
    features: report.features,
    classes: report.classes,
    learnt: report.learnt,
    series: series.map(({ id, status, problem, outputs }) => ({
      series: id,
      status,
      problem,
      outputs,
      derivedSeriesInstanceUid: null,
      forPerson: { outputs: outputs.length === 0 ? [] : visibleOf(input, id) },
    })),
    sizes: series.map(({ id, segments }) => ({ series: id, segments })),
    files: files.map(([name]) => name),
    problems: [...input.problems],
  };
}

function unmarked(id: string, status: RunStatus, problem: Problem): Omit<SegmentSeries, 'warnings'> {
  return { id, status, problem, segments: [], outputs: [] };
}

/** Without labels a series is left out; one that could not be read for them has failed. */
function statusOf({ code }: Problem): RunStatus {
  return code.startsWith('W_') ? 'skipped' : 'failed';
}

function visibleOf({ units }: InputSet, id: string): readonly string[] {
  const unit = units.find(({ stacks }) => stacks.some((stack) => stack.id === id));
  return unit === undefined ? [] : [namesOf(unit).visible];
}

async function publishAll(
  { folder, input }: Run,
  files: readonly (readonly [string, Uint8Array | string])[],
): Promise<void> {
  const seen: string[] = [];
  await folder.confirm();
  try {
    for (const unit of input.units) {
      const from = path.join(workOf(folder, unit), SEGMENTS);
      if (!(await exists(from))) continue;
      const visible = path.join(folder.root, namesOf(unit).visible);
      await publish(from, visible);
      seen.push(visible);
    }
    for (const [name, content] of files) {
      await folder.write(name, content);
      seen.push(path.join(folder.root, name));
    }
  } catch (error) {
    // A part of the results looks like all of them.
    for (const file of seen) await fs.rm(file, { recursive: true, force: true });
    throw error;
  }
}
