import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pictures, reportHtml, type SlicePictures, scoresCsv } from '../../analysis/anomaly-report.js';
import { scoreStack } from '../../analysis/anomaly-score.js';
import { checkLesions, type Limits } from '../../analysis/lesion-check.js';
import { centreOf, type Scorer, scoreNormal } from '../../analysis/normal-scores.js';
import { asFileError, exists } from '../../base/files.js';
import { makeFolder } from '../../base/make-folder.js';
import { startMeter } from '../../base/progress.js';
import { Random } from '../../base/random.js';
import { VERSION } from '../../base/version.js';
import type { AnomalyReport, AnomalySeries } from '../../contract/anomaly.js';
import { fault, type Problem, problemFrom, problemOf, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { exitCodeOf } from '../../contract/exit.js';
import type { NormalScores } from '../../contract/models.js';
import type { RunStatus } from '../../contract/report.js';
import { NOTICE } from '../../contract/report-version.js';
import type { AnomalyScore } from '../../contract/requests/choices.js';
import type { AnomalyRequest } from '../../contract/requests/requests.js';
import type { AnomalyResult } from '../../contract/results.js';
import { scaledStack } from '../../restore/apply.js';
import { choiceOf, openChooser } from '../../series/asked/choose.js';
import { refuseEmpty } from '../../series/asked/open-chosen.js';
import { gapsProblem } from '../../series/gaps.js';
import { type InputSet, type StackInput, type UnitInput, withSettings } from '../../series/input.js';
import { ERROR_MAP, MASK } from '../../series/maps-output.js';
import { loadWithin } from '../../series/memory.js';
import { openInput } from '../../series/open-input.js';
import { type OutputFolder, publish } from '../../series/output-folder.js';
import { openResultFolder } from '../../series/result-folder.js';
import { type ModelSource, openModelSource, requireNeighbours } from '../../store/model-source.js';
import { FALSE_POSITIVE_RATES, limitOf } from '../../trust/unlike.js';
import { readAll } from '../train/train-input.js';

/** Written last. */
const REPORT = 'report.json';
const REPORT_PAGE = 'report.html';

/**
 * Writes where series are unlike the images that a model was trained on: error maps, masks, slice scores, a report.
 * What is usual comes from normal images that the model was not trained on. Nothing is visible before all is done.
 *
 * @throws LimpidError E_MODEL (no family's model, other channels, nothing known of normal images), E_USAGE, E_NOTHING,
 * E_TOO_FEW, E_EXISTS, E_INSIDE_SOURCE, E_DEVICE; as reading
 */
export async function runAnomaly(request: AnomalyRequest, emit: Emit): Promise<AnomalyResult> {
  const [least, most] = FALSE_POSITIVE_RATES;
  if (!(request.falsePositiveRate >= least && request.falsePositiveRate <= most))
    throw fault('E_USAGE/false-positives', { least, most });
  const chooser = openChooser(choiceOf(request));
  const folder = await openResultFolder(request.output, [request.input, ...request.normal], REPORT);
  try {
    const source = await openModelSource(request.model, request.device, emit);
    try {
      const scorer = scorerOf(source, request);
      const { normal, problems } = await calibrated(scorer, request, emit);
      const opened = await openInput(request.input, emit, { errorMap: true, suffix: MASK });
      try {
        const input = await chooser.pick(opened);
        chooser.end();
        refuseEmpty(input);
        return await lookAtAll({ request, emit, folder, source, scorer, input, normal }, [
          ...problems,
          ...input.problems,
        ]);
      } finally {
        await opened.close();
      }
    } finally {
      await source.close();
    }
  } finally {
    await fs.rm(folder.own('work'), { recursive: true, force: true });
    await folder.release();
  }
}

/** By features where these are known, unless the residual is asked for. @throws LimpidError E_MODEL */
function scorerOf({ model, places }: ModelSource, { score, normal }: AnomalyRequest): Scorer {
  const known = places !== null && (normal.length > 0 || model.card.normalFeatures !== undefined);
  if (score === 'features' && !known) throw fault('E_MODEL/no-places');
  return { model, places: score === 'residual' || !known ? null : places };
}

function scoreOf({ places }: Scorer): AnomalyScore {
  return places === null ? 'residual' : 'features';
}

/** From the images that were given, else from the model card. */
async function calibrated(
  scorer: Scorer,
  request: AnomalyRequest,
  emit: Emit,
): Promise<{ normal: NormalScores; problems: Problem[] }> {
  const { model, places } = scorer;
  if (request.normal.length === 0) {
    const known = places === null ? model.card.normal : model.card.normalFeatures;
    if (known !== undefined) return { normal: known, problems: [] };
    throw fault('E_MODEL/not-normal');
  }
  const problems: Problem[] = [];
  const reads = await readAll(request.normal, request.force, emit, (series, problem) => {
    problems.push(problem);
    emit({ type: 'warning', series, problem });
  });
  const planes = reads.map(({ stack, volume }) => {
    requireNeighbours(model, stack.only2d);
    const scaled = scaledStack(volume);
    return { stack: scaled, planes: Array.from({ length: scaled.slices * scaled.frames }, (_, i) => i) };
  });
  const meter = startMeter(emit, { series: null, stage: 'apply', unit: 'slices', total: null });
  return { normal: await scoreNormal(scorer, planes, (done) => meter.at(done)), problems };
}

interface Run {
  readonly request: AnomalyRequest;
  readonly emit: Emit;
  readonly folder: OutputFolder;
  readonly source: ModelSource;
  readonly scorer: Scorer;
  readonly input: InputSet;
  readonly normal: NormalScores;
}

async function lookAtAll(run: Run, problems: readonly Problem[]): Promise<AnomalyResult> {
  const { request, emit, folder, input, normal, source } = run;
  const limits = {
    error: limitOf(normal, 'error', request.falsePositiveRate),
    intensity: limitOf(normal, 'intensity', request.falsePositiveRate),
  };
  // What a run that was stopped has left.
  await fs.rm(folder.own('work'), { recursive: true, force: true });
  const now = new Date();
  const stacks = input.units.flatMap((unit) => unit.stacks.map((stack) => ({ unit, stack })));
  const series: AnomalySeries[] = [];
  const shown = new Map<number, SlicePictures[]>();
  const of = stacks.length + input.leftOut.length;
  for (const { unit, stack } of stacks) {
    emit({ type: 'series-start', series: stack.id, index: series.length + 1, of });
    const warnings: Problem[] = [];
    const warn = (problem: Problem): void => {
      warnings.push(problem);
      emit({ type: 'warning', series: stack.id, problem });
    };
    for (const problem of stack.warnings) warn(problem);
    const started = performance.now();
    const seen = await lookAtOne({ ...run, limits, now, warn }, unit, stack);
    const { status, problem } = seen.series;
    const seconds = (performance.now() - started) / 1000;
    emit({ type: 'series-done', series: stack.id, status, problem, seconds });
    if (seen.pictures.length > 0) shown.set(series.length, seen.pictures);
    series.push({ ...seen.series, warnings });
  }
  for (const { id, why } of input.leftOut) {
    emit({ type: 'series-start', series: id, index: series.length + 1, of });
    emit({ type: 'series-done', series: id, status: 'skipped', problem: why, seconds: 0 });
    series.push(unseen(id, 'skipped', why));
  }
  const { family } = source.model.card;
  const report: AnomalyReport = {
    format: 'limpid-anomaly-1',
    notice: NOTICE,
    version: VERSION,
    createdAt: now.toISOString(),
    model: { family, sha256: source.sha256 },
    device: source.device.device,
    falsePositiveRate: request.falsePositiveRate,
    score: scoreOf(run.scorer),
    limits,
    normal: { source: request.normal.length > 0 ? 'given' : 'model card', planes: normal.planes },
    series: series.map((one) => ({
      ...one,
      problem: one.problem === null ? null : withoutPlace(one.problem),
      warnings: one.warnings.map(withoutPlace),
    })),
  };
  await publishAll(run, report, shown);
  return {
    type: 'result',
    command: 'anomaly',
    exitCode: exitCodeOf(series, problems),
    family,
    score: scoreOf(run.scorer),
    limits,
    series: series.map(({ id, status, problem, outputs }) => ({
      series: id,
      status,
      problem,
      outputs,
      derivedSeriesInstanceUid: null,
      forPerson: { outputs: outputs.length === 0 ? [] : visibleOf(input, id) },
    })),
    scores: series.map(({ id, slices, marked, lesions }) => ({
      series: id,
      slices: slices.filter(({ error }) => error !== null).length,
      marked,
      lesions,
    })),
    report: { json: REPORT, html: REPORT_PAGE },
    problems,
  };
}

interface Look extends Run {
  readonly limits: Limits;
  readonly now: Date;
  readonly warn: (problem: Problem) => void;
}

async function lookAtOne(
  look: Look,
  unit: UnitInput,
  stack: StackInput,
): Promise<{ readonly series: AnomalySeries; readonly pictures: SlicePictures[] }> {
  const { request, emit, source, scorer, normal, limits } = look;
  const why = stack.why ?? (stack.derivedByLimpid && !request.force ? DERIVED : null);
  if (why !== null) return { series: unseen(stack.id, 'skipped', why), pictures: [] };
  const unfinished = look.folder.own('work', 'unfinished');
  try {
    requireNeighbours(source.model, stack.only2d);
    const reading = startMeter(emit, {
      series: stack.id,
      stage: 'read',
      unit: 'files',
      total: stack.instances,
    });
    const loaded = await loadWithin(stack, 'apply', (done) => reading.at(done));
    const gaps = gapsProblem(stack, loaded.volume);
    if (gaps !== null) look.warn(gaps);
    const scaled = scaledStack(loaded.volume);
    const centre = centreOf(scaled);
    const total = scaled.slices * scaled.frames;
    const meter = startMeter(emit, { series: stack.id, stage: 'apply', unit: 'slices', total });
    const scored = await scoreStack(scorer, scaled, centre, normal, limits, (done) => meter.at(done));
    const random = new Random(request.seed).fork('lesions');
    const lesions = request.lesions
      ? await checkLesions(scorer, loaded.volume, scaled, centre, limits, random)
      : null;
    await stack.writeUnlike({
      unit: withSettings(unit.unit, description(look)),
      folder: unfinished,
      loaded,
      errorMap: scored.errorMap,
      mask: scored.mask,
      family: source.model.card.family,
      score: scoreOf(scorer),
      description: description(look),
      now: look.now,
    });
    await joinMaps(unfinished, workOf(look.folder, unit));
    const outputs = namesOf(unit).map(({ reported }) => reported);
    const { slices, marked } = scored;
    return {
      series: { ...unseen(stack.id, 'done', null), slices, marked, lesions, outputs },
      pictures: pictures(scaled, scored),
    };
  } catch (error) {
    await fs.rm(unfinished, { recursive: true, force: true });
    return { series: unseen(stack.id, 'failed', problemFrom(error)), pictures: [] };
  }
}

/** Takes the maps of one stack to those of its unit, now that all of them are written. @throws LimpidError E_IO */
async function joinMaps(from: string, to: string): Promise<void> {
  try {
    await makeFolder(to);
    for (const name of [ERROR_MAP, MASK]) {
      const [source, target] = [path.join(from, name), path.join(to, name)];
      if (!(await fs.stat(source)).isDirectory()) {
        await fs.rename(source, target);
        continue;
      }
      await makeFolder(target);
      for (const file of await fs.readdir(source))
        await fs.rename(path.join(source, file), path.join(target, file));
    }
    await fs.rm(from, { recursive: true, force: true });
  } catch (error) {
    throw asFileError(error, to);
  }
}

function unseen(id: string, status: RunStatus, problem: Problem | null): AnomalySeries {
  return { id, status, problem, warnings: [], slices: [], marked: null, lesions: null, outputs: [] };
}

const DERIVED: Problem = problemOf('E_ALREADY_DENOISED/anomaly');

function workOf(folder: OutputFolder, { unit }: UnitInput): string {
  return folder.own('work', unit.key);
}

/** Where the error map and the mask of a unit are, and what they are called once they are visible. */
function namesOf({ unit, entries }: UnitInput) {
  return entries.flatMap(({ name, visible, reported }) => {
    if (name === 'error-map') return [{ work: ERROR_MAP, visible, reported }];
    if (name !== 'image') return [];
    // Of a DICOM series the images are called as the series itself.
    const mask = (text: string): string => (text === unit.key ? `${text}-${MASK}` : text);
    return [{ work: MASK, visible: mask(visible), reported: mask(reported) }];
  });
}

/** What the outputs of a stack are called in the folder: for the person at the screen. */
function visibleOf({ units }: InputSet, id: string): readonly string[] {
  const unit = units.find(({ stacks }) => stacks.some((stack) => stack.id === id));
  return unit === undefined ? [] : namesOf(unit).map(({ visible }) => visible);
}

async function publishAll(
  { folder, input }: Run,
  report: AnomalyReport,
  shown: ReadonlyMap<number, readonly SlicePictures[]>,
): Promise<void> {
  const { root } = folder;
  const seen: string[] = [];
  const write = async (name: string, content: string): Promise<void> => {
    await folder.write(name, content);
    seen.push(path.join(root, name));
  };
  await folder.confirm();
  try {
    for (const unit of input.units)
      for (const { work, visible } of namesOf(unit)) {
        const from = path.join(workOf(folder, unit), work);
        if (!(await exists(from))) continue;
        await publish(from, path.join(root, visible));
        seen.push(path.join(root, visible));
      }
    await write('scores.csv', scoresCsv(report));
    await write(REPORT_PAGE, reportHtml(report, shown));
    await write(REPORT, `${JSON.stringify(report)}\n`);
  } catch (error) {
    // A part of the results looks like all of them.
    for (const file of seen) await fs.rm(file, { recursive: true, force: true });
    throw error;
  }
}

/** For Derivation Description. */
function description({ source: { model, sha256 }, scorer, request, limits }: Look): string {
  const [what, unit] =
    scorer.places === null
      ? ['Rebuild error', 'of the intensity range']
      : ['Distance of features from usual ones', 'standard deviations'];
  return [
    `${what} by Limpid ${VERSION}`,
    `${model.card.family} autoencoder, file SHA-256 ${sha256.slice(0, 16)}`,
    `limit ${limits.error.toPrecision(4)} ${unit}, above which lie ${100 * request.falsePositiveRate} % of normal foreground`,
    'unlike the training images; not a lesion map',
    'not for diagnostic use',
  ].join('; ');
}
