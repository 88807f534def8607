import type { Rows } from '../../src-main/base/linear/clusters.js';
import { principalComponents } from '../../src-main/base/linear/pca.js';
import { Random } from '../../src-main/base/random.js';
import type { Runtime } from '../../src-main/runtime/types.js';
import { corpusSeries, intensityScale, scaled, splitCorpus } from '../../src-main/training/samples/corpus.js';
import { volumeOf } from '../imaging/support.js';
import { apply, planFor, trainOn } from '../training/brain.js';

/** What a model of signals makes of them: signals again, and few numbers each. */
export interface SignalModel {
  readonly rebuild: (signals: Rows) => Promise<Rows>;
  readonly codes: (signals: Rows) => Promise<Rows>;
}

/** Principal components of all signals. */
export function componentsOf(signals: Rows, count: number): SignalModel {
  const { length } = signals;
  const { mean, vectors } = principalComponents(signals.data, length, count, new Random(3));
  const codesOf = ({ data }: Rows): Rows => {
    const codes = new Float32Array((data.length / length) * count);
    for (let n = 0; n < data.length / length; n++)
      for (let k = 0; k < count; k++)
        for (let f = 0; f < length; f++)
          codes[n * count + k] += (data[n * length + f] - mean[f]) * vectors[k * length + f];
    return { data: codes, length: count };
  };
  return {
    codes: async (given) => codesOf(given),
    async rebuild(given) {
      const codes = codesOf(given).data;
      const data = given.data.map((_, i) => {
        const [n, f] = [Math.floor(i / length), i % length];
        let sum = mean[f];
        for (let k = 0; k < count; k++) sum += codes[n * count + k] * vectors[k * length + f];
        return sum;
      });
      return { data, length };
    },
  };
}

const SIDE = 64;

/**
 * The plain family, which is dense on square patches: a signal, filled up with zeros, is one patch of up to 4 x 4 or
 * 8 x 8 values, and signals by chance lie side by side in planes.
 */
export async function autoencoderOf(
  runtime: Runtime,
  signals: Rows,
  latent: number,
  steps: number,
): Promise<SignalModel> {
  const { length } = signals;
  const patch = length <= 16 ? 4 : 8;
  if (length > patch ** 2) throw new Error(`Signals have at most ${patch ** 2} values.`);
  const across = SIDE / patch;
  const count = signals.data.length / length;
  const planes = Math.ceil(count / across ** 2);
  const order = new Random(6).shuffle(Array.from({ length: count }, (_, n) => n));
  /** Where the upper left corner of the n-th signal of the order lies. */
  const corner = (n: number): number => {
    const [plane, place] = [Math.floor(n / across ** 2), n % across ** 2];
    return (plane * SIDE + patch * Math.floor(place / across)) * SIDE + patch * (place % across);
  };
  const within = (f: number): number => Math.floor(f / patch) * SIDE + (f % patch);
  const painted = ({ data }: Rows): Float32Array => {
    const out = new Float32Array(planes * SIDE * SIDE);
    order.forEach((n, place) => {
      for (let f = 0; f < length; f++) out[corner(place) + within(f)] = data[n * length + f];
    });
    return out;
  };
  const volume = volumeOf(painted(signals), [SIDE, SIDE, planes]);
  const corpus = splitCorpus([corpusSeries(volume, 'signals', null)], 0.1, new Random(1));
  const trained = await trainOn(
    runtime,
    corpus,
    planFor('plain', {
      steps,
      settings: { latent, patch, hidden: 64 },
      peakRate: 5e-4,
      size: SIDE,
      augmentation: { flips: false, turns: false, intensity: 0, elastic: 0 },
    }),
  );
  const scale = intensityScale(volume);
  const applied = (given: Rows) =>
    apply(runtime, trained, { data: scaled(painted(given), null, scale), count: planes, size: SIDE });
  return {
    async rebuild(given) {
      const { reconstruction } = await applied(given);
      const data = new Float32Array(given.data.length);
      order.forEach((n, place) => {
        for (let f = 0; f < length; f++)
          data[n * length + f] =
            scale.low + (scale.high - scale.low) * reconstruction[corner(place) + within(f)];
      });
      return { data, length };
    },
    async codes(given) {
      const all = (await applied(given)).latent;
      const data = new Float32Array(count * latent);
      order.forEach((n, place) => {
        data.set(all.subarray(place * latent, (place + 1) * latent), n * latent);
      });
      return { data, length: latent };
    },
  };
}
