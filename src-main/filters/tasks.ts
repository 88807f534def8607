import { type BayesSettings, bayesSums } from './bayes.js';
import { type DctSettings, thresholdBlocks, wienerBlocks } from './dct.js';
import { type GuidedSettings, guidedMeans } from './guided.js';
import { mpPca, type PcaSettings } from './mppca.js';
import { type NlmSettings, nonLocalMeans } from './nlm.js';
import type { Grid, SliceRange } from './slab.js';

/** What to do with some slices of a frame (for MP-PCA: of all frames). */
export type Step =
  | { readonly name: 'nlm'; readonly settings: NlmSettings }
  | { readonly name: 'threshold'; readonly settings: DctSettings }
  | { readonly name: 'wiener'; readonly pilot: Float32Array; readonly settings: DctSettings }
  | { readonly name: 'guided'; readonly pilot: Float32Array; readonly settings: GuidedSettings }
  /** Writes sums and counts, as two frames, for reference patches that begin in slice `layer`; the range is the whole grid. */
  | {
      readonly name: 'bayes';
      readonly pilot: Float32Array;
      readonly layer: number;
      readonly settings: BayesSettings;
    }
  | { readonly name: 'mppca'; readonly frames: number; readonly settings: PcaSettings };

/** Plain data on shared memory, so that it goes to a thread without a copy. */
export interface SliceTask {
  readonly step: Step;
  readonly grid: Grid;
  readonly range: SliceRange;
  /** Values with noise of standard deviation 1. */
  readonly input: Float32Array;
  /** As long as the input; only the slices of the range are written. */
  readonly output: Float32Array;
}

export function runTask({ step, grid, range, input, output }: SliceTask): void {
  const area = grid.columns * grid.rows;
  const values = valuesOf(step, grid, range, input);
  const part = (range.to - range.from) * area;
  for (let frame = 0; frame * part < values.length; frame++)
    output.set(values.subarray(frame * part, (frame + 1) * part), (frame * grid.slices + range.from) * area);
}

function valuesOf(step: Step, grid: Grid, range: SliceRange, input: Float32Array): Float32Array {
  switch (step.name) {
    case 'nlm':
      return nonLocalMeans(input, grid, range, step.settings);
    case 'threshold':
      return thresholdBlocks(input, grid, range, step.settings);
    case 'wiener':
      return wienerBlocks(input, step.pilot, grid, range, step.settings);
    case 'guided':
      return guidedMeans(input, step.pilot, grid, range, step.settings);
    case 'bayes':
      return bayesSums(input, step.pilot, grid, step.layer, step.settings);
    case 'mppca':
      return mpPca(input, step.frames, grid, range, step.settings);
  }
}
