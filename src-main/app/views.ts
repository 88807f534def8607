import { sha256 } from '../base/files.js';
import { jsonFile } from '../base/json-file.js';
import { fault } from '../contract/errors.js';
import { object, orElse, read, shortList, text } from '../contract/schema/schema.js';
import { Arrangement, KeptView } from '../contract/viewing.js';
import type { OpenInput, SeriesCard, SeriesKey } from '../contract/window/opened.js';

/** Series whose views are kept, those looked at last. */
const MOST_VIEWS = 500;

const Saved = object({
  views: orElse(shortList(object({ series: text, view: KeptView })), []),
  arrangements: orElse(shortList(Arrangement), []),
});

export interface Views {
  /** null also for a series that was closed: a window may ask for it a moment too late. */
  kept(series: SeriesKey): Promise<KeptView | null>;
  /** @throws LimpidError E_NOT_FOUND for a series that is not open; E_IO */
  keep(series: SeriesKey, view: KeptView): Promise<void>;
  arrangements(): Promise<readonly Arrangement[]>;
  /** @throws LimpidError E_IO */
  keepArrangements(arrangements: readonly Arrangement[]): Promise<void>;
}

/** How series were looked at, in one file of the data folder; what cannot be read of it is forgotten. */
export function openViews(file: string, inputs: () => readonly OpenInput[]): Views {
  const disk = jsonFile(file);
  const nameOf = (key: SeriesKey): string | null => {
    for (const { paths, series } of inputs()) {
      const card = series.find((one) => one.key === key);
      if (card !== undefined) return hashOf(card, paths);
    }
    return null;
  };
  interface Loaded {
    readonly views: Map<string, KeptView>;
    arrangements: readonly Arrangement[];
  }
  let loading: Promise<Loaded> | null = null;
  const load = (): Promise<Loaded> => {
    loading ??= disk.read().then((data) => {
      const saved = read(Saved, data);
      const { views, arrangements } = saved.fits ? saved.value : { views: [], arrangements: [] };
      return { views: new Map(views.map(({ series, view }) => [series, view])), arrangements };
    });
    return loading;
  };
  const write = ({ views, arrangements }: Loaded): Promise<void> =>
    disk.write({ views: [...views].map(([series, view]) => ({ series, view })), arrangements });
  return {
    kept: async (key) => {
      const name = nameOf(key);
      return name === null ? null : ((await load()).views.get(name) ?? null);
    },
    async keep(key, view) {
      const name = nameOf(key);
      if (name === null) throw fault('E_NOT_FOUND/series-closed');
      const all = await load();
      const { views } = all;
      // A Map keeps the order of insertion: the oldest stand first.
      views.delete(name);
      views.set(name, view);
      for (const oldest of views.keys()) if (views.size > MOST_VIEWS) views.delete(oldest);
      await write(all);
    },
    arrangements: async () => (await load()).arrangements,
    async keepArrangements(arrangements) {
      const all = await load();
      all.arrangements = [...arrangements].sort((a, b) => a.name.localeCompare(b.name));
      await write(all);
    },
  };
}

/** What names a series on this machine, and tells nothing of it: of its UID, of an image without one its place. */
function hashOf({ seriesInstanceUid, id }: SeriesCard, paths: readonly string[]): string {
  const name = seriesInstanceUid === null ? [...paths, id] : [seriesInstanceUid, id];
  return sha256(JSON.stringify(name)).slice(0, 32);
}
