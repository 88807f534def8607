import type { Volume } from '../../imaging/volume.js';
import type { FrameOutliers } from '../noise-estimate.js';
import { Profiles } from './displaced.js';
import { dropOuts } from './drop-outs.js';
import { type Peers, peersOf, signalsOf, tissueLevel } from './signals.js';
import { stripedFrames } from './spikes.js';

/** Fewer frames do not tell which of them is the odd one. */
export const LEAST_JUDGED = 5;

/**
 * Frames of a series that are unlike the others, each with what is wrong: slices that lost signal or have stripes, and
 * heavy displacement. A frame is held against those of most like brightness, so that strong diffusion weighting, which
 * takes signal of all slices, is no loss. Nothing is said of series of fewer than five frames.
 *
 * @param volume magnitudes: parts of complex images change with their phase
 */
export function frameOutliers(volume: Volume): FrameOutliers[] {
  const search = new OutlierSearch(volume, volume.slices);
  search.add(volume, 0);
  return search.found();
}

/** The same of a series that is looked at part by part; what is found does not depend on the parts. */
export class OutlierSearch {
  readonly #level: number;
  readonly #peers: readonly Peers[];
  readonly #slices: number;
  readonly #spacing: Volume['spacing'];
  readonly #log: Float64Array;
  readonly #telling: number[] = [];
  readonly #striped: number[][];
  readonly #profiles: Profiles;

  /**
   * @param sampled all frames of the slices that `sampledSlices` has of the series, at the places it has of this volume
   * @param slices of the series
   */
  constructor(sampled: Volume, slices: number) {
    const { frames, columns, rows } = sampled;
    const judged = frames >= LEAST_JUDGED;
    this.#slices = slices;
    this.#spacing = sampled.spacing;
    this.#level = judged ? tissueLevel(sampled) : 0;
    this.#peers = judged ? peersOf(sampled, this.#level) : [];
    this.#log = new Float64Array(frames * slices);
    this.#striped = Array.from({ length: frames }, () => []);
    this.#profiles = new Profiles(frames, [columns, rows, slices]);
  }

  /** Looks at some slices, all frames, the first of which is `from`; each slice is to be given once, ascending. */
  add(part: Volume, from: number): void {
    if (this.#peers.length === 0) return;
    for (let slice = 0; slice < part.slices; slice++) {
      const place = from + slice;
      const signals = signalsOf(part, slice, this.#level);
      if (signals !== null) this.#telling.push(place);
      signals?.forEach((log, frame) => {
        this.#log[frame * this.#slices + place] = log;
      });
      for (const frame of stripedFrames(part, slice, this.#peers)) this.#striped[frame].push(place);
    }
    this.#profiles.add(part, from);
  }

  found(): FrameOutliers[] {
    if (this.#peers.length === 0) return [];
    const peers = this.#peers;
    const frames = peers.length;
    const lost = dropOuts({ log: this.#log, frames, slices: this.#slices, telling: this.#telling }, peers);
    const moved = this.#profiles.displacements(peers, this.#spacing);
    return peers
      .map((_, frame) => ({
        frame,
        dropOuts: lost[frame],
        spikes: this.#striped[frame],
        displaced: moved[frame],
      }))
      .filter((one) => one.dropOuts.length > 0 || one.spikes.length > 0 || one.displaced !== null);
  }
}
