/** What the procedural images of the shipped model look like in numbers: for its card. */
import { Random } from '../../base/random.js';
import type { TrainingStatistics } from '../../contract/trust.js';
import type { Volume } from '../../imaging/volume.js';
import { describe, trainingStatistics } from '../../trust/familiarity.js';
import { drawNoise } from '../samples/objective.js';
import { drawCorrelation, drawLevel, drawVolume } from './batches.js';

/** Volumes that the statistics are of, and others that set the limit. */
const VOLUMES = 160;
const HELD_OUT = 80;
const GRID = { columns: 96, rows: 96, slices: 4 };

/** Deterministic: the same seed gives the same numbers. */
export function proceduralStatistics(seed: number): TrainingStatistics | null {
  const root = new Random(seed).fork('statistics');
  const series = (name: string) => describedVolume(root.fork(name));
  const training = Array.from({ length: VOLUMES }, (_, i) => series(`training ${i}`));
  const held = Array.from({ length: HELD_OUT }, (_, i) => series(`held out ${i}`));
  return trainingStatistics(training.flat(), held);
}

/** Vectors of the slices of one noisy procedural volume. */
function describedVolume(random: Random): number[][] {
  const { values, magnitude } = drawVolume(GRID, random.fork('volume'));
  const sigma = drawLevel(random);
  const [x, y] = drawCorrelation(random);
  const area = GRID.columns * GRID.rows;
  const data = new Float32Array(values.length);
  for (let slice = 0; slice < GRID.slices; slice++) {
    const [real, imaginary] = [0, 1].map(() => drawNoise(GRID.rows, GRID.columns, [x, y], random));
    for (let i = 0; i < area; i++) {
      const value = values[slice * area + i] + sigma * real[i];
      data[slice * area + i] = magnitude ? Math.hypot(value, sigma * imaginary[i]) : value;
    }
  }
  const volume: Volume = {
    ...GRID,
    data,
    frames: 1,
    spacing: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
  return describe(volume, { sigma, correlation: { x, y, z: 0 } });
}
