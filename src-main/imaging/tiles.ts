/** One window of a plane: where it is read, and which part of it is kept. All in pixels of the padded plane. */
interface Tile {
  readonly row: number;
  readonly column: number;
  /** Kept rows and columns, half open, in coordinates of the padded plane. */
  readonly keep: {
    readonly top: number;
    readonly bottom: number;
    readonly left: number;
    readonly right: number;
  };
}

export interface Tiling {
  readonly tileRows: number;
  readonly tileColumns: number;
  readonly tiles: readonly Tile[];
}

/**
 * Cuts a padded plane (rows and columns multiples of `multiple`) into windows of one size, so that one compiled
 * program serves them all. A kept pixel is at least `halo` away from every window edge that is not a plane edge,
 * and windows start at multiples of `multiple`: a network of radius <= halo therefore gives the same values
 * whatever `limit` is.
 */
export function tilePlane(
  rows: number,
  columns: number,
  settings: { readonly limit: number; readonly halo: number; readonly multiple: number },
): Tiling {
  const vertical = cutAxis(rows, settings);
  const horizontal = cutAxis(columns, settings);
  const tiles = vertical.pieces.flatMap((v) =>
    horizontal.pieces.map((h) => ({
      row: v.start,
      column: h.start,
      keep: { top: v.from, bottom: v.to, left: h.from, right: h.to },
    })),
  );
  return { tileRows: vertical.size, tileColumns: horizontal.size, tiles };
}

function cutAxis(
  length: number,
  { limit, halo, multiple }: { readonly limit: number; readonly halo: number; readonly multiple: number },
): { size: number; pieces: { start: number; from: number; to: number }[] } {
  const margin = Math.ceil(halo / multiple) * multiple;
  const smallest = 2 * margin + multiple;
  const size = Math.min(length, Math.max(smallest, limit - (limit % multiple)));
  const pieces: { start: number; from: number; to: number }[] = [];
  let from = 0;
  while (from < length) {
    const start = Math.min(Math.max(0, from - margin), length - size);
    const to = start + size >= length ? length : start + size - margin;
    pieces.push({ start, from, to });
    from = to;
  }
  return { size, pieces };
}

/**
 * Extends a plane by mirroring without repeating the edge: `margin` pixels on every side, then at the bottom and
 * the right up to a multiple of `multiple`.
 */
export function mirrorPlane(
  values: Float32Array,
  rows: number,
  columns: number,
  margin: number,
  multiple: number,
): { values: Float32Array; rows: number; columns: number } {
  const paddedRows = Math.ceil((rows + 2 * margin) / multiple) * multiple;
  const paddedColumns = Math.ceil((columns + 2 * margin) / multiple) * multiple;
  const padded = new Float32Array(paddedRows * paddedColumns);
  const from = Int32Array.from({ length: paddedColumns }, (_, x) => mirrorIndex(x - margin, columns));
  for (let y = 0; y < paddedRows; y++) {
    const source = mirrorIndex(y - margin, rows) * columns;
    for (let x = 0; x < paddedColumns; x++) padded[y * paddedColumns + x] = values[source + from[x]];
  }
  return { values: padded, rows: paddedRows, columns: paddedColumns };
}

/** Index into [0, length) under mirroring at the centres of the first and the last element. */
export function mirrorIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const folded = ((index % period) + period) % period;
  return folded < length ? folded : period - folded;
}
