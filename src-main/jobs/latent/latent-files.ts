import type { LatentMap } from '../../contract/encoders/latent.js';
import { grayPng } from '../../imaging/png.js';
import type { ScaledStack } from '../../restore/apply.js';
import { squarePlane } from '../../training/samples/corpus.js';
import type { Described } from './latent-vectors.js';

/** Row vectors as a NumPy file: format 1.0, little-endian float32, [count, length]. */
export function npy(data: Float32Array, length: number): Uint8Array {
  const count = length > 0 ? data.length / length : 0;
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${count}, ${length}), }`;
  // The format wants the data to start at a multiple of 64, after a line break.
  const header = Buffer.from(`${text.padEnd(64 * Math.ceil((11 + text.length) / 64) - 11)}\n`, 'latin1');
  const bytes = Buffer.alloc(10 + header.length + 4 * data.length);
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(header.length, 8);
  header.copy(bytes, 10);
  for (let i = 0; i < data.length; i++) bytes.writeFloatLE(data[i], 10 + header.length + 4 * i);
  return bytes;
}

/** A line a slice: where it is, its cluster and coordinates, then its vector. */
export function vectorsCsv(map: LatentMap, { data, length }: Described): string {
  const head = ['series', 'id', 'slice', 'frame', 'cluster', 'pca1', 'pca2', 'umap1', 'umap2'];
  const numbers = Array.from({ length }, (_, i) => `v${i}`);
  const lines = map.points.map(({ series, slice, frame, cluster, pca, umap }, i) => {
    const coordinates = [...pca, ...(umap ?? ['', ''])];
    const vector = data.subarray(i * length, (i + 1) * length);
    return [series, map.series[series].id, slice, frame, cluster, ...coordinates, ...vector].join(',');
  });
  return `${[[...head, ...numbers].join(','), ...lines].join('\n')}\n`;
}

/** Side of a thumbnail and the gap between two, in pixels. */
const THUMBNAIL = 96;
const GAP = 4;
const GROUND = 0.35;

/** A picture of one plane of a stack. */
export interface Shown {
  readonly stack: ScaledStack;
  readonly plane: number;
}

/** Rows of thumbnails as one grey picture: PNG. */
export function contactSheet(rows: readonly (readonly Shown[])[]): Uint8Array {
  const across = Math.max(1, ...rows.map((row) => row.length));
  const width = across * (THUMBNAIL + GAP) + GAP;
  const height = Math.max(1, rows.length) * (THUMBNAIL + GAP) + GAP;
  const sheet = new Float32Array(width * height).fill(GROUND);
  rows.forEach((row, y) => {
    row.forEach(({ stack, plane }, x) => {
      const small = thumbnail(stack, plane);
      for (let line = 0; line < THUMBNAIL; line++)
        sheet.set(
          small.subarray(line * THUMBNAIL, (line + 1) * THUMBNAIL),
          (GAP + y * (THUMBNAIL + GAP) + line) * width + GAP + x * (THUMBNAIL + GAP),
        );
    });
  });
  return grayPng(sheet, width, height, { low: 0, high: 1 });
}

function thumbnail({ values, rows, columns }: ScaledStack, plane: number): Float32Array {
  const area = rows * columns;
  return squarePlane(values.subarray(plane * area, (plane + 1) * area), rows, columns, THUMBNAIL);
}

/** Okabe and Ito (2008): told apart by colour-blind people too. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#7f6a00', '#555555'];
const PANEL = 360;
const MARGIN = 40;

/** The maps as a picture: a point a slice, coloured by cluster. */
export function mapSvg(map: LatentMap): string {
  const [first, second] = map.explained.map((share) => `${(100 * share).toFixed(0)} %`);
  const panels = [panel(map, 'pca', `principal components (${first} and ${second} of the variance)`, 0)];
  if (map.points.some(({ umap }) => umap !== null))
    panels.push(panel(map, 'umap', 'UMAP (only neighbourhoods mean something)', 1));
  const width = panels.length * (PANEL + MARGIN) + MARGIN;
  const height = PANEL + 2 * MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">
<title>Slices in the latent space of a model</title>
<rect width="100%" height="100%" fill="#fff"/>
${panels.join('\n')}
</svg>
`;
}

function panel(map: LatentMap, kind: 'pca' | 'umap', title: string, index: number): string {
  const points = map.points.flatMap((point) => {
    const at = point[kind];
    return at === null ? [] : [{ at, cluster: point.cluster }];
  });
  const place = ([0, 1] as const).map((axis) => fitted(points.map(({ at }) => at[axis])));
  const left = MARGIN + index * (PANEL + MARGIN);
  const dots = points.map(({ at, cluster }) => {
    const [x, y] = [left + PANEL * place[0](at[0]), MARGIN + PANEL * (1 - place[1](at[1]))];
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3.5" fill="${COLOURS[cluster % COLOURS.length]}"/>`;
  });
  return `<text x="${left}" y="${MARGIN - 14}">${title}</text>
<rect x="${left - 8}" y="${MARGIN - 8}" width="${PANEL + 16}" height="${PANEL + 16}" fill="none" stroke="#999"/>
${dots.join('\n')}`;
}

/** From least and greatest to 0 and 1. */
function fitted(values: readonly number[]): (value: number) => number {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
  return (value) => (most > least ? (value - least) / (most - least) : 0.5);
}
