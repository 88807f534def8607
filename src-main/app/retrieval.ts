import { readIndex, readThumbnails } from '../analysis/retrieval/index-file.js';
import type { LatentIndex, LikeFound } from '../contract/encoders/retrieval.js';
import { errorFrom, fault, problemFrom } from '../contract/errors.js';
import type { LikeRequest } from '../contract/requests/encoders.js';
import type { AppApi } from '../contract/window/app.js';
import type { OpenInput } from '../contract/window/opened.js';
import type { Settings } from '../contract/window/settings.js';
import { grayPng } from '../imaging/png.js';
import type { RunningJob } from '../process/client.js';
import { listAllModels } from '../store/model-cards.js';

/** Series that are found. */
const MOST_FOUND = 12;

/**
 * Series like a slice. They do not wait for the queue, as the models do not: who looks at a slice wants the answer now.
 */
export function retrievalApi(options: {
  readonly settings: () => Pick<Settings, 'latentIndex' | 'device'>;
  readonly inputs: () => readonly OpenInput[];
  readonly compute: (request: LikeRequest) => Pick<RunningJob, 'result'>;
}): Pick<AppApi, 'latentIndex' | 'likeSlice'> {
  return {
    async latentIndex() {
      const folder = options.settings().latentIndex;
      if (folder === null) return { folder, known: null, problem: null };
      try {
        const index = await readIndex(folder);
        if (index === null) return { folder, known: null, problem: null };
        const model = await modelOf(index);
        const { family, sha256 } = index.model;
        const known = { family, model, series: index.series.length, slices: index.rows };
        const problem = model === null ? problemFrom(withoutModel(sha256, folder)) : null;
        return { folder, known, problem };
      } catch (error) {
        return { folder, known: null, problem: problemFrom(error) };
      }
    },
    async likeSlice(series, plane) {
      const { latentIndex: folder, device } = options.settings();
      const index = folder === null ? null : await readIndex(folder);
      if (folder === null || index === null) throw fault('E_INDEX/none', {}, folder ?? undefined);
      const model = await modelOf(index);
      if (model === null) throw withoutModel(index.model.sha256, folder);
      const request = { ...sourceOf(options.inputs(), series), slice: plane, index: folder, model, device };
      const asked = options.compute({ type: 'like', count: MOST_FOUND, pictures: null, ...request });
      const result = await asked.result;
      if ('stopped' in result) throw errorFrom(result.stopped);
      if (result.command !== 'like') throw fault('E_INTERNAL/models-answer');
      const thumbnails = await thumbnailsOf(folder, index, result.found);
      const found = result.found.map((one, i) => ({ ...one, thumbnail: thumbnails[i] ?? null }));
      return { searched: result.searched, found };
    },
  };
}

/** Id of the model that an index was made with; null: it is not on this machine. @throws LimpidError E_IO */
async function modelOf({ model }: LatentIndex): Promise<string | null> {
  return (await listAllModels()).find(({ sha256 }) => sha256 === model.sha256)?.id ?? null;
}

function withoutModel(sha256: string, folder: string): Error {
  return fault('E_INDEX/no-model', { start: sha256.slice(0, 12) }, folder);
}

/** @throws LimpidError E_NOT_FOUND for a series that is not open */
function sourceOf(inputs: readonly OpenInput[], key: string): Pick<LikeRequest, 'input' | 'series'> {
  for (const { paths, series } of inputs) {
    const card = series.find((one) => one.key === key);
    if (card !== undefined && paths[0] !== undefined) return { input: paths[0], series: [card.id] };
  }
  throw fault('E_NOT_FOUND/series-closed');
}

/** Of each that was found, a PNG in base64; null for what is in the index no more. @throws LimpidError E_INDEX, E_IO */
async function thumbnailsOf(
  folder: string,
  index: LatentIndex,
  found: readonly LikeFound[],
): Promise<(string | null)[]> {
  const pictures: (string | null)[] = [];
  for (const { series, slice, frame } of found) {
    const known = index.series.find(({ id }) => id === series);
    const rows = known === undefined ? [] : [known.first + frame * known.slices + slice];
    const [pixels] = await readThumbnails(folder, index, rows);
    if (pixels === undefined) {
      pictures.push(null);
      continue;
    }
    const png = grayPng(Float32Array.from(pixels), index.thumbnail, index.thumbnail, { low: 0, high: 255 });
    pictures.push(Buffer.from(png).toString('base64'));
  }
  return pictures;
}
