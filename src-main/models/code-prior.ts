import type { Random } from '../base/random.js';

/**
 * How the codes of a vector-quantised model lie beside one another in the planes it was trained on: a Markov mesh
 * (Abend, Harley and Kanal 1965). A code follows its left and upper neighbour and its place in the plane, a grid of
 * BANDS x BANDS; contexts that were seen seldom lean on wider ones, weighted as Witten and Bell (1991, method C).
 */
export interface CodePrior {
  /** Size of the codebook. */
  readonly codes: number;
  /** Cells of a plane, as most of the planes had. */
  readonly rows: number;
  readonly columns: number;
  readonly planes: number;
  /** Five numbers an entry: left, above (`codes`: none), place, code, how often. */
  readonly counts: Uint16Array;
}

/** Indices of the codes of one plane; rows * columns, column fastest. */
export interface CodeGrid {
  readonly indices: Uint16Array;
  readonly rows: number;
  readonly columns: number;
}

const BANDS = 8;
const FIELDS = 5;
const MOST = 65_535;

/** @param grids at least one; the most frequent size becomes that of the prior */
export function fitCodePrior(grids: readonly CodeGrid[], codes: number): CodePrior {
  const seen = new Map<number, number>();
  for (const grid of grids)
    for (let at = 0; at < grid.indices.length; at++) {
      const { left, above, place } = contextAt(grid, at, codes);
      const key = ((left * (codes + 1) + above) * BANDS ** 2 + place) * codes + grid.indices[at];
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }
  const counts = new Uint16Array(FIELDS * seen.size);
  [...seen]
    .sort(([a], [b]) => a - b)
    .forEach(([key, count], i) => {
      const code = key % codes;
      const context = Math.floor(key / codes);
      const pair = Math.floor(context / BANDS ** 2);
      const entry = [Math.floor(pair / (codes + 1)), pair % (codes + 1), context % BANDS ** 2, code];
      counts.set([...entry, Math.min(MOST, count)], FIELDS * i);
    });
  return { codes, ...commonSize(grids), planes: grids.length, counts };
}

/** Draws a plane of codes, cell after cell in reading order. */
export function sampleCodes(prior: CodePrior, random: Random): CodeGrid {
  const { codes, rows, columns } = prior;
  const tables = tablesOf(prior);
  const grid = { indices: new Uint16Array(rows * columns), rows, columns };
  for (let at = 0; at < grid.indices.length; at++) {
    const { left, above, place } = contextAt(grid, at, codes);
    const pair = left * (codes + 1) + above;
    const narrow = tables.narrow.get(pair * BANDS ** 2 + place);
    grid.indices[at] = draw([narrow, tables.pairs.get(pair), tables.places.get(place), tables.all], random);
  }
  return grid;
}

type Counts = Map<number, number>;

interface Tables {
  readonly narrow: Map<number, Counts>;
  readonly pairs: Map<number, Counts>;
  readonly places: Map<number, Counts>;
  readonly all: Counts;
}

function tablesOf({ counts, codes }: CodePrior): Tables {
  const tables: Tables = { narrow: new Map(), pairs: new Map(), places: new Map(), all: new Map() };
  for (let i = 0; i < counts.length; i += FIELDS) {
    const [left, above, place, code, count] = counts.subarray(i, i + FIELDS);
    const pair = left * (codes + 1) + above;
    addTo(within(tables.narrow, pair * BANDS ** 2 + place), code, count);
    addTo(within(tables.pairs, pair), code, count);
    addTo(within(tables.places, place), code, count);
    addTo(tables.all, code, count);
  }
  return tables;
}

function within(tables: Map<number, Counts>, key: number): Counts {
  const counts = tables.get(key) ?? new Map<number, number>();
  tables.set(key, counts);
  return counts;
}

function addTo(counts: Counts, code: number, count: number): void {
  counts.set(code, (counts.get(code) ?? 0) + count);
}

/** From the narrowest context, or, with the weight of what it has not seen, from the next. */
function draw(levels: readonly (Counts | undefined)[], random: Random): number {
  const known = levels.filter((counts) => counts !== undefined && counts.size > 0);
  for (const [i, counts] of known.entries()) {
    if (counts === undefined) continue;
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const isLast = i === known.length - 1;
    let rest = random.uniform() * (total + (isLast ? 0 : counts.size));
    for (const [code, count] of counts) {
      rest -= count;
      if (rest < 0) return code;
    }
  }
  return 0;
}

function contextAt({ indices, rows, columns }: CodeGrid, at: number, none: number) {
  const [row, column] = [Math.floor(at / columns), at % columns];
  return {
    left: column > 0 ? indices[at - 1] : none,
    above: row > 0 ? indices[at - columns] : none,
    place: Math.floor((row * BANDS) / rows) * BANDS + Math.floor((column * BANDS) / columns),
  };
}

function commonSize(grids: readonly CodeGrid[]): { rows: number; columns: number } {
  const sizes = new Map<string, { readonly grid: CodeGrid; readonly count: number }>();
  for (const grid of grids) {
    const key = `${grid.rows}x${grid.columns}`;
    sizes.set(key, { grid, count: (sizes.get(key)?.count ?? 0) + 1 });
  }
  const [{ grid }] = [...sizes.values()].sort((a, b) => b.count - a.count);
  return { rows: grid.rows, columns: grid.columns };
}

/** The numbers of a prior as bytes, little-endian; and back. */
export function priorBytes({ codes, rows, columns, planes, counts }: CodePrior): Uint8Array {
  const bytes = Buffer.alloc(16 + 2 * counts.length);
  [codes, rows, columns, planes].forEach((value, i) => {
    bytes.writeUInt32LE(value, 4 * i);
  });
  counts.forEach((value, i) => {
    bytes.writeUInt16LE(value, 16 + 2 * i);
  });
  return bytes;
}

/** null for bytes that are no prior: a model file may come from anywhere. */
export function readPrior(given: Uint8Array): CodePrior | null {
  const bytes = Buffer.from(given);
  if (bytes.length < 16 + 2 * FIELDS || (bytes.length - 16) % (2 * FIELDS) !== 0) return null;
  const [codes, rows, columns, planes] = [0, 4, 8, 12].map((at) => bytes.readUInt32LE(at));
  const counts = Uint16Array.from({ length: (bytes.length - 16) / 2 }, (_, i) =>
    bytes.readUInt16LE(16 + 2 * i),
  );
  const isSize = codes >= 2 && codes <= 4096 && rows >= 1 && columns >= 1 && rows <= 4096 && columns <= 4096;
  if (!isSize) return null;
  for (let i = 0; i < counts.length; i += FIELDS) {
    const [left, above, place, code, count] = counts.subarray(i, i + FIELDS);
    if (left > codes || above > codes || place >= BANDS ** 2 || code >= codes || count === 0) return null;
  }
  return { codes, rows, columns, planes, counts };
}
