import { Random } from '../../src-main/base/random.js';
import { rank4 } from '../../src-main/models/parameters.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import type { TrainedFamily } from '../../src-main/training/family.js';
import { splitBuffers } from '../../src-main/training/step.js';
import type { Images } from '../training/brain.js';

/** Squared errors over the hidden patches of images, by a masked autoencoder and by two fills. */
export interface MaskedErrors {
  readonly model: number;
  /** Mean of the visible pixels. */
  readonly mean: number;
  /** Nearest visible pixel. */
  readonly nearest: number;
}

/** Hides patches as in training, with one order for all that are compared. */
export async function maskedErrors(
  runtime: Runtime,
  { model, kept }: TrainedFamily,
  { data, count, size }: Images,
): Promise<MaskedErrors> {
  const patch = Number(model.settings.patch);
  const grid = size / patch;
  const order = Float32Array.from({ length: count * grid * grid }, uniform(new Random(21)));
  const program = await runtime.compileInference({
    parameters: kept,
    inputs: { image: [count, size, size, 1], order: [count, grid * grid] },
    apply: (parameters, inputs) => {
      const drawn = { order: inputs.order };
      const pass = { ...splitBuffers(parameters), drawn, learning: false, ramp: null, updates: {} };
      return { out: model.forward(pass, rank4(inputs.image)).raw };
    },
  });
  const { out } = await program.run({ image: data, order });
  await program.close();
  const visible = Math.round(grid * grid * (1 - Number(model.settings.hidden)));
  const sums = { model: 0, mean: 0, nearest: 0 };
  let hidden = 0;
  for (let n = 0; n < count; n++) {
    const area = size * size;
    const image = data.subarray(n * area, (n + 1) * area);
    const rebuilt = out.subarray(n * area, (n + 1) * area);
    const seen = visibleMap(order.subarray(n * grid * grid, (n + 1) * grid * grid), visible, patch, size);
    const places = seen.flatMap((isSeen, i) => (isSeen ? [i] : []));
    const mean = places.reduce((sum, i) => sum + image[i], 0) / places.length;
    for (let i = 0; i < area; i++) {
      if (seen[i]) continue;
      hidden++;
      sums.model += (rebuilt[i] - image[i]) ** 2;
      sums.mean += (mean - image[i]) ** 2;
      sums.nearest += (image[nearestOf(places, i, size)] - image[i]) ** 2;
    }
  }
  return { model: sums.model / hidden, mean: sums.mean / hidden, nearest: sums.nearest / hidden };
}

function uniform(random: Random): () => number {
  return () => random.uniform();
}

/** Whether each pixel lies in one of the patches that come first in the order. */
function visibleMap(order: Float32Array, visible: number, patch: number, size: number): boolean[] {
  const grid = size / patch;
  const ranked = Array.from(order, (value, i) => ({ value, i })).sort((a, b) => a.value - b.value);
  const shown = new Set(ranked.slice(0, visible).map(({ i }) => i));
  return Array.from({ length: size * size }, (_, i) => {
    const [y, x] = [Math.floor(i / size), i % size];
    return shown.has(Math.floor(y / patch) * grid + Math.floor(x / patch));
  });
}

function nearestOf(places: readonly number[], at: number, size: number): number {
  const [y, x] = [Math.floor(at / size), at % size];
  let best = places[0];
  let least = Number.POSITIVE_INFINITY;
  for (const place of places) {
    const distance = (Math.floor(place / size) - y) ** 2 + ((place % size) - x) ** 2;
    if (distance >= least) continue;
    least = distance;
    best = place;
  }
  return best;
}
