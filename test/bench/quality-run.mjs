/** Makes volumes, runs methods on them and scores the results, all through the cache. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedFolder, hashOf, hashOfFiles } from './quality-cache.mjs';
import { NOT_CACHED } from './quality-table.mjs';

const HERE = fileURLToPath(new URL('./', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PEER_SOURCES = ['peers.py', 'quality_volume.py', '../../src-main/noise/stabiliser.ts'];
const VOLUME_SOURCES = [
  'slab.py',
  'quality_volume.py',
  'quality_lesions.py',
  'quality-scan.ts',
  'requirements.txt',
];

/**
 * @param cache folder for everything
 * @param python the interpreter that makes the environments
 * @param limpid the command line to measure (bin/limpid.js of a built checkout)
 * @param cachedOnly run no method: what is not in the cache is not run
 */
export function openBench({ cache, python, limpid, cachedOnly }) {
  mkdirSync(cache, { recursive: true });
  const environment = (requirements) => environmentOf(cache, python, requirements);
  const tables = () => tablesOf(cache);
  const context = { cache, environment, tables, limpid, cachedOnly };
  return {
    volume: (definition) => volumeFolder(context, definition),
    result: (volume, method) => resultOf(context, volume, method),
    rods: (volume, image) =>
      JSON.parse(
        run(environment('requirements.txt'), [join(HERE, 'quality_rods.py'), volume.folder, image]).stdout,
      ),
    scores: (volume, image) => scoresOf(context, volume, image),
    retention: (volume, image, plainImage) => retentionOf(context, volume, image, plainImage),
    python: (script, args) => run(environment('requirements.txt'), [join(HERE, script), ...args]).stdout,
  };
}

/** A virtual environment with exactly the pinned packages; the same pins give the same folder. */
function environmentOf(cache, python, requirements) {
  const pins = join(HERE, requirements);
  const folder = cachedFolder(cache, `venv-${hashOfFiles([pins])}`, (unfinished) => {
    console.error(`Installing ${requirements} ...`);
    // Made where it is used: an environment holds absolute paths. The marker alone is what becomes visible.
    const place = environmentPlace(cache, pins);
    run(python, ['-m', 'venv', '--clear', place]);
    run(join(place, 'bin/python'), ['-m', 'pip', 'install', '-q', '-r', pins]);
    writeFileSync(join(unfinished, 'installed'), '');
  });
  if (!existsSync(folder)) throw new Error(`${requirements} could not be installed`);
  return join(environmentPlace(cache, pins), 'bin/python');
}

function environmentPlace(cache, pins) {
  return join(cache, 'python', hashOfFiles([pins]));
}

/** Tables of our stabiliser for the peers that have none. */
function tablesOf(cache) {
  const key = `vst-${hashOfFiles([join(ROOT, 'src-main/noise/stabiliser.ts')])}`;
  const folder = cachedFolder(cache, key, (unfinished) =>
    run(process.execPath, [join(HERE, 'quality-vst.mjs'), join(unfinished, 'tables.json')]),
  );
  return join(folder, 'tables.json');
}

function volumeFolder({ cache, environment }, { name, spec }) {
  const sources = hashOfFiles(VOLUME_SOURCES.map((file) => join(HERE, file)));
  const folder = cachedFolder(
    join(cache, 'volumes'),
    `${name}-${hashOf(spec, sources, sourceStamp(spec.source.path))}`,
    (unfinished) => {
      const specFile = join(unfinished, 'spec.json');
      writeFileSync(specFile, JSON.stringify(spec));
      run(environment('requirements.txt'), [join(HERE, 'slab.py'), specFile, unfinished]);
      const { scanner } = spec.noise ?? {};
      if (scanner !== undefined)
        run(process.execPath, [bundleOf('quality-scan'), unfinished, scanner, String(spec.seed)]);
    },
  );
  const content = ['noisy.nii', 'clean.nii', 'volume.json'].map((file) => join(folder, file));
  return {
    name,
    folder,
    hash: hashOfFiles(content),
    meta: JSON.parse(readFileSync(content[2], 'utf8')),
  };
}

/** The file itself, or the names in a folder: enough to see that another series was given. */
function sourceStamp(path) {
  const folder = readdirOrNull(path);
  return folder === null ? hashOfFiles([path]) : hashOf(folder.sort());
}

function readdirOrNull(path) {
  try {
    return readdirSync(path, { recursive: true });
  } catch {
    return null;
  }
}

/**
 * @returns {{ image, seconds, cpuSeconds, load, settings }} `image` is a NIfTI file
 * @throws Error with the reason when the method cannot run; nothing is cached then
 */
function resultOf(context, volume, method) {
  if (method.kind === 'noisy') return { image: join(volume.folder, 'noisy.nii'), seconds: null };
  const key =
    method.kind === 'peer'
      ? hashOf(method.peer, method.settings, peerSources(method))
      : hashOf(method.kind, method.args, buildHash(context.limpid));
  const results = join(context.cache, 'results');
  const name = `${volume.name}-${method.id}-${hashOf(volume.hash, key)}`;
  if (context.cachedOnly && !existsSync(join(results, name))) throw new Error(NOT_CACHED);
  const folder = cachedFolder(results, name, (made) => {
    const load = loadavg()[0];
    const runs = { peer: runPeer, ours: runOurs, guided: runGuided };
    const found = runs[method.kind](context, volume, method, made);
    writeFileSync(
      join(made, 'result.json'),
      JSON.stringify({ method: method.id, cores: availableParallelism(), load, ...found }, null, 1),
    );
  });
  return { image: imageIn(folder), ...JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) };
}

function peerSources({ module, requirements }) {
  return hashOfFiles([...PEER_SOURCES, module, requirements].map((file) => join(HERE, file)));
}

function imageIn(folder) {
  const name = readdirSync(folder).find((file) => /\.nii(\.gz)?$/.test(file));
  if (name === undefined) throw new Error('no image was written');
  return join(folder, name);
}

function runPeer({ environment, tables }, volume, { peer, settings, requirements }, made) {
  const image = join(made, 'out.nii');
  const script = [join(HERE, 'peers.py'), peer, volume.folder, image];
  const options = ['--settings', JSON.stringify(settings), '--vst', tables()];
  const { stdout, ...times } = run(environment(requirements), [...script, ...options]);
  return { settings, ...JSON.parse(stdout.trim().split('\n').at(-1)), ...times };
}

function runOurs({ limpid }, volume, { args }, made) {
  const work = mkdtempSync(join(tmpdir(), 'limpid-quality-'));
  try {
    const out = join(work, 'out');
    const command = [limpid, 'denoise', join(volume.folder, 'noisy.nii'), out, '--device', 'cpu', ...args];
    const { seconds, cpuSeconds } = run(process.execPath, command);
    const image = readdirSync(out).find((file) => /_denoised\.nii(\.gz)?$/.test(file));
    if (image === undefined) throw new Error('denoise wrote no image');
    copyFileSync(join(out, image), join(made, image));
    copyFileSync(join(out, 'report.json'), join(made, 'report.json'));
    const [series] = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')).series;
    const { noise, race } = series;
    return { settings: args, seconds, cpuSeconds, level: noise?.sigma, chosen: race?.winner };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Of the sources as they are; `limpid` is not asked. */
function runGuided(_, volume, { args }, made) {
  const command = [
    bundleOf('quality-guided'),
    join(volume.folder, 'noisy.nii'),
    join(made, 'out.nii'),
    ...args,
  ];
  const { stdout, seconds, cpuSeconds } = run(process.execPath, command);
  return { settings: args, seconds, cpuSeconds, level: JSON.parse(stdout).noise.sigma };
}

const bundles = new Map();
function bundleOf(name) {
  if (!bundles.has(name)) {
    const { stdout } = run(process.execPath, [join(HERE, 'quality-bundle.mjs'), name]);
    bundles.set(name, stdout.trim().split('\n').at(-1));
  }
  return bundles.get(name);
}

/** The built command line and the weights that come with it. */
function buildHash(limpid) {
  const root = join(dirname(limpid), '..');
  const files = ['dist/main', 'assets/models'].flatMap((folder) =>
    (readdirOrNull(join(root, folder)) ?? []).map((file) => join(root, folder, file)),
  );
  return hashOfFiles(files.filter((file) => /\.(js|onnx|json)$/.test(file)).sort());
}

/** PSNR and SSIM by `limpid evaluate`; for repeats also the squared error without that of the reference. */
function scoresOf({ cache, limpid }, volume, image) {
  const metrics = hashOfFiles([join(ROOT, 'src-main/imaging/metrics.ts')]);
  const key = hashOf(volume.hash, metrics, hashOfFiles([image]));
  const folder = cachedFolder(join(cache, 'scores'), key, (made) => {
    const clean = join(volume.folder, 'clean.nii');
    const tissue = join(volume.folder, 'tissue.nii');
    const mask = existsSync(tissue) ? ['--mask', tissue] : [];
    const { stdout } = run(process.execPath, [limpid, 'evaluate', clean, image, '--json', ...mask]);
    writeFileSync(join(made, 'scores.json'), stdout.trim().split('\n').at(-1));
  });
  const { peak, test } = JSON.parse(readFileSync(join(folder, 'scores.json'), 'utf8'));
  const squaredError = test.psnr === null ? 0 : peak ** 2 / 10 ** (test.psnr / 10);
  return { ...test, error: squaredError - volume.meta.referenceVariance };
}

function retentionOf({ environment }, volume, image, plainImage) {
  const args = [join(HERE, 'quality_lesions.py'), volume.folder, image, plainImage];
  return JSON.parse(run(environment('requirements.txt'), args).stdout);
}

const TIMED = 'TIMEFORMAT="times %R %U %S"; time "$@"';

/** Runs to the end, timed from start to end with all its processes. @throws Error with what it said last */
function run(command, args) {
  const child = spawnSync('bash', ['-c', TIMED, 'bash', command, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const lines = (child.stderr ?? '').trim().split('\n');
  // a bar of progress leaves its line open
  const [, seconds, user, system] = lines.at(-1)?.match(/times (\S+) (\S+) (\S+)$/) ?? [];
  if (child.status !== 0 || seconds === undefined)
    throw new Error(
      lines.slice(0, -1).filter(Boolean).at(-1) ?? `${basename(command)} ended with ${child.status}`,
    );
  return { stdout: child.stdout, seconds: Number(seconds), cpuSeconds: Number(user) + Number(system) };
}
