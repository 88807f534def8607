import type { Attributes } from '../elements/attributes.js';
import { type ElementFile, findElement, UNDEFINED_LENGTH, valueBytes } from '../elements/elements.js';
import { privateTags } from '../elements/private.js';
import { readCsa } from './csa.js';
import type { Triple } from './frame-record.js';
import type { Instance } from './instance.js';

/** How the slices of a volume were laid out in one image, row by row from the top left. */
interface Layout {
  readonly count: number;
  readonly across: number;
  readonly down: number;
  /** Centre of the first pixel of each slice, LPS, mm; null where it is not stated. */
  readonly positions: readonly (Triple | null)[];
}

/**
 * The slices of an image that holds a volume as tiles (Siemens mosaics, United Imaging's VFRAME), each as an image of
 * its own; null where the image is none, or does not say how many slices it holds.
 */
export function tilesOf(whole: Instance, attributes: Attributes, file: ElementFile): Instance[] | null {
  if (whole.numberOfFrames !== 1 || whole.samplesPerPixel !== 1) return null;
  const layout = whole.imageType.includes('MOSAIC')
    ? mosaic(whole, attributes, file)
    : whole.imageType.includes('VFRAME')
      ? vframe(attributes)
      : null;
  if (layout === null) return null;
  const [rows, columns] = [whole.rows / layout.down, whole.columns / layout.across];
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) return null;
  const { count, across } = layout;
  const first = Math.max(0, (whole.instanceNumber ?? 1) - 1) * count + 1;
  return Array.from({ length: count }, (_, index) => ({
    ...whole,
    rows,
    columns,
    imagePosition: layout.positions[index],
    // They are one image: what is told of its place is told of each.
    sliceLocation: index,
    instanceNumber: first + index,
    container: whole.sopInstanceUid,
    part: {
      index,
      of: count,
      tile: {
        rows: whole.rows,
        columns: whole.columns,
        top: rows * Math.floor(index / across),
        left: columns * (index % across),
      },
    },
  }));
}

/** As many tiles across as down, some of the last ones empty. The count is in the private group, or in the CSA header. */
function mosaic(whole: Instance, attributes: Attributes, file: ElementFile): Layout | null {
  const csa = imageHeader(attributes, file);
  const tag = privateTags(attributes, '0019', 'SIEMENS MR HEADER');
  const stated = tag === null ? undefined : attributes.uint16(tag('0a'));
  const count = stated ?? Number(csa.get('NumberOfImagesInMosaic')?.[0] ?? Number.NaN);
  if (!Number.isInteger(count) || count < 1) return null;
  const across = Math.ceil(Math.sqrt(count));
  return { count, across, down: across, positions: mosaicPositions(whole, csa, count, across) };
}

/**
 * The position of a mosaic is that of an image as large as all of it with the centre of the first slice (which
 * Siemens' own and every other converter take back). Slices follow along the normal that the CSA header states.
 */
function mosaicPositions(
  {
    imagePosition,
    imageOrientation: o,
    pixelSpacing,
    rows,
    columns,
    spacingBetweenSlices,
    sliceThickness,
  }: Instance,
  csa: ReadonlyMap<string, readonly string[]>,
  count: number,
  across: number,
): readonly (Triple | null)[] {
  const between = spacingBetweenSlices ?? sliceThickness;
  if (imagePosition === null || o === null || pixelSpacing === null || between === null)
    return new Array(count).fill(null);
  const cross: Triple = [o[1] * o[5] - o[2] * o[4], o[2] * o[3] - o[0] * o[5], o[0] * o[4] - o[1] * o[3]];
  const stated = (csa.get('SliceNormalVector') ?? []).map(Number);
  const dot = stated.length === 3 ? stated.reduce((sum, value, i) => sum + value * cross[i], 0) : 1;
  const step = between * (dot < 0 ? -1 : 1);
  const right = ((columns - columns / across) / 2) * pixelSpacing[1];
  const down = ((rows - rows / across) / 2) * pixelSpacing[0];
  const at = (axis: 0 | 1 | 2, slice: number) =>
    imagePosition[axis] + right * o[axis] + down * o[axis + 3] + slice * step * cross[axis];
  return Array.from({ length: count }, (_, slice) => [at(0, slice), at(1, slice), at(2, slice)] as const);
}

/** The CSA Image Header Info, where its creator says that it is that. */
function imageHeader(attributes: Attributes, file: ElementFile): ReadonlyMap<string, readonly string[]> {
  const tag = privateTags(attributes, '0029', 'SIEMENS CSA HEADER');
  const element =
    tag === null ? undefined : findElement(file.elements, Number.parseInt(tag('10').slice(1), 16));
  if (element === undefined || element.length === UNDEFINED_LENGTH || element.end > file.bytes.length)
    return new Map();
  return readCsa(valueBytes(file.bytes, element));
}

/** United Imaging: the slices with their positions in a private sequence, no more rows of tiles than they need. */
function vframe(attributes: Attributes): Layout | null {
  const tag = privateTags(attributes, '0065', 'Image Private Header');
  if (tag === null) return null;
  const slices = attributes.items(tag('51'));
  const count = attributes.decimal(tag('50')) ?? slices.length;
  if (!Number.isInteger(count) || count < 1 || slices.length !== count) return null;
  const across = Math.ceil(Math.sqrt(count));
  const positions = slices.map((slice): Triple | null => {
    const position = slice.decimals('x00200032', 3);
    return position === undefined ? null : [position[0], position[1], position[2]];
  });
  return { count, across, down: Math.ceil(count / across), positions };
}
