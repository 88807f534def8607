import { cutBox, wholeBox } from '../../imaging/box.js';
import type { Volume } from '../../imaging/volume.js';
import type { Decode } from '../codec/decode.js';
import type { Series } from './series.js';
import { isTurned, loadVolume } from './volume.js';

/** Some slices of a series. */
export interface LoadedPart {
  readonly volume: Volume;
  /** SHA-256 of the files that were read, by their index in `series.instances`. */
  readonly hashes: ReadonlyMap<number, string>;
}

/**
 * Whether some slices of a series can be read without the others, and come out as they do with them: an image a file,
 * and not turned, since that takes the largest value of all.
 */
export function isReadInParts({ eligible, instances }: Series): boolean {
  return (
    eligible &&
    instances.every(
      (instance) => instance.numberOfFrames === 1 && instance.part === null && !isTurned(instance),
    )
  );
}

/**
 * Reads slices [from, to) of a series that is read in parts, as `loadVolume` reads all.
 *
 * @throws LimpidError as loadVolume
 */
export async function loadPart(
  series: Series,
  decode: Decode,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<LoadedPart> {
  const { missing } = series.geometry;
  // missing slices are filled from the nearest on both sides
  let [first, end] = [from, to];
  while (missing.includes(first)) first--;
  while (missing.includes(end - 1)) end++;
  const indices = [...series.slots.keys()].filter((i) => {
    const { slice } = series.slots[i];
    return slice >= first && slice < end;
  });
  const part: Series = {
    ...series,
    instances: indices.map((i) => series.instances[i]),
    slots: indices.map((i) => ({ ...series.slots[i], slice: series.slots[i].slice - first })),
    geometry: {
      ...series.geometry,
      slices: end - first,
      missing: missing.filter((slice) => slice >= first && slice < end).map((slice) => slice - first),
    },
  };
  const { volume, hashes } = await loadVolume(part, decode);
  return {
    volume:
      first === from && end === to
        ? volume
        : cutBox(volume, { ...wholeBox(volume), slice: from - first, slices: to - from }),
    hashes: new Map(indices.map((index, k) => [index, hashes[k]])),
  };
}
