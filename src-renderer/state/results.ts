import type { Problem } from '../../src-main/contract/errors.js';
import type { OutputReport, SeriesReport } from '../../src-main/contract/report.js';
import type { DenoiseRequest } from '../../src-main/contract/requests/requests.js';
import type { JobRecord } from '../../src-main/contract/window/app.js';
import type { OpenInput, SeriesCard } from '../../src-main/contract/window/opened.js';
import { joinPath, niftiStem, niftiStemInTree, parentOf } from './paths.js';

/** Where a run read and wrote. */
export type RunPaths = Pick<DenoiseRequest, 'input' | 'output'>;

/** What finding a result needs of a report. */
export type SeriesOutputs = Pick<SeriesReport, 'id' | 'status' | 'outputs'>;

/** What the viewer shows side by side. */
export interface Comparison {
  /** What the shown images were made of, or are; null where that is not open. */
  readonly source: SeriesCard | null;
  readonly before: SeriesCard | null;
  readonly after: SeriesCard | null;
  readonly errorMap: SeriesCard | null;
}

/** Why a job stopped; null where nothing stopped it. */
export function problemOf({ result }: JobRecord): Problem | null {
  return result !== null && 'stopped' in result ? result.stopped : null;
}

/** Whether a job denoises this series of this path. */
export function concerns(job: JobRecord, path: string, seriesId: string): boolean {
  const { request } = job;
  return (
    request.type === 'denoise' &&
    request.input === path &&
    (request.only === undefined || request.only.includes(seriesId))
  );
}

/** The series of a report to show: the one asked for, else the first that was done. */
export function seriesOfReport<S extends SeriesOutputs>(
  { series }: { readonly series: readonly S[] },
  seriesId: string | null,
): S | null {
  const wanted = series.find(({ id }) => id === seriesId);
  return wanted ?? series.find(({ status }) => status === 'done') ?? series[0] ?? null;
}

/** Full paths of a series' outputs with a role; `*` stands for the name of a NIfTI input, `source` is its card. */
export function outputPaths(
  request: RunPaths,
  series: SeriesOutputs,
  role: OutputReport['role'],
  source: SeriesCard | null,
): readonly string[] {
  const isInTree = source !== null && source.kind === 'nifti' && source.id !== 'nifti';
  const stem = isInTree ? niftiStemInTree(source.forPerson.description) : niftiStem(request.input);
  const paths = series.outputs
    .filter((output) => output.role === role)
    .map(({ path }) => joinPath(request.output, path.replace('*', stem)));
  return [...new Set(paths)];
}

/** The card of what a series of a report was made from, where that is open. */
export function sourceOf(
  inputs: readonly OpenInput[],
  request: RunPaths,
  { id }: SeriesOutputs,
): SeriesCard | null {
  const open = inputs.filter(({ paths }) => paths.includes(request.input)).flatMap(({ series }) => series);
  return open.find((card) => card.id === id) ?? null;
}

/**
 * What to open so that the outputs become series: the folders of DICOM series or the NIfTI files, as one input each
 * list; not the whole output folder, whose report and model are no images.
 */
export function pathsToOpen(
  request: RunPaths,
  series: SeriesOutputs,
  source: SeriesCard | null,
): readonly (readonly string[])[] {
  const images = outputPaths(request, series, 'denoised', source);
  const maps = outputPaths(request, series, 'error-map', source);
  if (series.outputs.every(({ seriesInstanceUid }) => seriesInstanceUid === null))
    return [images, maps].filter((files) => files.length > 0);
  return [[...new Set([...images, ...maps].map(parentOf))]];
}

/** Finds source, result and error map of a series among what is open. */
export function comparisonOf(
  inputs: readonly OpenInput[],
  request: RunPaths,
  series: SeriesOutputs,
): Comparison {
  const openAt = (path: string | undefined) =>
    path === undefined ? [] : inputs.filter(({ paths }) => paths.includes(path)).flatMap((i) => i.series);
  const before = sourceOf(inputs, request, series);
  const find = (role: 'denoised' | 'error-map') => {
    const output = series.outputs.find((one) => one.role === role);
    if (output === undefined) return null;
    if (output.seriesInstanceUid === null)
      return (
        openAt(outputPaths(request, series, role, before)[0]).find(({ kind }) => kind === 'nifti') ?? null
      );
    const [path] = outputPaths(request, series, role, before);
    // Where the whole output folder is open, the series is open as a part of it.
    const open = [
      ...openAt(path === undefined ? undefined : parentOf(path)),
      ...inputs.flatMap((one) => one.series),
    ];
    const cards = open.filter(({ seriesInstanceUid }) => seriesInstanceUid === output.seriesInstanceUid);
    // A series may hold several stacks: the one on the grid of the source.
    return cards.find((card) => before !== null && sameGrid(card, before)) ?? cards[0] ?? null;
  };
  return { source: before, before, after: find('denoised'), errorMap: find('error-map') };
}

function isNear(a: readonly number[], b: readonly number[]): boolean {
  return a.every((x, i) => Math.abs(x - (b[i] ?? Number.NaN)) < 1e-2);
}

function sameGrid(a: SeriesCard, b: SeriesCard): boolean {
  return (
    a.columns === b.columns &&
    a.rows === b.rows &&
    a.slices === b.slices &&
    (a.affine === null || b.affine === null || isNear(a.affine, b.affine))
  );
}

/** Whether Limpid made a series. */
export function isDerived({ derived, derivedFrom }: Pick<SeriesCard, 'derived' | 'derivedFrom'>): boolean {
  return derived === true || derivedFrom !== null;
}

/** What to show when a series is opened by itself: with its source or its result where these are open too. */
export function comparisonFor(card: SeriesCard, all: readonly SeriesCard[]): Comparison {
  const source = !isDerived(card)
    ? card
    : (all.find((one) => one.seriesInstanceUid === card.derivedFrom && sameGrid(one, card)) ?? null);
  if (source === null) return { source: null, before: card, after: null, errorMap: null };
  const derived = all.filter(
    (one) =>
      one.derivedFrom !== null && one.derivedFrom === source.seriesInstanceUid && sameGrid(one, source),
  );
  const images = derived.filter(({ map }) => map === undefined);
  const after = images.find((one) => one.key === card.key) ?? images.at(-1) ?? null;
  const maps = derived.filter(isErrorMap);
  const errorMap =
    maps.find((one) => one.key === card.key) ?? maps.find((one) => one.input === after?.input) ?? null;
  return { source, before: source, after, errorMap };
}

/** Of the maps that a run writes, the viewer shows error maps beside the images. */
function isErrorMap({ map }: SeriesCard): boolean {
  return map !== undefined && !/uncertain/i.test(map.label);
}

/** Whether all images that a run made of a series are open; those of NIfTI are told by their place alone. */
export function areOpen(inputs: readonly OpenInput[], series: SeriesOutputs): boolean {
  const open = new Set(inputs.flatMap((one) => one.series.map((card) => card.seriesInstanceUid)));
  const shown = series.outputs.filter(({ role }) => role === 'denoised' || role === 'error-map');
  return shown.every(({ seriesInstanceUid: uid }) => uid !== null && open.has(uid));
}

/** The model file that a run left for a series, to run it again without training. */
function modelOf(request: RunPaths, series: SeriesOutputs, source: SeriesCard | null): string | null {
  return outputPaths(request, series, 'model', source)[0] ?? null;
}

/**
 * The request that writes the same result at another strength, into another folder.
 *
 * @param request that of the run
 */
export function atStrength(
  request: DenoiseRequest,
  series: SeriesOutputs,
  strength: number,
  output: string,
  source: SeriesCard | null,
): DenoiseRequest {
  const model = modelOf(request, series, source);
  return {
    ...request,
    output,
    strength,
    only: [series.id],
    model: model === null ? request.model : { kind: 'file', path: model },
  };
}

type Half = SeriesCard & Required<Pick<SeriesCard, 'complex'>>;

/** Both halves of a complex image, magnitude or real part first; null where it is none or the other half is not there. */
export function halvesOf(card: SeriesCard, all: readonly SeriesCard[]): readonly [Half, Half] | null {
  const { complex, input } = card;
  if (complex === undefined) return null;
  const halves = all.filter(
    (one): one is Half => one.input === input && one.complex?.denoisedAs === complex.denoisedAs,
  );
  const first = halves.find((one) => !isSecondHalf(one));
  const second = halves.find(isSecondHalf);
  return first === undefined || second === undefined ? null : [first, second];
}

/** Whether it is denoised as part of another one: of a complex image the phase, or the imaginary parts. */
export function isSecondHalf({ complex, id }: SeriesCard): boolean {
  return complex !== undefined && complex.denoisedAs !== id;
}
