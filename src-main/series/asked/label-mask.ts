/** Labels of voxels that a person gives: NIfTI, DICOM Segmentations, or a series of images whose values are labels. */
import type { SegmentClass } from '../../contract/encoders/segment.js';
import { fault, LimpidError } from '../../contract/errors.js';
import { openSource } from '../../dicom/files/sources.js';
import {
  isSegmentation,
  type ReadSegmentation,
  type ReadSegmentFrame,
  readSegmentation,
} from '../../dicom/read/segmentation-read.js';
import { gridSteps, inverse } from '../../imaging/same-grid.js';
import type { Volume } from '../../imaging/volume.js';
import type { StackInput } from '../input.js';
import { loadNifti } from '../nifti-input.js';
import { isNiftiFile, openInput } from '../open-input.js';

/** What labels say of a series. */
interface FoundLabels {
  /** slices * rows * columns numbers of classes; 0: none. */
  readonly labels: Uint8Array;
  /** Voxels that several segments claim, which count as none. */
  readonly overlaps: number;
  /** Frames that lie at no slice. */
  readonly outside: number;
}

/** Where the voxels of a series lie, which is all that labels are held against. */
export type LabelGrid = Pick<Volume, 'columns' | 'rows' | 'slices' | 'affine'>;

/** One mask, read. */
export interface LabelMask {
  /** What it tells of its classes besides their numbers; empty where it tells nothing. */
  readonly classes: readonly SegmentClass[];
  /**
   * On the voxels of a series.
   *
   * @param positions of the first pixel of each slice, where these are known better than by the affine
   * @throws LimpidError E_LABELS for other voxels
   */
  on(grid: LabelGrid, positions?: SlicePositions): FoundLabels;
}

type SlicePositions = StackInput['slicePositions'];

const MOST_CLASSES = 64;

/**
 * Reads all masks of a path: a NIfTI file, a Segmentation, a folder of these, or one series.
 *
 * @throws LimpidError E_LABELS for values that are no labels; E_NOT_FOUND and those of reading
 */
export async function openLabelMasks(file: string): Promise<readonly LabelMask[]> {
  try {
    if (await isNiftiFile(file)) return [gridMask((await loadNifti(file)).image.volume)];
    const found = await segmentations(file);
    return found.length > 0 ? found : [gridMask(await seriesIn(file))];
  } catch (error) {
    throw error instanceof LimpidError ? error.at(file) : error;
  }
}

/** Files of a folder that cannot be read are no masks; a file that was named must be one. */
async function segmentations(file: string): Promise<LabelMask[]> {
  const source = await openSource(file);
  try {
    const masks: LabelMask[] = [];
    for await (const one of source.files()) {
      if (await isNiftiFile(one.place)) {
        masks.push(gridMask((await loadNifti(one.place)).image.volume));
        continue;
      }
      // What cannot be read is no mask; where nothing else is, the path is tried as a series, which tells its reason.
      const bytes = await one.read().catch(() => null);
      if (bytes !== null && isMask(bytes)) masks.push(segmentMask(readSegmentation(bytes)));
    }
    return masks;
  } finally {
    await source.close();
  }
}

function isMask(bytes: Uint8Array): boolean {
  try {
    return isSegmentation(bytes);
  } catch {
    // What cannot be walked is no mask; the path is then tried as a series, which tells its reason.
    return false;
  }
}

async function seriesIn(file: string): Promise<Volume> {
  const input = await openInput(file, () => {}, { errorMap: false, suffix: 'unused' });
  try {
    const stacks = input.units.flatMap(({ stacks: some }) => some).filter(({ why }) => why === null);
    if (stacks.length !== 1)
      throw fault(stacks.length === 0 ? 'E_NOTHING/no-images' : 'E_USAGE/several-series');
    return (await stacks[0].load(() => {})).volume;
  } finally {
    await input.close();
  }
}

function gridMask(mask: Volume): LabelMask {
  const values = requireLabels(mask);
  return {
    classes: [],
    on(volume) {
      const steps = mask.frames === 1 ? gridSteps(mask, volume) : null;
      if (steps === null) throw otherGrid(mask, volume);
      const { at, strides } = steps;
      const labels = new Uint8Array(volume.columns * volume.rows * volume.slices);
      let i = 0;
      for (let z = 0; z < volume.slices; z++)
        for (let y = 0; y < volume.rows; y++)
          for (let x = 0; x < volume.columns; x++)
            labels[i++] = values[at + z * strides[2] + y * strides[1] + x * strides[0]];
      return { labels, overlaps: 0, outside: 0 };
    },
  };
}

function requireLabels({ data, measured }: Volume): Uint8Array {
  const labels = new Uint8Array(data.length);
  const found = new Set<number>();
  for (const [i, value] of data.entries()) {
    if (measured !== null && measured[i] === 0) continue;
    if (!(Number.isInteger(value) && value >= 0 && value <= 255)) throw fault('E_LABELS/mask-values');
    labels[i] = value;
    found.add(value);
  }
  if (found.size > MOST_CLASSES + 1)
    throw fault('E_LABELS/mask-many', { found: found.size, most: MOST_CLASSES });
  return labels;
}

function otherGrid(
  own: Pick<Volume, 'columns' | 'rows' | 'slices' | 'frames'>,
  { columns, rows, slices }: LabelGrid,
): LimpidError {
  const times = own.frames > 1 ? ` x ${own.frames}` : '';
  return fault('E_LABELS/mask-grid', {
    own: `${own.columns} x ${own.rows} x ${own.slices}${times}`,
    wanted: `${columns} x ${rows} x ${slices}`,
  });
}

function segmentMask(read: ReadSegmentation): LabelMask {
  if (read.segments.length > MOST_CLASSES || read.segments.some(({ number }) => number < 1 || number > 255))
    throw fault('E_LABELS/mask-many', { found: read.segments.length, most: MOST_CLASSES });
  return {
    classes: read.segments.map(({ number, label, category, type }) => ({
      label: number,
      name: label,
      codes: category === null || type === null ? null : { category, type },
    })),
    on: (volume, positions) => placed(read, volume, positions),
  };
}

/** Several segments claim it. */
const CLAIMED = 255;

function placed(read: ReadSegmentation, volume: LabelGrid, positions: SlicePositions): FoundLabels {
  const labels = new Uint8Array(volume.columns * volume.rows * volume.slices);
  const toVoxel = inverse(volume.affine);
  let outside = 0;
  for (const frame of read.frames) {
    const place = placeOf(read, frame, volume, toVoxel, positions);
    if (place === null) {
      outside++;
      continue;
    }
    for (let v = 0; v < read.rows; v++)
      for (let u = 0; u < read.columns; u++) {
        if (frame.plane[v * read.columns + u] === 0) continue;
        const at = place.at + u * place.across + v * place.down;
        labels[at] = labels[at] === 0 || labels[at] === frame.segment ? frame.segment : CLAIMED;
      }
  }
  if (outside === read.frames.length) throw fault('E_LABELS/mask-outside', { frames: outside });
  let overlaps = 0;
  for (let i = 0; i < labels.length; i++)
    if (labels[i] === CLAIMED) {
      labels[i] = 0;
      overlaps++;
    }
  return { labels, overlaps, outside };
}

interface FramePlace {
  /** Voxel of the first pixel, and from it to the next along a row and along a column. */
  readonly at: number;
  readonly across: number;
  readonly down: number;
}

/** How far in voxels pixels may be from those of the series, and slices from its own. */
const OFF = 0.25;
const OFF_SLICE = 0.5;

/** null: it lies at no slice. @throws LimpidError E_LABELS where its pixels are not voxels of the volume */
function placeOf(
  { rows, columns, pixelSpacing, frames }: ReadSegmentation,
  { position, orientation }: ReadSegmentFrame,
  volume: LabelGrid,
  toVoxel: readonly number[],
  positions: SlicePositions,
): FramePlace | null {
  const slices = new Set(frames.map((one) => one.position?.join(' '))).size;
  const wrong = otherGrid({ columns, rows, slices, frames: 1 }, volume);
  if (position === null || orientation === null || pixelSpacing === null) throw wrong;
  const turned = (vector: readonly number[], shift: 0 | 1): number[] =>
    [0, 1, 2].map(
      (row) =>
        vector.reduce((sum, value, k) => sum + toVoxel[4 * row + k] * value, 0) +
        shift * toVoxel[4 * row + 3],
    );
  const steps = [orientation.slice(0, 3), orientation.slice(3)].map((direction, i) =>
    turned(
      direction.map((value) => value * pixelSpacing[1 - i]),
      0,
    ),
  );
  const first = turned(position, 1);
  const sizes = [volume.columns, volume.rows, volume.slices];
  const strides = [1, volume.columns, volume.columns * volume.rows];
  const runs = steps.map((step, i) => {
    const along = step.findIndex((value) => Math.abs(value) > 0.5);
    const length = i === 0 ? columns : rows;
    const drift = step.some((value, axis) => {
      const exact = axis === along ? Math.sign(value) : 0;
      return !(Math.abs(value - exact) * length < OFF);
    });
    if (along < 0 || drift || length !== sizes[along]) throw wrong;
    const sign = Math.sign(step[along]);
    return { along, sign, expected: sign > 0 ? 0 : sizes[along] - 1 };
  });
  const across = runs[0];
  const down = runs[1];
  if (across.along === down.along) throw wrong;
  const through = 3 - across.along - down.along;
  const slice =
    positions !== undefined && through === 2
      ? sliceOf(
          positions,
          cornerOf(position, orientation, runs, { rows, columns, pixelSpacing }),
          OFF * Math.max(...pixelSpacing),
        )
      : Math.round(first[through]);
  if (positions === undefined || through !== 2) {
    if (runs.some(({ along, expected }) => !(Math.abs(first[along] - expected) < OFF))) throw wrong;
    if (Math.abs(first[through] - slice) > OFF_SLICE) return null;
  }
  if (slice < 0 || slice >= sizes[through]) return null;
  return {
    at:
      across.expected * strides[across.along] +
      down.expected * strides[down.along] +
      slice * strides[through],
    across: across.sign * strides[across.along],
    down: down.sign * strides[down.along],
  };
}

/** Where that pixel of a frame is which is the first of the slice, whichever corner of the frame it lies in. */
function cornerOf(
  position: readonly number[],
  orientation: readonly number[],
  runs: readonly { readonly sign: number }[],
  { rows, columns, pixelSpacing }: { rows: number; columns: number; pixelSpacing: readonly number[] },
): readonly number[] {
  const reaches = [(columns - 1) * pixelSpacing[1], (rows - 1) * pixelSpacing[0]];
  return position.map((value, k) =>
    runs.reduce((sum, { sign }, i) => sum + (sign > 0 ? 0 : reaches[i] * orientation[3 * i + k]), value),
  );
}

/** The slice whose first pixel lies there; -1 where none does. */
function sliceOf(positions: readonly (readonly number[])[], corner: readonly number[], off: number): number {
  return positions.findIndex((one) => Math.hypot(...one.map((value, k) => value - corner[k])) < off);
}
