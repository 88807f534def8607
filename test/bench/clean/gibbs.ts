import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fft2 } from '../../../src-main/base/fft.js';
import { Random } from '../../../src-main/base/random.js';
import { readNifti, writeNiftiFromVolume } from '../../../src-main/imaging/nifti.js';
import { sliceView, type Volume } from '../../../src-main/imaging/volume.js';
import { quantile } from '../../../src-main/noise/robust.js';
import { oneSided, sampledAs, withPhase } from '../../artifacts/remove/support.js';
import { mrHeads } from './heads.js';
import type { Drawn, Kind } from './kind.js';

const SLICES = 12;

/** Half of the frequencies of each axis, also of partial Fourier along the phase encoding. @param python an interpreter with DIPY; null: without */
export function gibbsKind(python: string | null): Kind {
  return {
    name: 'gibbs',
    about: { modality: 'MR', phase: 'y' },
    // Of fewer planes little is told of the short side of partial Fourier.
    heads: () => mrHeads(SLICES),
    picture: 0,
    also: (drawn, result) => ({ 'energy left beside edges': `${besideEdges(drawn, result).toFixed(0)} %` }),
    cases: (head) => [
      truncated(head, 'half of k-space, zero-filled', 1),
      truncated(head, 'half of k-space, as acquired', 2),
      ...[5 / 8, 6 / 8, 7 / 8].flatMap((part) => {
        const told = partial(head, part, 'zeros');
        return [told, { ...told, drawn: `${told.drawn}, not told by the files`, about: {} }];
      }),
      partial(head, 6 / 8, 'homodyne'),
    ],
    peer: { name: 'DIPY', clean: (harmed) => (python === null ? null : dipy(python, harmed)) },
  };
}

/** As magnitudes; what is right is the mean over voxels of the acquired size. */
function truncated(head: Volume, drawn: string, divided: number): Drawn {
  const { rows, columns, slices } = head;
  const size = { rows: Math.floor(rows / divided), columns: Math.floor(columns / divided) };
  const acquired = { x: 2 * Math.floor(columns / 4) - 1, y: 2 * Math.floor(rows / 4) - 1 };
  const pairs = Array.from({ length: slices }, (_, slice) => {
    const image = {
      re: Float64Array.from(sliceView(head, slice)),
      im: new Float64Array(rows * columns),
      rows,
      columns,
    };
    fft2(image);
    return sampledAs(image, size, acquired);
  });
  const [dx, dy, dz] = head.spacing;
  const volume = (planes: readonly Float32Array[]): Volume => {
    const data = new Float32Array(slices * size.rows * size.columns);
    for (const [i, plane] of planes.entries()) data.set(plane, i * size.rows * size.columns);
    return { ...head, ...size, spacing: [divided * dx, divided * dy, dz], data };
  };
  return {
    drawn,
    harmed: volume(pairs.map(({ ringing }) => ringing.map(Math.abs))),
    truth: volume(pairs.map(({ means }) => means.map((value) => Math.max(0, value)))),
    voxel: 2 / divided,
  };
}

/** As acquired, of partial Fourier along columns; each plane has a phase of its own. */
function partial(head: Volume, part: number, rest: 'zeros' | 'homodyne'): Drawn {
  const drawn = truncated(head, `half of k-space, partial Fourier ${8 * part}/8, ${rest}`, 2);
  const { rows, columns, slices } = drawn.harmed;
  const acquired = { x: 2 * Math.floor(head.columns / 4) - 1, y: 2 * Math.floor(head.rows / 4) - 1 };
  const short = Math.round((2 * part - 1) * (acquired.y >> 1));
  const data = new Float32Array(drawn.harmed.data.length);
  for (let slice = 0; slice < slices; slice++) {
    const kSpace = withPhase(sliceView(head, slice), head, new Random(1 + slice));
    data.set(oneSided(kSpace, { rows, columns }, acquired, short, rest), slice * rows * columns);
  }
  return { ...drawn, harmed: { ...drawn.harmed, data }, about: { partial: ['y'] } };
}

/** Edges are the steepest part of the truth; beside them is between so many acquired voxels. */
const [STEEP, FROM, TO] = [0.95, 1, 4];

/** Energy of the error beside edges, where images ring: that of a result over that of what was drawn, percent. */
function besideEdges({ harmed, truth, voxel = 1 }: Drawn, result: Volume): number {
  const edges = steepOf(truth);
  const [near, far] = [FROM, TO].map((reach) => around(edges, truth, reach * voxel));
  const [left, all] = [result, harmed].map(({ data }) =>
    data.reduce((sum, value, i) => sum + (far[i] - near[i]) * (value - truth.data[i]) ** 2, 0),
  );
  return (100 * left) / all;
}

function steepOf({ data, columns, rows }: Volume): Uint8Array {
  const steps = data.map((_, i) => {
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    const inside = x > 0 && y > 0 && x < columns - 1 && y < rows - 1;
    return inside ? Math.hypot(data[i + 1] - data[i - 1], data[i + columns] - data[i - columns]) : 0;
  });
  const least = quantile(steps, STEEP);
  return Uint8Array.from(steps, (step) => (step > least ? 1 : 0));
}

/** 1 up to so many pixels from where there is 1, along rows and columns. */
function around(mask: Uint8Array, { columns, rows }: Volume, reach: number): Uint8Array {
  const out = new Uint8Array(mask.length);
  for (let i = 0; i < mask.length; i++) {
    if (mask[i] === 0) continue;
    const [x, y] = [i % columns, Math.floor(i / columns) % rows];
    for (let dy = Math.max(-reach, -y); dy <= Math.min(reach, rows - 1 - y); dy++)
      for (let dx = Math.max(-reach, -x); dx <= Math.min(reach, columns - 1 - x); dx++)
        out[i + dy * columns + dx] = 1;
  }
  return out;
}

const SCRIPT = `
import sys
import nibabel
import numpy
from dipy.denoise.gibbs import gibbs_removal
image = nibabel.load(sys.argv[1])
cleaned = gibbs_removal(image.get_fdata(), slice_axis=2, num_processes=1)
nibabel.save(nibabel.Nifti1Image(cleaned.astype(numpy.float32), image.affine), sys.argv[2])
`;

/** Local subvoxel shifts (Kellner 2016), as DIPY has them. */
function dipy(python: string, harmed: Volume): Volume {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-'));
  try {
    const [before, after] = ['before.nii', 'after.nii'].map((name) => path.join(folder, name));
    fs.writeFileSync(before, writeNiftiFromVolume(harmed, { gzip: false }));
    execFileSync(python, ['-W', 'ignore', '-c', SCRIPT, before, after], { stdio: 'inherit' });
    return readNifti(fs.readFileSync(after)).volume;
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
