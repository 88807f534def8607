import {
  isSame,
  openIndex,
  readThumbnails,
  readVectors,
  THUMBNAIL_SIDE,
} from '../../analysis/retrieval/index-file.js';
import { type Nearest, nearestSeries } from '../../analysis/retrieval/search.js';
import { VERSION } from '../../base/version.js';
import type { LatentIndex, LikeFound } from '../../contract/encoders/retrieval.js';
import { fault, type Problem, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { LikeResult } from '../../contract/model-results.js';
import { NOTICE } from '../../contract/report-version.js';
import type { LikeRequest } from '../../contract/requests/encoders.js';
import { grayPng } from '../../imaging/png.js';
import { choiceOf, openChooser } from '../../series/asked/choose.js';
import { openResultFolder, writeResult } from '../../series/result-folder.js';
import { openModelSource } from '../../store/model-source.js';
import { placeOf, thumbnailsOf } from './index-series.js';
import { readOnly } from './latent-input.js';
import { type Described, describePlanes } from './latent-vectors.js';

/** Written last. */
const REPORT = 'like.json';
const SHEET = 'like.png';
/** Thumbnails are shown this much larger. */
const ENLARGED = 3;
const GAP = 4;
const ACROSS = 6;
const GROUND = 0.35;

/**
 * The series of an index that have slices like one of a file, and with an output folder their thumbnails.
 *
 * @throws LimpidError E_INDEX (none, of another model, damaged), E_USAGE for a slice that is not there and for several series, E_MODEL,
 * E_NOTHING, E_EXISTS, E_DEVICE; as reading
 */
export async function runLike(request: LikeRequest, emit: Emit): Promise<LikeResult> {
  const source = await openModelSource(request.model, request.device, emit);
  try {
    const index = await openIndex(request.index, source.sha256);
    if (index === null) throw fault('E_INDEX/none', {}, request.index);
    const problems: Problem[] = [];
    const read = await readOnly(request.input, emit, problems, openChooser(choiceOf(request)));
    const planes = read.volume.slices * read.volume.frames;
    const plane = request.slice ?? Math.floor(planes / 2);
    if (plane >= planes) throw fault('E_USAGE/no-slice', { slices: planes });
    const described = await describePlanes(source.model, [read], emit, () => [plane]);
    if (described.length !== index.vectors.length && index.rows > 0)
      throw fault(
        'E_INDEX/damaged',
        { field: 'vectors.length', expected: String(described.length) },
        request.index,
      );
    const vectors = await readVectors(request.index, index);
    const start = performance.now();
    const own = read.stack;
    const near = nearestSeries(
      vectors,
      index.series,
      described.data,
      request.count,
      (one) =>
        isSame(one, own, placeOf(read)) ||
        (own.seriesInstanceUid !== null && one.seriesInstanceUid === own.seriesInstanceUid),
    );
    const milliseconds = performance.now() - start;
    const found = near.map((one) => foundOf(index, one));
    const files =
      request.pictures === null ? [] : await written(request, index, described, plane, near, found);
    return {
      type: 'result',
      command: 'like',
      exitCode: problems.length > 0 ? EXIT.failed : EXIT.done,
      searched: { series: index.series.length, slices: index.rows },
      milliseconds,
      found,
      files,
      problems: problems.map(withoutPlace),
    };
  } finally {
    await source.close();
  }
}

function foundOf({ series }: LatentIndex, { series: at, row, distance }: Nearest): LikeFound {
  const { id, seriesInstanceUid, modality, slices, first, forPerson } = series[at];
  const plane = row - first;
  return {
    series: id,
    seriesInstanceUid,
    modality,
    slice: plane % slices,
    frame: Math.floor(plane / slices),
    distance,
    forPerson,
  };
}

async function written(
  request: LikeRequest,
  index: LatentIndex,
  { stacks }: Described,
  plane: number,
  near: readonly Nearest[],
  found: readonly LikeFound[],
): Promise<string[]> {
  const folder = await openResultFolder(request.pictures ?? '', [request.input, request.index], REPORT);
  try {
    const area = THUMBNAIL_SIDE ** 2;
    const own = thumbnailsOf(stacks[0]).subarray(plane * area, (plane + 1) * area);
    const others = await readThumbnails(
      request.index,
      index,
      near.map(({ row }) => row),
    );
    const report = {
      format: 'limpid-like-1',
      notice: NOTICE,
      version: VERSION,
      model: index.model,
      found: found.map(({ forPerson: _, ...one }) => one),
    };
    return await writeResult(folder, [
      [SHEET, sheetOf([own, ...others])],
      [REPORT, `${JSON.stringify(report, null, 1)}\n`],
    ]);
  } finally {
    await folder.release();
  }
}

/** Pictures side by side, six a line; the first is what was asked for. */
function sheetOf(pictures: readonly Uint8Array[]): Uint8Array {
  const side = THUMBNAIL_SIDE * ENLARGED;
  const lines = Math.ceil(pictures.length / ACROSS);
  const width = ACROSS * (side + GAP) + GAP;
  const sheet = new Float32Array(width * (lines * (side + GAP) + GAP)).fill(GROUND);
  pictures.forEach((picture, n) => {
    const [left, top] = [GAP + (n % ACROSS) * (side + GAP), GAP + Math.floor(n / ACROSS) * (side + GAP)];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        sheet[(top + y) * width + left + x] =
          picture[Math.floor(y / ENLARGED) * THUMBNAIL_SIDE + Math.floor(x / ENLARGED)] / 255;
  });
  return grayPng(sheet, width, sheet.length / width, { low: 0, high: 1 });
}
