import * as path from 'node:path';
import {
  appendRows,
  hashOfVectors,
  INDEX_FILE,
  isSame,
  openIndex,
  THUMBNAIL_SIDE,
} from '../../analysis/retrieval/index-file.js';
import { VERSION } from '../../base/version.js';
import type { LatentIndex } from '../../contract/encoders/retrieval.js';
import { fault, LimpidError, type Problem, problemFrom, withoutPlace } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { EXIT } from '../../contract/exit.js';
import type { IndexResult } from '../../contract/model-results.js';
import { NOTICE } from '../../contract/report-version.js';
import type { IndexRequest } from '../../contract/requests/encoders.js';
import type { ScaledStack } from '../../restore/apply.js';
import { choiceOf, openChooser } from '../../series/asked/choose.js';
import { guardedPath } from '../../series/open-input.js';
import { openOutputFolder, refuseOutput } from '../../series/output-folder.js';
import { type ModelSource, openModelSource } from '../../store/model-source.js';
import { squarePlane } from '../../training/samples/corpus.js';
import { readEach, type SeriesRead } from '../train/train-input.js';
import { describeSeries, vectorKind } from './latent-vectors.js';

/**
 * Adds the slices of series to an index by their latents. Series that are in it already stay as they are. One series
 * after the other is added: what is stopped keeps those before.
 *
 * @throws LimpidError E_INDEX (of another model, damaged), E_MODEL (no latent), E_NOTHING, E_INSIDE_SOURCE, E_EXISTS,
 * E_LOCKED, E_DEVICE; as reading
 */
export async function runIndex(request: IndexRequest, emit: Emit): Promise<IndexResult> {
  for (const input of request.inputs) await refuseOutput(request.index, guardedPath(input));
  const source = await openModelSource(request.model, request.device, emit);
  try {
    const kind = vectorKind(source.model);
    const folder = await openOutputFolder(request.index, guardedPath(request.inputs[0] ?? request.index));
    try {
      const problems: Problem[] = [];
      const leaveOut = (series: string | null, problem: Problem): void => {
        problems.push(problem);
        emit({ type: 'warning', series, problem });
      };
      let index = (await openIndex(folder.root, source.sha256)) ?? emptyIndex(source, kind);
      const before = index.series.length;
      let kept = 0;
      const known = (read: Omit<SeriesRead, 'volume'>): boolean => {
        const is = index.series.some((one) => isSame(one, read.stack, placeOf(read)));
        if (is) kept++;
        return is;
      };
      const taken = new Map(index.series.map(({ id, forPerson }) => [id, forPerson.place]));
      const options = { only: request.only, chooser: openChooser(choiceOf(request)), known, taken };
      for await (const read of readEach(request.inputs, request.force, emit, leaveOut, options)) {
        const more = await withSeries(folder.root, index, read, source, emit).catch((error: unknown) => {
          if (!(error instanceof LimpidError) || !OF_A_SERIES.includes(error.code)) throw error;
          leaveOut(read.stack.id, problemFrom(error));
          return null;
        });
        if (more === null) continue;
        index = more;
        await folder.confirm();
        await folder.write(INDEX_FILE, `${JSON.stringify(index)}\n`);
      }
      if (index.series.length === before && kept === 0) throw fault('E_NOTHING/unreadable');
      const added = index.series.length - before;
      return {
        type: 'result',
        command: 'index',
        exitCode: problems.length > 0 ? EXIT.failed : EXIT.done,
        family: source.model.card.family,
        added,
        kept,
        series: index.series.length,
        slices: index.rows,
        problems: problems.map(withoutPlace),
      };
    } finally {
      await folder.release();
    }
  } finally {
    await source.close();
  }
}

/** What keeps one series from being described, and no other. */
const OF_A_SERIES: readonly string[] = ['E_TOO_SMALL', 'E_VALUES', 'E_MODEL', 'E_TOO_FEW'];

function emptyIndex({ model, sha256 }: ModelSource, kind: LatentIndex['vectors']['kind']): LatentIndex {
  return {
    format: 'limpid-index-1',
    notice: NOTICE,
    version: VERSION,
    model: { family: model.card.family, sha256 },
    vectors: { length: 0, kind },
    thumbnail: THUMBNAIL_SIDE,
    rows: 0,
    series: [],
  };
}

async function withSeries(
  folder: string,
  index: LatentIndex,
  read: SeriesRead,
  { model }: ModelSource,
  emit: Emit,
): Promise<LatentIndex> {
  const { data, length, places, stacks } = await describeSeries(model, [read], emit);
  const [stack] = stacks;
  if (index.rows > 0 && length !== index.vectors.length)
    throw fault('E_INDEX/damaged', { field: 'vectors.length', expected: String(length) }, folder);
  const known = { ...index, vectors: { ...index.vectors, length } };
  await appendRows(folder, known, data, thumbnailsOf(stack));
  const { id, seriesInstanceUid, modality, forPerson } = read.stack;
  const added = {
    id,
    seriesInstanceUid,
    modality,
    slices: stack.slices,
    frames: stack.frames,
    first: index.rows,
    vectorsSha256: hashOfVectors(data),
    forPerson: { place: placeOf(read), description: forPerson.description },
  };
  return { ...known, rows: index.rows + places.length, series: [...index.series, added] };
}

/** Absolute, of its first file. */
export function placeOf({ stack, given }: Omit<SeriesRead, 'volume'>): string {
  return path.resolve(stack.forPerson.places[0] ?? given);
}

/** Every plane as a small square, 0 to 255. */
export function thumbnailsOf({ values, rows, columns, slices, frames }: ScaledStack): Uint8Array {
  const area = THUMBNAIL_SIDE ** 2;
  const out = new Uint8Array(slices * frames * area);
  for (let plane = 0; plane < slices * frames; plane++) {
    const whole = values.subarray(plane * rows * columns, (plane + 1) * rows * columns);
    const small = squarePlane(whole, rows, columns, THUMBNAIL_SIDE);
    for (let i = 0; i < area; i++)
      out[plane * area + i] = Math.round(255 * Math.min(1, Math.max(0, small[i])));
  }
  return out;
}
