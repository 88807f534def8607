import { type Spike, spike } from '../../../src-main/artifacts/spike.js';
import { Random } from '../../../src-main/base/random.js';
import { sliceView, type Volume, withData } from '../../../src-main/imaging/volume.js';
import { quantile } from '../../../src-main/noise/robust.js';
import { mrHeads } from './heads.js';
import type { Drawn, Kind } from './kind.js';

/** A wave or some of them in each plane, at frequencies and phases by chance. */
export const spikeKind: Kind = {
  name: 'spike',
  about: { modality: 'MR', phase: 'y' },
  heads: mrHeads,
  picture: 2,
  cases: (head) => [1, 2, 3, 5].map((count) => waves(head, count, 10)),
};

/** So many waves in each plane, each of this share of the brightness; %. */
function waves(truth: Volume, count: number, percent: number): Drawn {
  const random = new Random(23);
  const { rows, columns } = truth;
  const bright = quantile(truth.data, 0.99);
  const data = new Float32Array(truth.data.length);
  for (let slice = 0; slice < truth.slices; slice++) {
    const spikes = Array.from({ length: count }, (): Spike => {
      const angle = 2 * Math.PI * random.uniform();
      const radius = 0.1 + 0.25 * random.uniform();
      return {
        kx: Math.round(columns * radius * Math.cos(angle)),
        ky: Math.round(rows * radius * Math.sin(angle)),
        amplitude: (bright * percent) / 100,
        phase: 2 * Math.PI * random.uniform(),
      };
    });
    const plane = { values: sliceView(truth, slice), rows, columns, height: 0.5, pixel: 1, air: 0, water: 1 };
    data.set(spike(plane, spikes), slice * rows * columns);
  }
  const drawn = `${count} ${count === 1 ? 'wave' : 'waves'} of ${percent} %`;
  return { drawn, harmed: withData(truth, data), truth };
}
