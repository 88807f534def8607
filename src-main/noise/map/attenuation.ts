import { attenuation, backproject, project } from '../../imaging/ct/projection.js';
import { sliceView, type Volume } from '../../imaging/volume.js';

/** What is denser than so much, in HU, counts as that: metal is where scales end, and where few photons are left anyway. */
const MOST_HU = 3000;
/** Cells along the longer side of a plane, and views: the noise of rays changes slowly from place to place. */
const CELLS = 64;
const VIEWS = 32;

/**
 * How much noise CT has at each place, as attenuation tells it: filtered back projection gives a voxel the mean variance
 * of the rays that cross there, since the kernel of its filter falls with the square of the distance, and the variance
 * of a ray grows with the exponential of its attenuation (Kak and Slaney, Principles of Computerized Tomographic
 * Imaging, 1988, 5.2). Modulated tubes, filters that are thick at the rim, and iterative reconstruction make noise more
 * even than that.
 *
 * @param volume values in HU; of frames the first is looked at
 * @returns for each voxel of a frame the logarithm of the deviation of the noise, up to a constant
 */
export function attenuationLevels(volume: Volume): Float32Array {
  const { columns, rows, slices, spacing } = volume;
  const grid = gridOf(volume);
  const pixel = grid.step * Math.sqrt(spacing[0] * spacing[1]);
  const out = new Float32Array(slices * rows * columns);
  for (let slice = 0; slice < slices; slice++) {
    const values = cellsOf(sliceView(volume, slice), volume, grid);
    const rays = project(attenuation({ values, pixel, air: -1000, water: 0 }), grid, VIEWS);
    const levels = backproject({ ...rays, values: rays.values.map(Math.exp) }, grid).map(
      (variance) => Math.log(variance) / 2,
    );
    const at = interpolation(levels, grid);
    for (let row = 0, i = slice * rows * columns; row < rows; row++)
      for (let column = 0; column < columns; column++, i++) out[i] = at(row, column);
  }
  return out;
}

interface Grid {
  /** Pixels along a side of a cell. */
  readonly step: number;
  readonly rows: number;
  readonly columns: number;
}

function gridOf({ rows, columns }: Pick<Volume, 'rows' | 'columns'>): Grid {
  const step = Math.max(1, Math.ceil(Math.max(rows, columns) / CELLS));
  return { step, rows: Math.ceil(rows / step), columns: Math.ceil(columns / step) };
}

/** Means of the HU of cells; what was not measured, and what lies beyond the plane, counts as air. */
function cellsOf(plane: Float32Array, { rows, columns }: Volume, grid: Grid): Float32Array {
  const sums = new Float32Array(grid.rows * grid.columns);
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++) {
      const density = Math.min(MOST_HU, plane[i]) + 1000;
      if (density > 0)
        sums[Math.floor(row / grid.step) * grid.columns + Math.floor(column / grid.step)] += density;
    }
  return sums.map((sum) => sum / grid.step ** 2 - 1000);
}

/** Bilinear between the middles of cells. */
function interpolation(
  levels: Float64Array,
  { step, rows, columns }: Grid,
): (row: number, column: number) => number {
  const place = (pixel: number, cells: number): readonly [number, number, number] => {
    const at = Math.min(cells - 1, Math.max(0, (pixel + 0.5) / step - 0.5));
    const low = Math.floor(at);
    return [low, Math.min(low + 1, cells - 1), at - low];
  };
  return (row, column) => {
    const [top, bottom, down] = place(row, rows);
    const [left, right, along] = place(column, columns);
    const between = (y: number): number =>
      (1 - along) * levels[y * columns + left] + along * levels[y * columns + right];
    return (1 - down) * between(top) + down * between(bottom);
  };
}
