import { Random } from '../../../src-main/base/random.js';
import { sliceView, type Volume } from '../../../src-main/imaging/volume.js';
import { volumeOf } from '../../imaging/support.js';

export const SIDE = 48;
export const SLICES = 24;
export const AREA = SIDE * SIDE;
export const SIGMA = 8;
/** Attenuation of two images without weighting, eight of b 1000 and eight of b 3000. */
export const SIGNALS = [1, 1, ...Array(8).fill(0.4), ...Array(8).fill(0.12)];

/** A head of two tissues whose signal depends on direction and weighting, with Rician noise. */
export function series(seed: number, moved: Readonly<Record<number, number>> = {}, sigma = SIGMA): Volume {
  const random = new Random(seed);
  const data = new Float32Array(SIGNALS.length * SLICES * AREA);
  SIGNALS.forEach((signal, frame) => {
    const [u, v] = [random.normal(), random.normal()];
    for (let i = 0; i < SLICES * AREA; i++) {
      const x = (i % SIDE) - 24 - (moved[frame] ?? 0);
      const y = (Math.floor(i / SIDE) % SIDE) - 24;
      const z = Math.floor(i / AREA) - 12;
      const inside = Math.hypot(x / 17, y / 20, z / 15);
      const fibres = 0.12 * Math.sin(x / 3 + 0.3 * u * z) + 0.1 * Math.cos(y / 4 + v);
      const fluid = Math.hypot(x / 4, y / 6, z / 5) < 1;
      const tissue = inside > 1 ? 0 : fluid ? 900 * signal ** 1.8 : 500 * signal * (1 + fibres);
      data[frame * SLICES * AREA + i] = Math.hypot(tissue + sigma * random.normal(), sigma * random.normal());
    }
  });
  return volumeOf(data, [SIDE, SIDE, SLICES, SIGNALS.length]);
}

/** Slices from end to end of the head that tell something. */
const WITHIN = Array.from({ length: SLICES - 4 }, (_, k) => k + 2);

/** Changes slices with a chance of 4 %, and says which: "frame/slice". */
export function spoil(
  volume: Volume,
  random: Random,
  frames: readonly number[],
  change: (slice: Float32Array) => void,
): Set<string> {
  const spoilt = new Set<string>();
  for (const frame of frames)
    for (const slice of WITHIN)
      if (random.uniform() < 0.04) {
        change(sliceView(volume, slice, frame));
        spoilt.add(`${frame}/${slice}`);
      }
  return spoilt;
}

/** Between a fifth and seven tenths of the signal of a slice, and none of its noise. */
export function loseSignal(slice: Float32Array, random: Random): void {
  const left = 0.3 + 0.5 * random.uniform();
  for (let i = 0; i < slice.length; i++)
    slice[i] = Math.hypot(left * slice[i], SIGMA * Math.sqrt(1 - left * left) * random.normal());
}

/** Frames with diffusion weighting. */
export const WEIGHTED = SIGNALS.map((_, frame) => frame).slice(2);
