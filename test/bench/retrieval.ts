// How long a search among latents takes, read from the disk and searched: npm run bench -- retrieval [--rounds N]
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { appendRows, readVectors } from '../../src-main/analysis/retrieval/index-file.js';
import { nearestSeries } from '../../src-main/analysis/retrieval/search.js';
import { Random } from '../../src-main/base/random.js';
import type { LatentIndex } from '../../src-main/contract/encoders/retrieval.js';
import { benchOptions, markdown } from './tables.js';

/** Series of a hundred slices, whose vectors lie around one of their own: as slices of a series do. */

const { rounds } = benchOptions({ rounds: 15 });
const SLICES = 100;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-retrieval-'));
const rows = [];
for (const [count, length] of [
  [100_000, 16],
  [100_000, 64],
  [400_000, 64],
]) {
  const random = new Random(1);
  const series = Array.from({ length: count / SLICES }, (_, i) => ({
    id: `${i}`,
    seriesInstanceUid: null,
    modality: 'MR',
    slices: SLICES,
    frames: 1,
    first: i * SLICES,
    forPerson: { place: `${i}`, description: '' },
  }));
  const vectors = new Float32Array(count * length);
  for (let i = 0; i < series.length; i++) {
    const own = Array.from({ length }, () => random.normal());
    for (let k = 0; k < SLICES * length; k++)
      vectors[i * SLICES * length + k] = own[k % length] + 0.5 * random.normal();
  }
  const index: LatentIndex = {
    format: 'limpid-index-1',
    notice: '',
    version: '',
    model: { family: 'plain', sha256: '0' },
    vectors: { length, kind: 'plane' },
    thumbnail: 1,
    rows: count,
    series,
  };
  const own = path.join(folder, `${count}-${length}`);
  fs.mkdirSync(own);
  await appendRows(own, { ...index, rows: 0 }, vectors, new Uint8Array(count));
  const times: Record<'read' | 'search', number[]> = { read: [], search: [] };
  for (let round = 0; round < rounds; round++) {
    const wanted = Float32Array.from({ length }, () => random.normal());
    const start = performance.now();
    const read = await readVectors(own, index);
    const between = performance.now();
    nearestSeries(read, series, wanted, 11);
    times.read.push(between - start);
    times.search.push(performance.now() - between);
  }
  const median = (values: number[]): string =>
    `${(values.sort((a, b) => a - b)[values.length >> 1] ?? 0).toFixed(0)} ms`;
  rows.push({
    slices: String(count),
    numbers: String(length),
    'index (vectors)': `${((4 * count * length) / 1e6).toFixed(0)} MB`,
    'read from the disk': median(times.read),
    searched: median(times.search),
  });
}
fs.rmSync(folder, { recursive: true });
console.log(markdown(rows));
