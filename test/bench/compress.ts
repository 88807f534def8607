// Compresses held-out slices of ch2 with trained models, and with JPEG 2000 and JPEG-LS at the same rate:
//   npm run bench -- compress [--steps N] [--only MODEL,...] [--write]
// --write keeps the rows in test/bench/results/compress.json and puts them into docs/families.md.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as os from 'node:os';
import * as path from 'node:path';
import { readNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { sliceView, type Volume, withData } from '../../src-main/imaging/volume.js';
import { runCompress, runDecompress } from '../../src-main/jobs/codes/compress.js';
import { exportModel } from '../../src-main/model-files/model-file.js';
import { modelCard } from '../../src-main/model-files/trained-card.js';
import type { FamilySettings } from '../../src-main/models/family.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { trainFamily } from '../../src-main/training/family.js';
import { intensityScale, SLICE_JUDGES } from '../../src-main/training/samples/corpus.js';
import { CH2, slab } from '../imaging/support.js';
import { brainCorpus, planFor } from '../training/brain.js';
import { benchOptions, keep, markdown, type Row } from './tables.js';

/**
 * Rate and PSNR of `limpid compress` on the held-out slices of ch2 (8 bits), beside JPEG 2000 (Debian's python3-pil) and
 * near-lossless JPEG-LS (CharLS) at the same rate or the nearest below it.
 */

const MODELS: Readonly<Record<string, readonly [family: string, FamilySettings]>> = {
  'vector-quantised, 64 codes': ['vector-quantised', { codes: 64 }],
  'vector-quantised, 256 codes': ['vector-quantised', { codes: 256 }],
  'plain, 32 values for 16 x 16': ['plain', { latent: 32 }],
  'convolutional, 8 values for 8 x 8': ['convolutional', { latent: 8 }],
};
const [FROM, TO] = [50, 110];
const PYTHON = '/usr/bin/python3';
const options = benchOptions({ steps: 1000 });
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-compress-'));
const at = (name: string): string => path.join(folder, name);

interface Coded {
  readonly bytes: number;
  readonly squares: number;
}

const corpus = brainCorpus(FROM, TO);
const volume = heldOut(slab(readNifti(fs.readFileSync(CH2)).volume, FROM, TO));
const pixels = volume.data.length;
const { low, high } = intensityScale(volume);
fs.writeFileSync(at('held-out.nii'), writeNiftiFromVolume(volume, { gzip: false }));
fs.writeFileSync(at('held-out.raw'), Uint8Array.from(volume.data));

function heldOut(whole: Volume): Volume {
  const slices = [...corpus[0].roles.keys()].filter((slice) => corpus[0].roles[slice] === SLICE_JUDGES);
  const area = whole.rows * whole.columns;
  const data = new Float32Array(area * slices.length);
  slices.forEach((slice, i) => {
    data.set(sliceView(whole, slice), i * area);
  });
  return withData({ ...whole, slices: slices.length, measured: null }, data);
}

async function ours(family: string, settings: FamilySettings): Promise<Coded> {
  const runtime = await openRuntime('cpu', { threads: 2 });
  const trained = await trainFamily(
    runtime,
    corpus,
    planFor(family, { settings, steps: options.steps, size: 32 }),
  );
  await runtime.close();
  const data = { series: 1, trainingPlanes: 1, heldOutPlanes: 1, modalities: [], noise: null };
  const card = modelCard(trained, { version: '0.0.0', device: 'cpu', data }, null);
  for (const name of ['model.onnx', 'coded', 'back.nii']) fs.rmSync(at(name), { force: true });
  fs.writeFileSync(at('model.onnx'), exportModel(trained, card));
  const common = { model: at('model.onnx'), device: 'cpu' as const };
  const { bytes } = await runCompress(
    { type: 'compress', input: at('held-out.nii'), output: at('coded'), force: false, ...common },
    () => {},
  );
  await runDecompress(
    { type: 'decompress', input: at('coded'), output: at('back.nii'), ...common },
    () => {},
  );
  return { bytes, squares: squaresTo(readNifti(fs.readFileSync(at('back.nii'))).volume.data) };
}

function squaresTo(values: ArrayLike<number>): number {
  return volume.data.reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0);
}

function jpeg2000(bytes: number): Coded {
  const script = path.resolve('test/bench/jpeg2000.py');
  const given = [at('held-out.raw'), volume.columns, volume.rows, pixels / bytes].map(String);
  const [size, squares] = execFileSync(PYTHON, [script, ...given], { encoding: 'utf8' }).split(' ');
  return { bytes: Number(size), squares: Number(squares) };
}

interface Codec {
  getDecodedBuffer(frame?: object): Uint8Array;
  getEncodedBuffer(length?: number): Uint8Array;
  setNearLossless(near: number): void;
  encode(): void;
  decode(): void;
  delete(): void;
}

interface Charls {
  readonly JpegLSEncoder: new () => Codec;
  readonly JpegLSDecoder: new () => Codec;
}

/** The first error bound whose rate is not above. */
async function jpegLs(bytes: number): Promise<Coded & { readonly near: number }> {
  const factory: () => Promise<Charls> = createRequire(import.meta.url)('@cornerstonejs/codec-charls');
  const charls = await factory();
  for (let near = 0; near < 127; near++) {
    const coded = codedLs(charls, near);
    if (coded.bytes <= bytes || near === 126) return { ...coded, near };
  }
  throw new Error('unreachable');
}

function codedLs({ JpegLSEncoder, JpegLSDecoder }: Charls, near: number): Coded {
  const { columns: width, rows: height, slices } = volume;
  const back = new Uint8Array(pixels);
  let bytes = 0;
  for (let slice = 0; slice < slices; slice++) {
    const [encoder, decoder] = [new JpegLSEncoder(), new JpegLSDecoder()];
    const frame = { width, height, bitsPerSample: 8, componentCount: 1, isSigned: false };
    encoder.getDecodedBuffer(frame).set(sliceView(volume, slice));
    encoder.setNearLossless(near);
    encoder.encode();
    const stream = Uint8Array.from(encoder.getEncodedBuffer());
    decoder.getEncodedBuffer(stream.length).set(stream);
    decoder.decode();
    back.set(decoder.getDecodedBuffer(), slice * width * height);
    bytes += stream.length;
    encoder.delete();
    decoder.delete();
  }
  return { bytes, squares: squaresTo(back) };
}

const rate = ({ bytes }: Coded): string => ((8 * bytes) / pixels).toFixed(3);
const dB = ({ squares }: Coded): string =>
  `${(-10 * Math.log10(squares / pixels / (high - low) ** 2)).toFixed(2)} dB`;

const names = Object.keys(MODELS);
const rows: Row[] = [];
for (const name of names.filter(
  (one) => options.only.length === 0 || options.only.some((part) => one.includes(part)),
)) {
  const [family, settings] = MODELS[name];
  process.stderr.write(`${name}\n`);
  const mine = await ours(family, settings);
  const [wavelets, ls] = [jpeg2000(mine.bytes), await jpegLs(mine.bytes)];
  const row: Row = {
    model: name,
    'bits a pixel': rate(mine),
    PSNR: dB(mine),
    'JPEG 2000': `${dB(wavelets)} (${rate(wavelets)} bits)`,
    'JPEG-LS': `${dB(ls)} (${rate(ls)} bits, error up to ${ls.near})`,
  };
  process.stderr.write(`${Object.values(row).join(' | ')}\n`);
  if (options.write) keep('compress', name, [row], names);
  rows.push(row);
}
fs.rmSync(folder, { recursive: true });
process.stdout.write(`${markdown(rows)}\n`);
