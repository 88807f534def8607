import { startMeter } from '../base/progress.js';
import { type Problem, problemFrom, problemOf } from '../contract/errors.js';
import type { Emit } from '../contract/events.js';
import { EXIT, isFailure } from '../contract/exit.js';
import type { InspectRequest } from '../contract/requests/requests.js';
import type { ComplexHalf, InspectedSeries, InspectResult, NoiseSummary } from '../contract/results.js';
import { Gathering, measuredSlices } from '../denoise/sample.js';
import { DecodePool } from '../dicom/codec/decode.js';
import { openSource } from '../dicom/files/sources.js';
import { attributeValues } from '../dicom/read/keywords.js';
import { complexHalves } from '../dicom/series/complex.js';
import { isReadInParts, loadPart } from '../dicom/series/part.js';
import { scan } from '../dicom/series/scan.js';
import type { Series } from '../dicom/series/series.js';
import { loadVolume, sourceFiles } from '../dicom/series/volume.js';
import { measuredNoise } from '../filters/guided-noise.js';
import { runsOf } from '../filters/slab.js';
import type { Volume } from '../imaging/volume.js';
import { frameOutliers } from '../noise/outliers/frame-outliers.js';
import { withOutliers } from '../noise/outliers/outlier-warnings.js';
import { type Chooser, choiceOf, type Described, openChooser } from '../series/asked/choose.js';
import { requireMemory } from '../series/memory.js';
import { contentOf } from '../series/nifti/computed.js';
import { bValuesOf, type FoundNifti, NiftiFinder } from '../series/nifti/finder.js';
import { loadFoundNifti, namedNifti } from '../series/nifti-input.js';
import { isNiftiFile } from '../series/open-input.js';

/**
 * Lists what is at the paths, from headers; nothing is written. What could not be read counts as failed.
 *
 * @throws LimpidError E_NOT_FOUND when a path does not exist, and those of opening it
 */
export async function runInspect(request: InspectRequest, emit: Emit): Promise<InspectResult> {
  const series: InspectedSeries[] = [];
  const problems: Problem[] = [];
  const chooser = openChooser(choiceOf(request));
  const look: Look = { emit, noise: request.noise === true, chooser };
  for (const path of request.paths) {
    const found = (await isNiftiFile(path))
      ? await inspectNamed(path, series.length, look)
      : await inspectTree(path, look);
    series.push(...found.series);
    problems.push(...found.problems);
  }
  chooser.end();
  if (series.length + problems.length === 0) {
    const problem = problemOf('E_NOTHING/to-list');
    problems.push(problem);
    emit({ type: 'warning', series: null, problem });
  }
  const isUnknown = ({ eligible, noise }: InspectedSeries) => look.noise && eligible && noise === null;
  const failed = series.length === 0 || series.some(isUnknown) || problems.some(isFailure);
  return {
    type: 'result',
    command: 'inspect',
    exitCode: failed ? EXIT.failed : EXIT.done,
    series,
    problems,
  };
}

interface Look {
  readonly emit: Emit;
  /** Read the pixels too, for the noise level and damage that hides in them. */
  readonly noise: boolean;
  readonly chooser: Chooser;
}

interface Found {
  readonly series: readonly InspectedSeries[];
  readonly problems: readonly Problem[];
}

async function inspectTree(path: string, look: Look): Promise<Found> {
  const { emit } = look;
  const source = await openSource(path);
  const pool = new DecodePool();
  try {
    const scanning = startMeter(emit, { series: null, stage: 'scan', unit: 'files', total: null });
    const finder = new NiftiFinder();
    const found = await scan(source, {
      onProgress: (done) => scanning.at(done),
      claim: (file, bytes, isImage) => finder.take(file, bytes, isImage),
      decode: pool.decode,
      tryPixels: look.noise,
    });
    const { images, problems: refused } = finder.all();
    const problems = [...found.problems, ...refused, ...found.passedOver];
    emit({
      type: 'scan',
      files: found.filesSeen,
      series: found.series.length + images.length,
      refused: found.problems.length + refused.length,
      others: found.others,
    });
    for (const problem of problems) emit({ type: 'warning', series: null, problem });
    const inspected: InspectedSeries[] = [];
    const halves = complexHalves(found.series);
    for (const one of found.series)
      if (await look.chooser.takes(describedSeries(one)))
        inspected.push(await inspectSeries(one, halves.get(one.id), pool, look));
    for (const image of images)
      if (await look.chooser.takes(describedImage(image, image.relative)))
        inspected.push(await inspectImage(image, image.relative, look));
    return { series: inspected, problems };
  } finally {
    await pool.close();
    await source.close();
  }
}

async function inspectSeries(
  series: Series,
  complex: ComplexHalf | undefined,
  pool: DecodePool,
  { emit, noise }: Look,
): Promise<InspectedSeries> {
  const total = sourceFiles(series).length;
  const meter = startMeter(emit, { series: series.id, stage: 'read', unit: 'files', total });
  const measured =
    noise && series.eligible
      ? await measure(async () => {
          const volume = await volumeToMeasure(series, pool, (done) => meter.at(done));
          return noiseOf(volume, series.modality);
        })
      : UNMEASURED;
  const why = (complex === undefined ? series.why : null) ?? measured.why;
  const first = series.instances[0];
  const { geometry } = series;
  return {
    id: series.id,
    kind: 'dicom',
    studyInstanceUid: series.studyInstanceUid,
    seriesInstanceUid: series.seriesInstanceUid,
    seriesNumber: series.seriesNumber,
    modality: series.modality,
    ...(series.traits.length === 0 ? {} : { traits: series.traits }),
    instances: total,
    columns: first.columns,
    rows: first.rows,
    slices: geometry.slices,
    frames: series.frames,
    spacing: geometry.unplaced ? [0, 0, 0] : geometry.spacing,
    ...distinctBValues(series.instances.map(({ bValue }) => bValue)),
    transferSyntaxes: [...new Set(series.instances.map(({ transferSyntax }) => transferSyntax))].sort(),
    noise: measured.summary,
    eligible: why === null,
    why,
    ...(complex === undefined ? {} : { complex }),
    warnings: [...series.warnings, ...measured.warnings],
    forPerson: { description: series.description },
  };
}

/** Slices that an estimate looks at. */
const LOOKED = 20;

/**
 * What the noise of a series is measured in: of a long one the slices that are looked at, though all are read, so that
 * one that cannot be read is told of.
 */
async function volumeToMeasure(
  series: Series,
  { decode }: DecodePool,
  onProgress: (done: number) => void,
): Promise<Volume> {
  const { slices, columns, rows } = series.geometry;
  const area = columns * rows;
  const places = measuredSlices(slices);
  const isLong = isReadInParts(series) && places.includes(-1);
  await requireMemory('apply', { area, values: area * series.frames * (isLong ? LOOKED : slices) });
  if (!isLong) return (await loadVolume(series, decode, { onProgress })).volume;
  const gathering = new Gathering(places);
  let done = 0;
  for (const range of runsOf(slices, area * series.frames)) {
    const { volume, hashes } = await loadPart(series, decode, range);
    gathering.add(volume, range.from);
    done += hashes.size;
    onProgress(Math.min(done, series.instances.length));
  }
  return gathering.sample().volume;
}

async function inspectNamed(path: string, index: number, look: Look): Promise<Found> {
  const named = { ...(await namedNifti(path)), id: `nifti-${index + 1}` };
  const isTaken = await look.chooser.takes(describedImage(named, path));
  return { series: isTaken ? [await inspectImage(named, path, look)] : [], problems: [] };
}

/** For a choice. */
function describedSeries(series: Series): Described {
  const [first] = series.instances;
  return {
    id: series.id,
    modality: series.modality,
    seriesInstanceUid: series.seriesInstanceUid,
    instances: sourceFiles(series).length,
    grid: {
      columns: first.columns,
      rows: first.rows,
      slices: series.geometry.slices,
      frames: series.frames,
    },
    forPerson: { description: series.description },
    attributes: () => attributeValues(first.file),
  };
}

/** @param relative the path, for the person at the screen */
function describedImage({ id, facts }: FoundNifti, relative: string): Described {
  const { columns, rows, slices, frames } = facts;
  return {
    id,
    modality: 'NIFTI',
    seriesInstanceUid: null,
    instances: 1,
    grid: { columns, rows, slices, frames },
    forPerson: { description: relative },
    attributes: async () => () => [],
  };
}

function distinctBValues(values: readonly (number | null)[]): Pick<InspectedSeries, 'bValues'> {
  const stated = values.filter((value) => value !== null);
  return stated.length === 0 ? {} : { bValues: [...new Set(stated)].sort((a, b) => a - b) };
}

/** @param description for the person at the screen */
async function inspectImage(
  found: FoundNifti,
  description: string,
  { noise }: Look,
): Promise<InspectedSeries> {
  const content = await contentOf(found, false);
  const measured =
    noise && content.why === null
      ? await measure(async () => noiseOf((await loadFoundNifti(found)).volume, undefined))
      : UNMEASURED;
  const why = content.why ?? measured.why;
  const { columns, rows, slices, frames, spacing } = found.facts;
  return {
    id: found.id,
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
    ...distinctBValues((await bValuesOf(found)) ?? []),
    transferSyntaxes: [],
    noise: measured.summary,
    eligible: why === null,
    why,
    warnings: [...content.warnings, ...measured.warnings],
    forPerson: { description },
  };
}

interface Measured {
  readonly summary: NoiseSummary | null;
  readonly warnings: readonly Problem[];
  /** Why there is no level though it was asked for. */
  readonly why: Problem | null;
}

const UNMEASURED: Measured = { summary: null, warnings: [], why: null };

/** Pixels that cannot be had are told, and the rest is looked at. */
async function measure(read: () => Promise<Omit<Measured, 'why'>>): Promise<Measured> {
  try {
    return { ...(await read()), why: null };
  } catch (error) {
    return { ...UNMEASURED, why: problemFrom(error) };
  }
}

async function noiseOf(volume: Volume, modality: string | undefined): Promise<Omit<Measured, 'why'>> {
  const measured = await measuredNoise(volume, modality === undefined ? {} : { modality });
  const { sigma, relative, distribution, correlated, methods, certain, warnings } = withOutliers(
    measured,
    frameOutliers(volume),
  );
  return { summary: { sigma, relative, distribution, correlated, methods, certain }, warnings };
}
