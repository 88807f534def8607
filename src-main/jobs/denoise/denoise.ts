import * as fs from 'node:fs/promises';
import { hasCode, sha256 } from '../../base/files.js';
import { VERSION } from '../../base/version.js';
import { type Problem, problemFrom, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { exitCodeOf } from '../../contract/exit.js';
import { type Report, SeriesImages } from '../../contract/report.js';
import { NOTICE, REPORT_SCHEMA_VERSION } from '../../contract/report-version.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import type { OutputsResult } from '../../contract/results.js';
import { readText } from '../../contract/schema/schema.js';
import { isRefined } from '../../denoise/network.js';
import type { Processor } from '../../denoise/processor.js';
import { buildReportHtml, reportJson } from '../../report/report-html.js';
import { openChooser } from '../../series/asked/choose.js';
import { type GivenNoise, openGivenNoise } from '../../series/asked/given-noise.js';
import { isChosen, openChosen, refuseEmpty } from '../../series/asked/open-chosen.js';
import type { PlannedRun } from '../../series/asked/plan-file.js';
import type { InputSet, UnitInput } from '../../series/input.js';
import { openJournal, pixelSettings, type Settings } from '../../series/journal.js';
import { guardedPath } from '../../series/open-input.js';
import { openOutputFolder, refuseOutput } from '../../series/output-folder.js';
import { dropReport, REPORT_FILES } from '../../series/publication.js';
import { noteSpeeds } from '../../store/speed.js';
import { describeDataset } from './bids.js';
import { runDeriveJob } from './derive-job.js';
import type { DeriveJob } from './job.js';
import { openMaps } from './maps.js';
import type { SlabLimits } from './slab-plan.js';
import { picturesFile } from './stack.js';
import type { TrustSettings } from './trust.js';

export interface DenoiseDependencies {
  /** Opens the denoiser; called once there is something to denoise. */
  readonly openProcessor: (request: DenoiseRequest) => Promise<Processor>;
  readonly modelHash: (request: DenoiseRequest) => Promise<string | null>;
  /** A plan that is run: its series, and what differs for single ones. */
  readonly planned?: PlannedRun;
  /** From which size on series are denoised slab by slab; a parameter so that tests need no long series. */
  readonly slabs?: SlabLimits;
}

/** Series whose pictures are kept for report.html; its own limit in bytes is stricter. */
const PICTURES = 200;

/**
 * Denoises everything in the input, then writes the report.
 *
 * @throws LimpidError when nothing can be done at all: wrong paths, other settings than the run that is resumed,
 * nothing to denoise (E_NOTHING), no device
 */
export async function runDenoise(
  request: DenoiseRequest,
  emit: Emit,
  dependencies: DenoiseDependencies,
): Promise<OutputsResult> {
  const started = performance.now();
  const chooser = openChooser(request);
  const guarded = guardedPath(request.input);
  for (const one of [guarded, ...(request.more ?? []).map(guardedPath)])
    await refuseOutput(request.output, one);
  const model = await dependencies.modelHash(request);
  const noise = request.noiseLevel === undefined ? undefined : await openGivenNoise(request.noiseLevel);
  const { planned } = dependencies;
  const input = planned === undefined ? await openChosen(request, emit, chooser) : await planned.open(emit);
  const own = ownProcessors(request, dependencies);
  try {
    refuseEmpty(input);
    const { noiseMap, fieldMap } = await openMaps(request, input);
    // What cannot be opened fails before the output folder is anyone's.
    const processor = await dependencies.openProcessor(request);
    try {
      const folder = await openOutputFolder(request.output, guarded);
      try {
        const journal = await openJournal(folder, settingsOf(request, input, model, planned, noise));
        announceDevice(processor, emit);
        const moved = journal.moved === null ? [] : [journal.moved];
        for (const problem of moved) emit({ type: 'warning', series: null, problem });
        const job: DeriveJob = {
          input,
          folder,
          journal,
          processor,
          force: request.force,
          emit,
          pictures: PICTURES,
          ...(noise === undefined ? {} : { noise }),
          ...(noiseMap === undefined ? {} : { noiseMap }),
          ...(fieldMap === undefined ? {} : { fieldMap }),
          ...(dependencies.slabs === undefined ? {} : { slabs: dependencies.slabs }),
          own: own.of,
          pixelSettings: pixelSettingsFor(request, input, dependencies, noise),
          ...(request.clean === undefined ? {} : { clean: request.clean }),
          trust: trustSettings(request),
        };
        const { reports, outcomes, incomplete } = await runDeriveJob(job);
        const report: Report = {
          schemaVersion: REPORT_SCHEMA_VERSION,
          notice: NOTICE,
          tool: { name: 'limpid', version: VERSION },
          createdAt: new Date().toISOString(),
          seconds: (performance.now() - started) / 1000,
          request: requestReport(request, input, model),
          device: processor.device ?? { name: 'none', description: 'no device', warnings: [] },
          warnings: [...input.problems, ...moved, ...incomplete].map(withoutPlace),
          series: reports,
        };
        await noteSpeeds(reports.map((one) => [planned?.requestFor(one.id) ?? request, one]));
        const undescribed = request.bids === true ? await describeDataset(job, request, outcomes) : [];
        const unwritten = [...undescribed, ...(await tryReport(job, report))];
        const refused = isChosen(request) ? [] : input.problems;
        return {
          type: 'result',
          command: 'denoise',
          exitCode: exitCodeOf(outcomes, [...refused, ...unwritten]),
          series: outcomes,
          report: unwritten.length === undescribed.length ? REPORT_FILES : null,
          problems: [...input.problems, ...incomplete, ...unwritten],
        };
      } finally {
        await folder.release();
      }
    } finally {
      await processor.close();
    }
  } finally {
    await own.close();
    await input.close();
  }
}

function trustSettings(request: DenoiseRequest): TrustSettings {
  return {
    strength: request.strength,
    seed: request.seed,
    uncertainty: request.uncertainty === true,
    strict: request.strict === true,
  };
}

/** Denoisers of series for which a plan has other settings: each is opened once, when it is needed first. */
function ownProcessors(request: DenoiseRequest, { planned, openProcessor }: DenoiseDependencies) {
  const opened = new Map<string, Promise<Processor>>();
  return {
    async of(id: string): Promise<Pick<DeriveJob, 'processor' | 'trust'> | null> {
      const asked = planned?.requestFor(id) ?? null;
      if (asked === null) return null;
      const key = JSON.stringify(asked);
      const processor = opened.get(key) ?? openProcessor({ ...request, ...asked });
      opened.set(key, processor);
      return { processor: await processor, trust: trustSettings(asked) };
    },
    async close(): Promise<void> {
      for (const processor of opened.values())
        await processor.then(
          (one) => one.close(),
          () => {},
        );
    },
  };
}

/** Of a unit, of which the plan may have settings for single stacks. */
function pixelSettingsFor(
  request: DenoiseRequest,
  input: InputSet,
  { planned, modelHash }: DenoiseDependencies,
  noise: GivenNoise | undefined,
): (unit: UnitInput) => Promise<string> {
  const known = new Map<string, Promise<string>>();
  const settled = (asked: DenoiseRequest): Promise<string> => {
    const key = JSON.stringify(asked);
    const found =
      known.get(key) ??
      modelHash(asked).then((model) => pixelSettings(settingsOf(asked, input, model, undefined, noise)));
    known.set(key, found);
    return found;
  };
  return async ({ stacks }) => {
    const each = await Promise.all(stacks.map(({ id }) => settled(planned?.requestFor(id) ?? request)));
    return new Set(each).size === 1 ? each[0] : stacks.map(({ id }, i) => `${id} ${each[i]}`).join('\n');
  };
}

function settingsOf(
  request: DenoiseRequest,
  input: InputSet,
  model: string | null,
  planned: PlannedRun | undefined,
  noise: GivenNoise | undefined,
): Settings {
  return {
    command: 'denoise',
    version: VERSION,
    input: input.kind,
    model: model ?? request.model.kind,
    objective: request.objective,
    steps: request.steps,
    adapt: request.adapt ?? 'off',
    refine: isRefined(request),
    ...(request.align === undefined ? {} : { align: request.align }),
    ...(request.effort === undefined ? {} : { effort: request.effort }),
    seed: request.seed,
    strength: request.strength,
    device: request.device,
    ...(request.clean === undefined ? {} : { clean: [request.clean].flat().sort().join(' ') }),
    'error map': request.errorMap,
    uncertainty: request.uncertainty === true,
    strict: request.strict === true,
    bids: request.bids === true,
    ...(planned === undefined ? {} : { plan: planned.hash }),
    ...(noise === undefined ? {} : { 'noise level': noise.key }),
    ...(request.noiseMap === undefined ? {} : { 'noise map': true }),
    ...(request.fieldMap === undefined ? {} : { 'field map': true }),
    ...(request.only === undefined ? {} : { series: [...request.only].sort().join(' ') }),
    ...(request.series === undefined ? {} : { chosen: [...request.series].sort().join(' ') }),
    // Its text may name a patient.
    ...(request.where === undefined ? {} : { condition: sha256(request.where).slice(0, 12) }),
  };
}

function requestReport(request: DenoiseRequest, input: InputSet, model: string | null): Report['request'] {
  return {
    input: input.kind,
    model: { kind: request.model.kind, sha256: model },
    clean: request.clean ?? null,
    objective: request.objective,
    refine: isRefined(request),
    effort: request.effort ?? null,
    steps: request.steps,
    seed: request.seed,
    strength: request.strength,
    device: request.device,
    errorMap: request.errorMap,
    uncertainty: request.uncertainty === true,
    strict: request.strict === true,
    force: request.force,
  };
}

function announceDevice({ device }: Processor, emit: Emit): void {
  if (device === null) return;
  emit({ type: 'device', device: device.name, description: device.description });
  for (const problem of device.warnings) emit({ type: 'warning', series: null, problem });
}

/** The series are there whether their report can be written or not: a run without report is told, not undone. */
async function tryReport(job: DeriveJob, report: Report): Promise<Problem[]> {
  try {
    await writeReport(job, report);
    return [];
  } catch (error) {
    // What is to be told is why the report could not be written, and that is told below.
    await dropReport(job.folder).catch(() => {});
    const problem = problemFrom(error);
    job.emit({ type: 'warning', series: null, problem });
    return [problem];
  }
}

async function writeReport(job: DeriveJob, report: Report): Promise<void> {
  const images: SeriesImages[] = [];
  for (const { id, status } of report.series)
    if (status === 'done') {
      const pictures = await readPictures(picturesFile(job, id));
      if (pictures !== null) images.push(pictures);
    }
  await job.folder.write(REPORT_FILES.json, reportJson(report));
  await job.folder.write(REPORT_FILES.html, buildReportHtml(report, images));
}

/** null: there are none, or none that this version can show. */
async function readPictures(file: string): Promise<SeriesImages | null> {
  try {
    const pictures = readText(SeriesImages, await fs.readFile(file, 'utf8'));
    return pictures.fits ? pictures.value : null;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
}
