import * as path from 'node:path';
import { sha256 } from '../../base/files.js';
import { type Problem, problemFrom } from '../../contract/errors.js';
import type { InputId } from '../../contract/window/opened.js';
import type { DecodePool } from '../../dicom/codec/decode.js';
import { readHeader } from '../../dicom/files/header.js';
import type { Source, SourceFile } from '../../dicom/files/source.js';
import { openSource } from '../../dicom/files/sources.js';
import { type Details, readDetails } from '../../dicom/read/details.js';
import { isParametricMap, type MapInstance, readMapInstance } from '../../dicom/read/parametric-map-read.js';
import { complexHalves } from '../../dicom/series/complex.js';
import { scan } from '../../dicom/series/scan.js';
import type { Volume } from '../../imaging/volume.js';
import { contentOf } from '../../series/nifti/computed.js';
import { bValuesOf, type FoundNifti, NiftiFinder } from '../../series/nifti/finder.js';
import { isOwnNifti, loadFoundNifti, namedNifti } from '../../series/nifti-input.js';
import { isNiftiFile } from '../../series/open-input.js';
import type { Lru } from './lru.js';
import { type Shown, shownMaps, shownNifti, shownSeries } from './shown.js';

export interface InputContent {
  readonly shown: readonly Shown[];
  readonly problems: readonly Problem[];
  readonly filesSeen: number;
  /** Files that are no images and do not claim to be. */
  readonly others: number;
  /** Ends what the input holds open (zip archives). */
  close(): Promise<void>;
}

export interface ReadOptions {
  readonly pool: DecodePool;
  /** NIfTI volumes, by size in bytes: read again where forgotten. */
  readonly volumes: Lru<Volume>;
  readonly signal: AbortSignal;
  readonly onProgress: (filesSeen: number) => void;
}

/**
 * Reads the headers of everything at the paths. DICOM files given one by one are grouped as one source.
 *
 * @throws LimpidError E_NOT_FOUND and others of opening, E_CANCELLED
 */
export async function readInput(
  input: InputId,
  paths: readonly string[],
  options: ReadOptions,
): Promise<InputContent> {
  const named: string[] = [];
  for (const one of paths) if (await isNiftiFile(one)) named.push(one);
  const source = await openAll(paths.filter((one) => !named.includes(one)));
  try {
    const claimed = new Claims();
    const found = await scan(source, {
      signal: options.signal,
      onProgress: options.onProgress,
      decode: options.pool.decode,
      claim: (file, bytes, isImage) => claimed.take(file, bytes, isImage),
    });
    const { images, problems: refused } = claimed.niftis.all();
    // Reports and plans lie beside images everywhere; one is refused only where a person opened it by itself.
    const isOther = ({ reason }: Problem) =>
      source.kind !== 'file' &&
      (reason === 'E_NOT_ELIGIBLE/no-image' || reason === 'E_NOT_ELIGIBLE/real-pixels');
    const wanted = found.problems.filter((one) => !isOther(one));
    const problems: Problem[] = [...claimed.problems, ...refused, ...wanted, ...found.passedOver];
    const shown: Shown[] = [];
    const attempt = async (place: string, make: () => Promise<Shown>) => {
      try {
        shown.push(withFile(await make(), place, paths));
      } catch (error) {
        problems.push(problemFrom(error, place));
      }
    };
    const halves = complexHalves(found.series);
    for (const series of found.series)
      await attempt(series.instances[0].file.place, async () => {
        const details = await detailsOf(series.instances[0].file);
        return shownSeries(input, series, details, halves.get(series.id), options.pool);
      });
    for (const maps of claimed.maps()) await attempt(maps[0].file.place, () => mapSeries(input, maps));
    for (const [i, place] of named.entries())
      await attempt(place, async () => nifti(input, i + 1, await namedNifti(place), options));
    for (const [i, image] of images.entries())
      await attempt(image.place, () => nifti(input, named.length + i + 1, image, options));
    const filesSeen = found.filesSeen + named.length;
    const others = found.others + found.problems.length - wanted.length;
    return { shown, problems, filesSeen, others, close: () => source.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** With the path of its first file, by which a person may look for it. */
function withFile(shown: Shown, place: string, paths: readonly string[]): Shown {
  const input = paths.find((one) => place === one || place.startsWith(one + path.sep)) ?? place;
  const file = path.relative(path.dirname(input), place);
  return { ...shown, card: { ...shown.card, forPerson: { ...shown.card.forPerson, file } } };
}

/** Files of a scan that are no classic images. */
class Claims {
  readonly niftis = new NiftiFinder();
  readonly problems: Problem[] = [];
  readonly #maps = new Map<string, MapInstance[]>();

  take(file: SourceFile, bytes: Uint8Array, isImage: boolean): boolean {
    if (this.niftis.take(file, bytes, isImage)) return true;
    try {
      if (!isParametricMap(bytes)) return false;
      const map = readMapInstance(file, bytes);
      const key = `${map.seriesInstanceUid} ${map.rows}x${map.columns}x${map.order.length}`;
      this.#maps.set(key, [...(this.#maps.get(key) ?? []), map]);
    } catch (error) {
      this.problems.push(problemFrom(error, file.place));
    }
    return true;
  }

  /** Files by name: that is how they were numbered. */
  maps(): MapInstance[][] {
    return [...this.#maps.values()].map((maps) =>
      maps.sort((a, b) => (a.file.place < b.file.place ? -1 : 1)),
    );
  }
}

async function mapSeries(input: InputId, maps: readonly MapInstance[]): Promise<Shown> {
  const first = maps[0];
  const id = sha256(`${first.seriesInstanceUid}\0map ${first.order.length}`).slice(0, 12);
  return shownMaps(input, id, maps, await detailsOf(first.file));
}

async function detailsOf(file: SourceFile): Promise<Details> {
  const { bytes, walked } = await readHeader(file);
  return readDetails(bytes, walked);
}

async function nifti(
  input: InputId,
  number: number,
  found: FoundNifti,
  { volumes }: ReadOptions,
): Promise<Shown> {
  const key = `${input}.nifti-${number}`;
  const load = async () => {
    const known = volumes.get(key);
    if (known !== undefined) return known;
    const { volume } = await loadFoundNifti(found);
    volumes.set(key, volume, volume.data.byteLength);
    return volume;
  };
  const volume = await load();
  const bValues = await bValuesOf(found);
  const content = await contentOf(found, false);
  return shownNifti(input, number, found, { volume, load, isOwn: isOwnNifti(found), bValues, content });
}

/** Several paths as one source. @throws LimpidError those of `openSource` */
async function openAll(paths: readonly string[]): Promise<Source> {
  const sources: Source[] = [];
  const close = async () => {
    for (const source of sources) await source.close();
  };
  try {
    for (const one of paths) sources.push(await openSource(one));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    root: '',
    kind: sources.length === 1 ? sources[0].kind : 'folder',
    async *files() {
      for (const source of sources) yield* source.files();
    },
    get passedOver() {
      return sources.flatMap((source) => source.passedOver);
    },
    close,
  };
}
