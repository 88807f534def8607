#!/usr/bin/env node
/**
 * The quality bench: images with known truth, peers and ours in one table. See docs/quality.md.
 * Usage: npm run bench -- quality --help
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { METHODS, QUICK } from './quality-methods.mjs';
import { openBench } from './quality-run.mjs';
import { reasons, tables } from './quality-table.mjs';
import { missingSource, SLAB_NAMES, volumesOf } from './quality-volumes.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/quality.md');
const BEGIN = '<!-- bench:quality begin -->';
const END = '<!-- bench:quality end -->';

const HELP = `npm run build && npm run bench -- quality [OPTIONS]

  --quick             two volumes, fast methods
  --only A,B          these methods: ${METHODS.map(({ id }) => id).join(', ')}
  --volumes A,B       these volumes, by name or by the start of their names
  --slab NAME         ${SLAB_NAMES.join(' or ')}: the slices to report on, or those to tune on (default test)
  --anatomy NAME=PATH[,halved]   also this MR volume (DICOM folder or NIfTI), its noise lowered by means of 2 x 2 x 2
                      voxels where "halved" stands; may stand several times
  --ct FOLDER         also a CT series (DICOM) with rather little noise: correlated and band-pass noise are added
  --phantom FOLDER    also a CT phantom (DICOM): rods in air; may stand several times, for each reconstruction
  --repeats PATH      also a static series with repeats (DICOM folder or 4D NIfTI); may stand several times
  --twice FOLDER      also a diffusion series (DICOM) that was acquired twice
  --cache FOLDER      results and Python environments (default: limpid-quality in the temporary folder)
  --cached            show what the cache has; run nothing that takes time
  --pictures FOLDER   also PNG montages: each method in one window, and what it removed
  --write             put the tables into docs/quality.md
  --python COMMAND    makes the environments of the peers (default python3)
  --limpid FILE       command line to measure (default bin/limpid.js of this checkout)
  --list              volumes and methods, then stop`;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    volumes: { type: 'string' },
    slab: { type: 'string', default: 'test' },
    anatomy: { type: 'string', multiple: true, default: [] },
    ct: { type: 'string' },
    phantom: { type: 'string', multiple: true, default: [] },
    twice: { type: 'string' },
    repeats: { type: 'string', multiple: true, default: [] },
    cache: { type: 'string', default: join(tmpdir(), 'limpid-quality') },
    cached: { type: 'boolean', default: false },
    pictures: { type: 'string' },
    write: { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    limpid: { type: 'string', default: join(ROOT, 'bin/limpid.js') },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

main();

function main() {
  if (options.help) return console.log(HELP);
  if (!SLAB_NAMES.includes(options.slab)) fail(`--slab must be ${SLAB_NAMES.join(' or ')}`);
  const methods = chosenMethods();
  const volumes = chosenVolumes();
  if (options.list) return console.log([...volumes, ...methods].map(({ name, id }) => name ?? id).join('\n'));
  const bench = openBench({
    cache: resolve(options.cache),
    python: options.python,
    limpid: resolve(options.limpid),
    cachedOnly: options.cached,
  });
  const cells = measure(bench, volumes, methods);
  const measured = volumes.filter(({ name }) => cells.has(name));
  const text = [tables(measured, methods, cells), reasons(cells, methods)].filter(Boolean).join('\n\n');
  console.log(text);
  if (options.write) writeDocument(text);
}

function chosenMethods() {
  const ids =
    options.only?.split(',') ??
    (options.quick ? QUICK : METHODS.filter(({ unasked }) => unasked !== false).map(({ id }) => id));
  const unknown = ids.filter((id) => !METHODS.some((method) => method.id === id));
  if (unknown.length > 0) fail(`unknown method: ${unknown.join(', ')}`);
  // The noisy image is what repeats are compared with.
  return METHODS.filter(({ id }) => id === 'noisy' || ids.includes(id));
}

function chosenVolumes() {
  const absolute = (path) => path && resolve(path);
  const all = volumesOf(options.slab, {
    anatomies: options.anatomy.map(anatomyOf),
    ct: absolute(options.ct),
    phantoms: options.phantom.map(absolute),
    repeats: options.repeats.map(absolute),
    twice: absolute(options.twice),
  });
  const starts = options.volumes?.split(',');
  const isWhole = (start) => all.some(({ name }) => name === start);
  if (starts !== undefined)
    return all.filter(({ name }) =>
      starts.some((start) => (isWhole(start) ? name === start : name.startsWith(start))),
    );
  return options.quick ? all.filter(({ name }) => /rician-[59]$/.test(name)) : all;
}

/** NAME=PATH, or NAME=PATH,halved */
function anatomyOf(text) {
  const [, name, path, halved] = text.match(/^([^=]+)=(.*?)(,halved)?$/) ?? fail('--anatomy needs NAME=PATH');
  return { name, path: resolve(path), halved: halved !== undefined };
}

/** Volume after volume; a method that cannot run gets its reason, and the others go on. */
function measure(bench, volumes, methods) {
  const cells = new Map();
  for (const definition of volumes) {
    const missing = missingSource(definition);
    if (missing !== null) {
      console.error(`${definition.name}: not made, ${missing}`);
      continue;
    }
    const volume = made(bench, definition);
    if (volume === null) continue;
    const row = new Map();
    cells.set(definition.name, row);
    for (const method of methods.filter(({ applies }) => applies(definition))) {
      row.set(method.id, cellOf(bench, definition, volume, method, cells));
      console.error(`${definition.name} ${method.id}: ${brief(row.get(method.id))}`);
    }
    if (options.pictures && definition.plain === null) draw(bench, definition, volume, methods, row);
  }
  return cells;
}

/** Null where it cannot be made; the others go on. */
function made(bench, definition) {
  try {
    return bench.volume(definition);
  } catch (error) {
    console.error(`${definition.name}: not made, ${error.message}`);
    return null;
  }
}

function cellOf(bench, definition, volume, method, cells) {
  try {
    const result = bench.result(volume, method);
    const scores = bench.scores(volume, result.image);
    const rods = definition.group === 'phantom' ? bench.rods(volume, result.image) : null;
    const noisy = cells.get(definition.name).get('noisy');
    const share = noisy === undefined ? 1 : scores.error / noisy.scores.error;
    const plain = definition.plain === null ? undefined : cells.get(definition.plain)?.get(method.id);
    const retention =
      plain?.result === undefined ? null : bench.retention(volume, result.image, plain.result.image);
    return { result, scores, share, retention, rods, level: levelOf(volume, result) };
  } catch (error) {
    return { reason: error.message };
  }
}

/** The level that a method found, over the true one; null where it was told the level, or nothing tells it. */
function levelOf({ meta }, { level }) {
  return typeof level === 'number' ? level / meta.sigma : null;
}

function brief({ reason, scores, share, result, retention, rods, level }) {
  if (reason !== undefined) return `not run: ${reason}`;
  const kept = retention === null ? '' : `, kept ${JSON.stringify(retention.byContrast)}`;
  const time = result.seconds === null ? '' : `, ${result.seconds.toFixed(1)} s`;
  const inRods = rods === null ? '' : `, rods ${JSON.stringify(rods)}`;
  const found = level === null ? '' : `, level ${level.toFixed(2)} of the true one`;
  return `${scores.psnr.toFixed(2)} dB, ${share.toFixed(3)} of the squared error${kept}${inRods}${found}${time}`;
}

/** One PNG a volume: reference, noisy and every method that ran. */
function draw(bench, { name }, volume, methods, row) {
  const shown = methods.filter(({ id }) => row.get(id)?.result !== undefined);
  const images = shown.flatMap(({ id, title }) => [title, row.get(id).result.image]);
  bench.python('quality_pictures.py', [
    volume.folder,
    join(resolve(options.pictures), `${name}.png`),
    ...images,
  ]);
}

function writeDocument(text) {
  const document = readFileSync(DOCUMENT, 'utf8');
  const from = document.indexOf(BEGIN);
  const to = document.indexOf(END);
  if (from < 0 || to < from) fail(`${DOCUMENT} has no place for the tables`);
  writeFileSync(DOCUMENT, `${document.slice(0, from + BEGIN.length)}\n${text}\n${document.slice(to)}`);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
