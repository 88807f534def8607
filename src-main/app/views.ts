import { createHash } from 'node:crypto';
import { jsonFile } from '../base/json-file.js';
import { KeptView, type OpenInput, type SeriesCard, type SeriesKey } from '../contract/app.js';
import { fault } from '../contract/errors.js';
import { object, orElse, read, shortList, text } from '../contract/schema.js';

/** Series whose views are kept, those looked at last. */
const MOST_VIEWS = 500;

const Saved = object({ views: orElse(shortList(object({ series: text, view: KeptView })), []) });

export interface Views {
  /** @throws LimpidError E_NOT_FOUND for a series that is not open */
  kept(series: SeriesKey): Promise<KeptView | null>;
  /** @throws LimpidError E_NOT_FOUND for a series that is not open; E_IO */
  keep(series: SeriesKey, view: KeptView): Promise<void>;
}

/** How series were looked at, in one file of the data folder; what cannot be read of it is forgotten. */
export function openViews(file: string, inputs: () => readonly OpenInput[]): Views {
  const disk = jsonFile(file);
  const nameOf = (key: SeriesKey): string => {
    for (const { paths, series } of inputs()) {
      const card = series.find((one) => one.key === key);
      if (card !== undefined) return hashOf(card, paths);
    }
    throw fault('E_NOT_FOUND/series-closed');
  };
  let loaded: Promise<Map<string, KeptView>> | null = null;
  const load = (): Promise<Map<string, KeptView>> => {
    loaded ??= disk.read().then((data) => {
      const saved = read(Saved, data);
      return new Map(saved.fits ? saved.value.views.map(({ series, view }) => [series, view]) : []);
    });
    return loaded;
  };
  return {
    kept: async (key) => {
      const name = nameOf(key);
      return (await load()).get(name) ?? null;
    },
    async keep(key, view) {
      const name = nameOf(key);
      const views = await load();
      // A Map keeps the order of insertion: the oldest stand first.
      views.delete(name);
      views.set(name, view);
      for (const oldest of views.keys()) if (views.size > MOST_VIEWS) views.delete(oldest);
      await disk.write({ views: [...views].map(([series, one]) => ({ series, view: one })) });
    },
  };
}

/** What names a series on this machine, and tells nothing of it: of its UID, of an image without one its place. */
function hashOf({ seriesInstanceUid, id }: SeriesCard, paths: readonly string[]): string {
  const name = seriesInstanceUid === null ? [...paths, id] : [seriesInstanceUid, id];
  return createHash('sha256').update(JSON.stringify(name)).digest('hex').slice(0, 32);
}
