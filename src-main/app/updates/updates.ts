import gt from 'semver/functions/gt.js';
import valid from 'semver/functions/valid.js';
import { jsonFile } from '../../base/json-file.js';
import { VERSION } from '../../base/version.js';
import { fault, problemFrom } from '../../contract/errors.js';
import { filled, nullOr, type Of, object, read } from '../../contract/schema/schema.js';
import type { AppApi } from '../../contract/window/app.js';
import { Announced, type UpdateView } from '../../contract/window/updates.js';
import { readPlace } from './read.js';

const DAY_MS = 86_400_000;

const Kept = object({ at: filled, time: filled, announced: nullOr(Announced) });

/**
 * Looks for a version that is newer than this one at an address or in a file. Nothing is fetched beside that file, and
 * nothing installed.
 *
 * @returns the view; what cannot be read is told in it
 */
export async function lookForUpdate(place: string): Promise<UpdateView> {
  const time = new Date().toISOString();
  try {
    const { text, at } = await readPlace(place);
    // Loaded only where it is asked for: hardly any start of a command needs to read YAML.
    const { readAnnouncement } = await import('./announcement.js');
    return viewOf({ at: place, time, announced: readAnnouncement(text, at) });
  } catch (error) {
    return { ...viewOf({ at: place, time, announced: null }), problem: problemFrom(error) };
  }
}

export interface Updates {
  readonly api: Pick<AppApi, 'updates' | 'lookForUpdates'>;
  /** To be called at the start and when the settings changed: looks where that is due, and once a day from then on. */
  plan(): void;
  close(): void;
}

/**
 * What a window knows of newer versions. Nothing is looked for unless the settings name a place; then at most once in
 * 24 hours, over restarts too, and whenever a person asks.
 *
 * @param options.file where it is kept when and what was found last
 */
export async function openUpdates(options: {
  readonly file: string;
  readonly place: () => string | null;
  readonly onFound: (view: UpdateView) => void;
}): Promise<Updates> {
  const disk = jsonFile(options.file);
  // Of no worth to a person: what cannot be read is looked for again.
  const kept = read(Kept, await disk.read());
  let last = kept.fits ? viewOf(kept.value) : null;
  let timer: NodeJS.Timeout | null = null;

  const known = (): UpdateView | null => (last !== null && last.at === options.place() ? last : null);
  const looked = async (place: string): Promise<UpdateView> => {
    const found = await lookForUpdate(place);
    last = found;
    options.onFound(found);
    const { at, time, announced } = found;
    await disk.write({ at, time, announced });
    return found;
  };
  let looking: { readonly place: string; readonly view: Promise<UpdateView> } | null = null;
  /** A place that is looked at already is not asked a second time. */
  const look = (place: string): Promise<UpdateView> => {
    if (looking?.place === place) return looking.view;
    const now = { place, view: looked(place) };
    looking = now;
    const over = () => {
      if (looking === now) looking = null;
    };
    now.view.then(over, over);
    return now.view;
  };
  const stop = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };
  const plan = (): void => {
    stop();
    const place = options.place();
    if (place === null) return;
    const since = Date.now() - Date.parse(known()?.time ?? '');
    // A clock that was set back, or no time at all, is no reason to wait longer than a day.
    const wait = since >= 0 ? Math.max(0, DAY_MS - since) : known() === null ? 0 : DAY_MS;
    timer = setTimeout(() => {
      // The disk may refuse to keep it: then it is looked for again at the next start.
      void look(place).then(plan, plan);
    }, wait).unref();
  };
  return {
    api: {
      updates: async () => known(),
      async lookForUpdates() {
        const place = options.place();
        if (place === null) throw fault('E_USAGE/no-update-place');
        const found = await look(place);
        plan();
        return found;
      },
    },
    plan,
    close: stop,
  };
}

/** @param kept may come from a file that is not whole: what is no version is not newer */
function viewOf(kept: Of<typeof Kept>): UpdateView {
  const version = kept.announced?.version ?? '';
  return { ...kept, isNewer: valid(version) !== null && gt(version, VERSION), problem: null };
}
