import type { Random } from '../../src-main/base/random.js';
import type { Family, FamilySettings } from '../../src-main/models/family.js';
import type { FedBatch } from '../../src-main/training/samples/batches.js';

export const SIZE = 32;
export const BATCH = 4;

/** Smooth shapes in [0, 1] under noise of its own in each channel, other ones in every batch. */
export function scenes(random: Random, channels = 1): FedBatch {
  const target = new Float32Array(BATCH * SIZE * SIZE);
  for (let n = 0; n < BATCH; n++) {
    const [a, b, phase] = [0.1 + 0.3 * random.uniform(), 0.1 + 0.3 * random.uniform(), 6 * random.uniform()];
    for (let i = 0; i < SIZE * SIZE; i++) {
      const [y, x] = [Math.floor(i / SIZE), i % SIZE];
      target[n * SIZE * SIZE + i] = 0.5 + 0.4 * Math.sin(a * x + phase) * Math.cos(b * y);
    }
  }
  const input = new Float32Array(target.length * channels);
  for (let i = 0; i < input.length; i++) input[i] = target[Math.floor(i / channels)] + 0.1 * random.normal();
  return { input, target, weight: new Float32Array(target.length).fill(1) };
}

/** Settings of a family that learns something of the scenes in seconds. */
export function small(family: Family): FamilySettings {
  if (family.name === 'masked') return { patch: 4, width: 32, depth: 1, decoderWidth: 16, hidden: 0.5 };
  // its linear path starts where there is little left to learn of smooth scenes
  if (family.name === 'sparse') return { base: 8, linear: false };
  return 'base' in family.defaults ? { base: 8 } : {};
}
