import { segmentColour } from '../../contract/encoders/segment-colours.js';
import { rgbPng } from '../../imaging/png.js';
import type { ScaledStack } from '../../restore/apply.js';

/** A plane of a series, and its segments: index of a class and 1; 0: none. */
export interface OverlaidPlane {
  readonly values: Float32Array;
  readonly segments: Uint8Array;
  readonly rows: number;
  readonly columns: number;
}

const TILE = 192;
const GAP = 4;
/** How much of a pixel's colour is that of its segment. */
const SHARE = 0.45;
/** Planes of a series on its row. */
const SHOWN_PLANES = 4;

/** Planes evenly chosen of a series. */
export function shownPlanes({ slices }: Pick<ScaledStack, 'slices'>): number[] {
  const count = Math.min(SHOWN_PLANES, slices);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * slices) / count));
}

/** A row a series: planes as they are, and below them with their segments in colour. */
export function overlaySheet(series: readonly (readonly OverlaidPlane[])[]): Uint8Array {
  const [width, height] = [SHOWN_PLANES * (TILE + GAP) + GAP, series.length * 2 * (TILE + GAP) + GAP];
  const data = new Uint8Array(3 * width * height);
  series.forEach((planes, row) => {
    planes.forEach((plane, column) => {
      for (const coloured of [0, 1]) {
        const [top, left] = [GAP + (2 * row + coloured) * (TILE + GAP), GAP + column * (TILE + GAP)];
        putTile(plane, coloured === 1, data, width, top, left);
      }
    });
  });
  return rgbPng(data, width, height);
}

/** The nearest pixel of each: a blend of numbers of segments would be another. */
function putTile(
  { values, segments, rows, columns }: OverlaidPlane,
  coloured: boolean,
  data: Uint8Array,
  width: number,
  top: number,
  left: number,
): void {
  const side = Math.max(rows, columns);
  for (let y = 0; y < TILE; y++)
    for (let x = 0; x < TILE; x++) {
      const row = Math.floor(((y + 0.5) * side) / TILE - (side - rows) / 2);
      const column = Math.floor(((x + 0.5) * side) / TILE - (side - columns) / 2);
      if (row < 0 || column < 0 || row >= rows || column >= columns) continue;
      const from = row * columns + column;
      const grey = 255 * Math.min(1, Math.max(0, values[from]));
      const segment = coloured ? segments[from] : 0;
      const colour = segment === 0 ? null : segmentColour(segment - 1);
      const at = 3 * ((top + y) * width + left + x);
      for (let c = 0; c < 3; c++)
        data[at + c] = colour === null ? grey : (1 - SHARE) * grey + SHARE * colour[c];
    }
}
