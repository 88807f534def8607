import { sliceView, type Volume } from '../../imaging/volume.js';
import { tissueThreshold } from '../foreground.js';
import { meanPlane, sampledSlices } from '../planes.js';
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

/** The value above which the mean over time is tissue. */
export function tissueLevel(volume: Volume): number {
  return tissueThreshold(sampledSlices(volume.slices).map((slice) => meanPlane(volume, slice))).level;
}

/**
 * Logarithm of the mean signal of tissue in one slice, frame by frame.
 *
 * @param level the mean over time is tissue above it
 * @returns null where there is too little tissue to tell
 */
export function signalsOf(volume: Volume, slice: number, level: number): Float64Array | null {
  const { values } = meanPlane(volume, slice);
  const pixels = [...values.keys()].filter((i) => values[i] > level);
  if (pixels.length < Math.max(LEAST_PIXELS, LEAST_SHARE * values.length)) return null;
  return Float64Array.from({ length: volume.frames }, (_, frame) => {
    const view = sliceView(volume, slice, frame);
    const sum = pixels.reduce((total, i) => total + Math.max(0, view[i]), 0);
    return Math.log(Math.max(sum / pixels.length, Number.MIN_VALUE));
  });
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

/** For each frame the others of most like brightness, as slices show it that an estimate of the noise looks at. */
export function peersOf(volume: Volume, level: number): Peers[] {
  const signals = sampledSlices(volume.slices).flatMap((slice) => signalsOf(volume, slice, level) ?? []);
  const { frames } = volume;
  const bright = Array.from({ length: frames }, (_, frame) =>
    signals.length === 0 ? 0 : median(signals.map((of) => of[frame])),
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
