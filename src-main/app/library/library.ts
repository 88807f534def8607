import * as path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { isInside } from '../../base/files.js';
import { threadsAllowed } from '../../base/threads.js';
import { fault, type Problem, problemFrom } from '../../contract/errors.js';
import type { Rule } from '../../contract/requests/rules.js';
import type { TagEntry } from '../../contract/viewing.js';
import {
  type InputId,
  type MeasuredNoise,
  type OpenInput,
  openingSlice,
  type SeriesCard,
  type SeriesKey,
} from '../../contract/window/opened.js';
import type { RuleMatch } from '../../contract/window/rules.js';
import { DecodePool } from '../../dicom/codec/decode.js';
import type { Volume } from '../../imaging/volume.js';
import { documentAbout } from './documents.js';
import { labelsAt } from './labels.js';
import { Lru } from './lru.js';
import { noiseMeter } from './measure.js';
import type { DocumentAbout, Frame } from './protocol.js';
import { readInput } from './read-input.js';
import { matchRules } from './rules.js';
import type { Shown } from './shown.js';
import { thumbnailPng } from './thumbnail.js';

const FRAME_BYTES = 128 * 2 ** 20;
const VOLUME_BYTES = 2 ** 30;
/** Longest sides of small pictures, pixels: of a series, and of one of its slices. */
const THUMBNAIL_SIZE = 128;
const SLICE_SIZE = 256;
const MASK_BYTES = 256 * 2 ** 20;
const THUMBNAIL_BYTES = 16 * 2 ** 20;
/** Refused files that are listed; the rest is counted. */
const MOST_PROBLEMS = 1000;
/** Milliseconds between two messages of a scan. */
const PROGRESS_MS = 100;

interface Entry {
  input: OpenInput;
  shown: readonly Shown[];
  problems: readonly Problem[];
  /** Folders that were moved away since it was opened. */
  readonly gone: Set<string>;
  /** What lies in these folders alone. */
  hidden: ReadonlySet<Shown | Problem>;
  readonly abort: AbortController;
  close: () => Promise<void>;
}

export interface Library {
  /** Returns at once; what is found is told. */
  open(input: InputId, paths: readonly string[]): void;
  close(input: InputId): Promise<void>;
  /** Takes what lies in a folder that was moved away off the inputs that hold it; `isBack`: puts it there again. */
  moved(folder: string, isBack: boolean): Promise<void>;
  /** @throws LimpidError E_NOT_FOUND and those of reading and decoding */
  frame(series: SeriesKey, index: number): Promise<Frame>;
  /** PNG of the middle of a series. @throws as `frame` */
  thumbnail(series: SeriesKey): Promise<Uint8Array>;
  /** PNG of one plane. @throws as `frame` */
  slice(series: SeriesKey, index: number): Promise<Uint8Array>;
  /** Elements of the file that holds a plane. @throws LimpidError E_NOT_FOUND and those of reading */
  tags(series: SeriesKey, index: number): Promise<readonly TagEntry[]>;
  /**
   * What masks say of the pixels of a slice.
   *
   * @param place of a mask or a folder of these
   * @returns rows * columns numbers; 0: of no segment
   * @throws LimpidError E_LABELS for masks of other voxels; E_NOT_FOUND and those of reading
   */
  labels(series: SeriesKey, place: string, slice: number): Promise<Uint8Array>;
  /** A DICOM file. @throws LimpidError E_NOT_FOUND, E_NOT_ELIGIBLE, E_UID and those of reading */
  document(about: DocumentAbout): Promise<Uint8Array>;
  /** @throws LimpidError E_NOT_FOUND */
  noise(series: SeriesKey): Promise<MeasuredNoise>;
  /** @throws LimpidError E_USAGE for a condition that is wrong */
  rules(rules: readonly Rule[]): Promise<readonly RuleMatch[]>;
}

/** The open inputs of the app: what they hold, and their pixels on demand. `tell` hears each change of an input. */
export function openLibrary(tell: (input: OpenInput) => void): Library {
  const pool = new DecodePool({ threads: Math.max(1, Math.min(2, threadsAllowed() - 1)) });
  const entries = new Map<InputId, Entry>();
  const frames = new Lru<Frame>(FRAME_BYTES);
  const volumes = new Lru<Volume>(VOLUME_BYTES);
  const thumbnails = new Lru<Uint8Array>(THUMBNAIL_BYTES);
  const masks = new Lru<Uint8Array>(MASK_BYTES);
  const pending = new Map<string, Promise<Frame>>();
  const noises = new Map<SeriesKey, Promise<MeasuredNoise>>();
  /** Planes that a viewer waits for. */
  const wanted = new Set<Promise<Frame>>();
  const measure = noiseMeter();

  const find = (key: SeriesKey): Shown => {
    const shown = visible(entries.get(inputOf(key))).find(({ card }) => card.key === key);
    if (shown === undefined) throw fault('E_NOT_FOUND/series-closed');
    return shown;
  };

  const load = async (entry: Entry): Promise<void> => {
    const { id, paths } = entry.input;
    const meter = everyFew((filesSeen: number) => {
      entry.input = { ...entry.input, filesSeen };
      tell(entry.input);
    });
    try {
      const options = { pool, volumes, signal: entry.abort.signal, onProgress: meter };
      const content = await readInput(id, paths, options);
      if (entry.abort.signal.aborted) return await content.close();
      entry.shown = content.shown;
      entry.problems = content.problems;
      entry.close = content.close;
      await hideGone(entry);
      entry.input = {
        ...entry.input,
        ...readyState(entry),
        filesSeen: content.filesSeen,
        others: content.others,
      };
      pair(entries, tell, entry);
      // Its picture is wanted next, in the list and by who opens it: it is read while the window draws the list.
      const first = visible(entry).find(({ card }) => card.viewable);
      // Who asks for it hears why it cannot be had.
      if (first !== undefined) await read(first.card.key, openingSlice(first.card)).catch(() => undefined);
    } catch (error) {
      if (entry.abort.signal.aborted) return;
      entry.input = { ...entry.input, state: 'failed', problem: problemFrom(error) };
      tell(entry.input);
    }
  };

  const read = async (key: SeriesKey, index: number): Promise<Frame> => {
    const shown = find(key);
    const name = `${key}/${index}`;
    const known = frames.get(name);
    if (known !== undefined) return known;
    const asked = pending.get(name);
    if (asked !== undefined) return asked;
    const reading = shown
      .plane(index)
      .then((frame) => {
        // It may have been closed meanwhile.
        if (entries.has(inputOf(key))) frames.set(name, frame, frame.pixels.byteLength);
        return frame;
      })
      .finally(() => pending.delete(name));
    pending.set(name, reading);
    return reading;
  };

  /** What a person looks at comes before what stands small beside it; what is asked for later does not hold it up. */
  const afterWanted = async (): Promise<void> => {
    await setImmediate();
    await Promise.allSettled([...wanted]);
  };

  const small = async (key: SeriesKey, index: number, size: number): Promise<Uint8Array> => {
    const name = `${key}/${index}/${size}`;
    const known = thumbnails.get(name);
    if (known !== undefined) return known;
    const { card } = find(key);
    const frame = await read(key, index);
    await afterWanted();
    const png = thumbnailPng(frame, {
      size,
      spacing: [card.spacing[0], card.spacing[1]],
      window: frame.header.windows[0] ?? card.windows[0] ?? null,
      inverted: card.inverted,
    });
    thumbnails.set(name, png, png.length);
    return png;
  };

  return {
    open(id, paths) {
      const entry: Entry = {
        input: scanning(id, paths),
        shown: [],
        problems: [],
        gone: new Set(),
        hidden: new Set(),
        abort: new AbortController(),
        close: async () => {},
      };
      entries.set(id, entry);
      tell(entry.input);
      void load(entry);
    },
    async close(id) {
      const entry = entries.get(id);
      if (entry === undefined) return;
      entry.abort.abort();
      entries.delete(id);
      for (const kept of [frames, volumes, thumbnails, masks]) kept.deleteAll(`${id}.`);
      for (const key of noises.keys()) if (key.startsWith(`${id}.`)) noises.delete(key);
      await entry.close();
    },
    async moved(folder, isBack) {
      for (const entry of [...entries.values()]) {
        if (isBack ? !entry.gone.delete(folder) : entry.gone.has(folder)) continue;
        if (!isBack) entry.gone.add(folder);
        const before = entry.hidden;
        await hideGone(entry);
        // Most inputs hold nothing of it; one that is being read looks for itself when it is done.
        if (entry.input.state !== 'ready' || (before.size === 0 && entry.hidden.size === 0)) continue;
        entry.input = { ...entry.input, ...readyState(entry) };
        pair(entries, tell, entry);
      }
    },
    async frame(key, index) {
      const reading = read(key, index);
      wanted.add(reading);
      try {
        return await reading;
      } finally {
        wanted.delete(reading);
      }
    },
    thumbnail: async (key) => small(key, openingSlice(find(key).card), THUMBNAIL_SIZE),
    slice: async (key, index) => small(key, index, SLICE_SIZE),
    tags: async (key, index) => find(key).tags(index),
    async labels(key, place, slice) {
      const { grid } = find(key);
      if (grid === null || slice >= grid.slices) throw fault('E_NOT_FOUND/series-frame');
      const name = `${key}/${place}`;
      let labels = masks.get(name);
      if (labels === undefined) {
        labels = await labelsAt(place, grid);
        masks.set(name, labels, labels.byteLength);
      }
      const area = grid.rows * grid.columns;
      return labels.slice(slice * area, (slice + 1) * area);
    },
    document: async (about) => documentAbout(about, find),
    async noise(key) {
      const shown = find(key);
      const signal = entries.get(inputOf(key))?.abort.signal ?? AbortSignal.abort();
      const measured = noises.get(key) ?? measure(() => shown.volume(), shown.card.modality, signal);
      noises.set(key, measured);
      return measured;
    },
    async rules(rules) {
      const matches: RuleMatch[] = [];
      for (const entry of [...entries.values()]) matches.push(...(await matchRules(rules, visible(entry))));
      return matches;
    },
  };
}

function inputOf(key: SeriesKey): InputId {
  return key.split('.')[0];
}

function scanning(id: InputId, paths: readonly string[]): OpenInput {
  return {
    id,
    paths,
    state: 'scanning',
    filesSeen: 0,
    series: [],
    problems: [],
    refused: 0,
    others: 0,
    problem: null,
  };
}

/** What a person sees of an input. */
function visible(entry: Entry | undefined): readonly Shown[] {
  return entry?.shown.filter((one) => !entry.hidden.has(one)) ?? [];
}

/** Finds what of an input lies in folders that were moved away; a folder is asked once, whatever lies in it. */
async function hideGone(entry: Entry): Promise<void> {
  const known = new Map<string, boolean>();
  const isGone = async (file: string): Promise<boolean> => {
    const folder = path.dirname(file);
    let gone = known.get(folder);
    if (gone === undefined) {
      gone = false;
      for (const one of entry.gone) gone ||= await isInside(folder, one);
      known.set(folder, gone);
    }
    return gone;
  };
  const hidden = new Set<Shown | Problem>();
  if (entry.gone.size > 0) {
    for (const one of entry.shown) {
      let all = true;
      for (const file of one.files) all &&= await isGone(file);
      if (all) hidden.add(one);
    }
    for (const one of entry.problems)
      if (one.place !== undefined && one.place !== null && (await isGone(one.place))) hidden.add(one);
  }
  entry.hidden = hidden;
}

function readyState(entry: Entry) {
  const problems = entry.problems.filter((one) => !entry.hidden.has(one));
  return {
    state: 'ready' as const,
    problems: problems.slice(0, MOST_PROBLEMS),
    refused: problems.length,
  };
}

/**
 * Says of every derived series which open series it was made from. A file that names images only is paired through
 * the series that holds them, so a source that is opened later changes the cards of what came before it.
 */
function pair(entries: ReadonlyMap<InputId, Entry>, tell: (input: OpenInput) => void, changed: Entry): void {
  const seriesOf = new Map<string, string>();
  for (const one of entries.values())
    for (const { card, images } of visible(one))
      if (card.seriesInstanceUid !== null)
        for (const image of images) seriesOf.set(image, card.seriesInstanceUid);
  for (const entry of entries.values()) {
    const series = visible(entry).map((one) => withSource(one, seriesOf));
    const same = series.every(({ derivedFrom }, i) => derivedFrom === entry.input.series[i]?.derivedFrom);
    if (same && entry !== changed) continue;
    entry.input = { ...entry.input, series };
    tell(entry.input);
  }
}

function withSource(shown: Shown, seriesOf: ReadonlyMap<string, string>): SeriesCard {
  const named = shown.sourceImages.map((image) => seriesOf.get(image)).find((uid) => uid !== undefined);
  return { ...shown.card, derivedFrom: named ?? shown.sourceSeries[0] ?? null };
}

/** At most one call in PROGRESS_MS. */
function everyFew<T>(call: (value: T) => void): (value: T) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (value) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    call(value);
  };
}
