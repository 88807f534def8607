import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { Random } from '../../../src-main/base/random.js';
import { writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { volumeOf } from '../../imaging/support.js';

const SIDE = 32;
const SLICES = 4;
/** Values of skull, tissue and fluid of two weightings. */
const KINDS = { t1: [1, 0.6, 0.15], t2: [0.4, 0.35, 1] } as const;

/**
 * Draws heads of patients in two weightings: an ellipse of tissue with a rim and fluid inside, each patient with a shape
 * and noise of its own. PATIENT/KIND.nii in the folder.
 */
export async function drawHeads(folder: string, patients: number): Promise<void> {
  for (let patient = 0; patient < patients; patient++) {
    const of = path.join(folder, `p${patient}`);
    await fs.mkdir(of, { recursive: true });
    for (const [kind, values] of Object.entries(KINDS))
      await fs.writeFile(
        path.join(of, `${kind}.nii`),
        writeNiftiFromVolume(head(values, patient), { gzip: false }),
      );
  }
}

function head([rim, tissue, fluid]: readonly [number, number, number], patient: number) {
  const random = new Random(100 + patient);
  const [wide, high, inner] = [
    0.7 + 0.2 * random.uniform(),
    0.7 + 0.2 * random.uniform(),
    0.15 + 0.2 * random.uniform(),
  ];
  const data = new Float32Array(SIDE * SIDE * SLICES);
  for (let i = 0; i < data.length; i++) {
    const [x, y] = [(i % SIDE) / (SIDE / 2) - 1, (Math.floor(i / SIDE) % SIDE) / (SIDE / 2) - 1];
    const radius = Math.hypot(x / wide, y / high);
    const value = radius > 1 ? 0 : radius > 0.85 ? rim : radius < inner ? fluid : tissue;
    data[i] = 1000 * Math.hypot(value + 0.03 * random.normal(), 0.03 * random.normal());
  }
  return volumeOf(data, [SIDE, SIDE, SLICES]);
}
