// Teaches the networks that tell the level of the noise of a single magnitude image (src-main/noise/learnt):
//   npm run bench -- level-network --rows FILE [--signed] [--data FOLDER[,FOLDER ...]] [--from N] [--to N] [--fit] [--write]
// Scans of magnitudes, with --signed of CT and other values with a sign, are drawn (level-scenes.ts, level-signed-scenes.ts) from seed --from to --to, and what describes them goes with the true level to the end
// of FILE, a line each; seeds that are there are kept, so that it goes on where it was stopped. FOLDERs hold real MR series
// that are scanned too, without their own noise. --fit trains on all rows but those of every seventh seed, and tells how far
// off it is on these, beside the estimate without it; --write keeps the network in src-main/noise/learnt.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { noiseDescriptors } from '../../src-main/noise/estimate/estimate.js';
import { askNetwork, certaintyOf, type LevelNetwork } from '../../src-main/noise/learnt/network.js';
import { fitLevelNetwork, type LevelRow } from './level-fit.js';
import { cleanSeries, levelScenes } from './level-scenes.js';
import { signedScenes } from './level-signed-scenes.js';

const FOLDER = 'src-main/noise/learnt';
const SCANS = 5;
const HELD_OUT = 7;

const { values: options } = parseArgs({
  args: process.argv.slice(2),
  options: {
    rows: { type: 'string' },
    signed: { type: 'boolean', default: false },
    data: { type: 'string', default: '' },
    from: { type: 'string', default: '0' },
    to: { type: 'string', default: '0' },
    fit: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
if (options.rows === undefined) throw new Error('say --rows FILE: where the rows are, or will be');

function readRows(file: string): LevelRow[] {
  if (!fs.existsSync(file)) return [];
  return fs
    .readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line): LevelRow => JSON.parse(line));
}

async function draw(file: string, from: number, to: number): Promise<void> {
  const folders = options.data.split(',').filter((folder) => folder !== '');
  const cleans = (await Promise.all(folders.map(cleanSeries))).flat();
  const scenes = options.signed ? signedScenes(cleans) : levelScenes(cleans);
  const there = new Set(readRows(file).map(({ seed }) => seed));
  for (let seed = from; seed < to; seed++) {
    if (there.has(seed)) continue;
    const rows = scenes(seed, SCANS).flatMap(({ volume, sigma, modality }) => {
      const described = noiseDescriptors(volume, modality === '' ? {} : { modality });
      if (described === null) return [];
      const values = Array.from(described.values, (value) => Math.round(value * 1e4) / 1e4);
      const log = Math.log(sigma / described.reference);
      return [{ seed, log, values, found: described.found }];
    });
    fs.appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}

interface Off {
  /** Size of the logarithm of found over true. */
  readonly off: number;
  /** Probability that it is within a fifth. */
  readonly sure: number;
}

function share(list: readonly Off[], factor: number): string {
  return (list.filter(({ off }) => off < Math.log(factor)).length / Math.max(1, list.length)).toFixed(2);
}

/** Share within 10 % and 20 %, and mean of the size of the logarithm. */
function told(list: readonly Off[]): string {
  const mean = list.reduce((sum, { off }) => sum + Math.min(1, off), 0) / Math.max(1, list.length);
  return `${share(list, 1.1)} within 10 %, ${share(list, 1.2)} within 20 %, mean ${mean.toFixed(3)}`;
}

/** The network beside what rules found, and how often it is within 20 % where it says so. */
function judge(network: LevelNetwork, rows: readonly LevelRow[]): string {
  const byNetwork = rows.map(({ values, found, log }) => {
    const answer = askNetwork(network, Float64Array.from(values), found);
    return { off: Math.abs(answer.log - log), sure: certaintyOf(answer, Math.log(1.2)) };
  });
  const byRules = rows.map(({ found, log }) => ({ off: Math.abs((found[0] ?? -9) - log), sure: 0 }));
  const bins = [0.5, 0.65, 0.8, 0.9, 1].map((to, i, edges) => {
    const from = i === 0 ? 0 : edges[i - 1];
    const some = byNetwork.filter(({ sure }) => sure >= from && sure < to);
    return `${from} to ${to}: ${share(some, 1.2)} of ${some.length}`;
  });
  return [
    `${rows.length} scans held out`,
    `by rules ${told(byRules)}`,
    `by the network ${told(byNetwork)}; within 20 % where it says ${bins.join(', ')}`,
  ].join('\n');
}

await draw(options.rows, Number(options.from), Number(options.to));
if (options.fit || options.write) {
  const rows = readRows(options.rows);
  const held = rows.filter(({ seed }) => seed % HELD_OUT === 0);
  const network = fitLevelNetwork(rows.filter(({ seed }) => seed % HELD_OUT !== 0));
  console.log(judge(network, held));
  if (options.write) {
    const file = path.join(FOLDER, `${options.signed ? 'signed' : 'magnitude'}-network.json`);
    fs.writeFileSync(file, `${JSON.stringify(network)}\n`);
  }
}
