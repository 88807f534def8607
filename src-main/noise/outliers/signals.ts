import { sliceView, type Volume } from '../../imaging/volume.js';
import { meanPlane } from '../components.js';
import { tissueThreshold } from '../foreground.js';
import { sampledSlices } from '../planes.js';
import { median } from '../robust.js';

/** Logarithm of the mean signal of tissue, and which slices have tissue enough to tell. */
export interface SliceSignals {
  /** frames * slices. */
  readonly log: Float64Array;
  readonly frames: number;
  readonly slices: number;
  /** Slices with tissue, ascending. */
  readonly telling: readonly number[];
}

/** Pixels of tissue, and share of the plane, that a slice needs. */
const LEAST_PIXELS = 60;
const LEAST_SHARE = 0.01;

/** Signal of tissue, which the mean over time shows, of every slice of every frame. */
export function sliceSignals(volume: Volume): SliceSignals {
  const { frames, slices, columns, rows } = volume;
  const { level } = tissueThreshold(sampledSlices(slices).map((slice) => meanPlane(volume, slice)));
  const log = new Float64Array(frames * slices);
  const telling: number[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const { values } = meanPlane(volume, slice);
    const pixels = [...values.keys()].filter((i) => values[i] > level);
    if (pixels.length < Math.max(LEAST_PIXELS, LEAST_SHARE * columns * rows)) continue;
    telling.push(slice);
    for (let frame = 0; frame < frames; frame++) {
      const view = sliceView(volume, slice, frame);
      const sum = pixels.reduce((total, i) => total + Math.max(0, view[i]), 0);
      log[frame * slices + slice] = Math.log(Math.max(sum / pixels.length, Number.MIN_VALUE));
    }
  }
  return { log, frames, slices, telling };
}

/** Frames that one is held against. */
export interface Peers {
  readonly frames: readonly number[];
  /** Whether they are as bright: of a single b0 among diffusion images none is. */
  readonly alike: boolean;
}

const MOST_PEERS = 8;
const LEAST_PEERS = 3;
/** Logarithm of the brightness by which frames of one kind differ at most. */
const ALIKE = 0.35;

/** For each frame the others of most like brightness. */
export function peersOf({ log, frames, slices, telling }: SliceSignals): Peers[] {
  const bright = Array.from({ length: frames }, (_, frame) =>
    telling.length === 0 ? 0 : median(telling.map((slice) => log[frame * slices + slice])),
  );
  return bright.map((own, frame) => {
    const others = [...bright.keys()]
      .filter((other) => other !== frame)
      .sort((a, b) => Math.abs(bright[a] - own) - Math.abs(bright[b] - own));
    const near = others.filter((other) => Math.abs(bright[other] - own) < ALIKE);
    const alike = near.length >= LEAST_PEERS;
    return { frames: (alike ? near : others).slice(0, MOST_PEERS), alike };
  });
}
