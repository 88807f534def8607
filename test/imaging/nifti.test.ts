import * as fs from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as peer from 'nifti-reader-js';
import { describe, expect, it } from 'vitest';
import { readNifti, writeNifti, writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { CH2, fileLacks, python, pythonLacks, volumeOf } from './support.js';

const NIBABEL_DATA = '/usr/lib/python3/dist-packages/nibabel/tests/data';
const SHAPE = [5, 4, 3, 2] as const;
const COUNT = 120;

function ramp(): Float32Array {
  return Float32Array.from({ length: COUNT }, (_, i) => i - 20.25);
}

function plain(): Uint8Array {
  const volume = {
    ...volumeOf(ramp(), SHAPE),
    spacing: [2, 3, 4] as const,
    affine: [2, 0, 0, -10, 0, 3, 0, 20, 0, 0, 4, 30, 0, 0, 0, 1],
  };
  return writeNiftiFromVolume(volume, { gzip: false, description: 'made by a test' });
}

/** A file of another datatype and byte order: header fields changed, values encoded by `put`. */
function encoded(
  code: number,
  bytes: number,
  little: boolean,
  put: (view: DataView, offset: number, i: number) => void,
): Uint8Array {
  const source = plain();
  const from = new DataView(source.buffer);
  const out = new Uint8Array(352 + COUNT * bytes);
  const to = new DataView(out.buffer);
  to.setInt32(0, 348, little);
  for (let i = 0; i < 8; i++) to.setInt16(40 + 2 * i, from.getInt16(40 + 2 * i, true), little);
  for (let i = 0; i < 8; i++) to.setFloat32(76 + 4 * i, from.getFloat32(76 + 4 * i, true), little);
  for (let i = 0; i < 12; i++) to.setFloat32(280 + 4 * i, from.getFloat32(280 + 4 * i, true), little);
  to.setInt16(70, code, little);
  to.setInt16(72, 8 * bytes, little);
  to.setInt16(254, 1, little);
  to.setFloat32(108, 352, little);
  to.setFloat32(112, 0.5, little);
  to.setFloat32(116, -3, little);
  out.set([0x6e, 0x2b, 0x31, 0], 344);
  for (let i = 0; i < COUNT; i++) put(to, 352 + i * bytes, i);
  return out;
}

/** The plain file as NIfTI-2. */
function second(little: boolean): Uint8Array {
  const source = plain();
  const from = new DataView(source.buffer, source.byteOffset);
  const out = new Uint8Array(544 + 4 * COUNT);
  const to = new DataView(out.buffer);
  to.setInt32(0, 540, little);
  out.set([0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a], 4);
  to.setInt16(12, 16, little);
  to.setInt16(14, 32, little);
  for (let i = 0; i < 8; i++) {
    to.setBigInt64(16 + 8 * i, BigInt(from.getInt16(40 + 2 * i, true)), little);
    to.setFloat64(104 + 8 * i, from.getFloat32(76 + 4 * i, true), little);
  }
  to.setBigInt64(168, 544n, little);
  to.setInt32(348, 1, little);
  for (let i = 0; i < 12; i++) to.setFloat64(400 + 8 * i, from.getFloat32(280 + 4 * i, true), little);
  to.setInt32(500, 10, little);
  ramp().forEach((value, i) => {
    to.setFloat32(544 + 4 * i, value, little);
  });
  return out;
}

const TYPES: [string, number, number, (v: DataView, o: number, x: number, l: boolean) => void][] = [
  ['uint8', 2, 1, (v, o, x) => v.setUint8(o, x)],
  ['int16', 4, 2, (v, o, x, l) => v.setInt16(o, x - 50, l)],
  ['int32', 8, 4, (v, o, x, l) => v.setInt32(o, x - 50, l)],
  ['float32', 16, 4, (v, o, x, l) => v.setFloat32(o, x - 50, l)],
  ['float64', 64, 8, (v, o, x, l) => v.setFloat64(o, x - 50, l)],
  ['int8', 256, 1, (v, o, x) => v.setInt8(o, x - 50)],
  ['uint16', 512, 2, (v, o, x, l) => v.setUint16(o, x, l)],
  ['uint32', 768, 4, (v, o, x, l) => v.setUint32(o, x, l)],
  ['int64', 1024, 8, (v, o, x, l) => v.setBigInt64(o, BigInt(x - 50), l)],
  ['uint64', 1280, 8, (v, o, x, l) => v.setBigUint64(o, BigInt(x), l)],
];

const code = (expected: string) => expect.objectContaining({ code: expected });

describe('NIfTI', () => {
  it('comes back as it was written, geometry and all', () => {
    for (const gzip of [false, true]) {
      const volume = readNifti(plain()).volume;
      const again = readNifti(writeNiftiFromVolume(volume, { gzip })).volume;
      expect(again).toEqual(volume);
      expect([again.columns, again.rows, again.slices, again.frames]).toEqual([...SHAPE]);
      expect(again.data).toEqual(ramp());
      expect(again.affine.slice(0, 8)).toEqual([2, 0, 0, -10, 0, 3, 0, 20]);
    }
  });

  it.each(TYPES)('reads %s in both byte orders and writes it back bit for bit', (_, type, size, put) => {
    for (const little of [true, false]) {
      const bytes = encoded(type, size, little, (view, offset, i) => put(view, offset, i, little));
      const image = readNifti(bytes);
      const shift = [2, 512, 768, 1280].includes(type) ? 0 : 50;
      expect(image.volume.data).toEqual(
        Float32Array.from({ length: COUNT }, (_, i) => (i - shift) * 0.5 - 3),
      );
      expect(image.volume.quantum).toBe(type === 16 || type === 64 ? 0 : 0.5);
      const back = writeNifti(image, image.volume.data, { gzip: false, datatype: 'source' });
      expect(back.subarray(0, 352)).toEqual(bytes.subarray(0, 352));
      expect(back.subarray(352)).toEqual(bytes.subarray(352));
      const floats = writeNifti(image, image.volume.data, { gzip: true, datatype: 'float32' });
      expect(readNifti(floats).volume.data).toEqual(image.volume.data);
    }
  });

  it.each<[string, number[], number[]]>([
    ['two', [2, 12, 10], [12, 10, 1, 1]],
    ['five', [5, 5, 4, 3, 1, 2], [5, 4, 3, 2]],
  ])('of %s dimensions is read and written in its own shape', (_, dims, shape) => {
    const bytes = plain().slice();
    for (let i = 0; i < 8; i++) new DataView(bytes.buffer).setInt16(40 + 2 * i, dims[i] ?? 1, true);
    const image = readNifti(bytes);
    const { columns, rows, slices, frames, data } = image.volume;
    expect([columns, rows, slices, frames]).toEqual(shape);
    expect(data).toEqual(ramp());
    const back = writeNifti(image, data, { gzip: false, datatype: 'float32' });
    expect(back.subarray(40, 56)).toEqual(bytes.subarray(40, 56));
    expect(readNifti(back).volume).toEqual(image.volume);
  });

  it('clamps to what the source type holds', () => {
    const image = readNifti(encoded(2, 1, true, (view, offset) => view.setUint8(offset, 9)));
    const data = image.volume.data.map((_, i) => [1e6, -1e6, 0.3][i % 3]);
    const back = readNifti(writeNifti(image, data, { gzip: false, datatype: 'source' })).volume.data;
    expect([...back.subarray(0, 3)]).toEqual([124.5, -3, 0.5]);
  });

  it('counts values that are not finite as not measured', () => {
    const bytes = encoded(16, 4, true, (view, offset, i) =>
      view.setFloat32(offset, i === 3 ? Number.NaN : i, true),
    );
    const { data, measured } = readNifti(bytes).volume;
    expect(data[3]).toBe(0);
    expect(measured?.[3]).toBe(0);
    expect(measured?.reduce((sum, flag) => sum + flag, 0)).toBe(COUNT - 1);
  });

  it('gives back what is not finite as it was, floats bit for bit, on request', () => {
    const payload = 0x7fc12345;
    for (const little of [true, false]) {
      const bytes = encoded(16, 4, little, (view, offset, i) => {
        if (i === 3) view.setUint32(offset, payload, little);
        else view.setFloat32(offset, i === 5 ? Number.NEGATIVE_INFINITY : i, little);
      });
      const image = readNifti(bytes);
      const options = { gzip: false, datatype: 'float32' } as const;
      const written = writeNifti(image, image.volume.data, { ...options, restore: true });
      const view = new DataView(written.buffer, written.byteOffset + 352);
      expect(view.getUint32(12, little)).toBe(payload);
      expect(view.getFloat32(20, little)).toBe(Number.NEGATIVE_INFINITY);
      expect(view.getFloat32(16, little)).toBe(-1);
      const map = writeNifti(image, image.volume.data, options);
      expect(new DataView(map.buffer, map.byteOffset + 352).getFloat32(12, little)).toBe(0);
    }
    const doubles = readNifti(
      encoded(64, 8, true, (view, offset, i) => view.setFloat64(offset, i === 3 ? Number.NaN : i, true)),
    );
    const floats = writeNifti(doubles, doubles.volume.data, {
      gzip: false,
      datatype: 'float32',
      restore: true,
    });
    expect(new DataView(floats.buffer, floats.byteOffset + 352).getFloat32(12, true)).toBeNaN();
  });

  it('applies a slope below 0 as readers do, and turns nothing', () => {
    const bytes = encoded(4, 2, true, (view, offset, i) => view.setInt16(offset, i, true));
    new DataView(bytes.buffer).setFloat32(112, -2, true);
    new DataView(bytes.buffer).setFloat32(116, 300, true);
    const image = readNifti(bytes);
    expect(Array.from(image.volume.data)).toEqual(Array.from({ length: COUNT }, (_, i) => 300 - 2 * i));
    expect(image.volume.quantum).toBe(2);
    const options = { gzip: false, restore: true } as const;
    const written = writeNifti(image, image.volume.data, { ...options, datatype: 'source' });
    expect(written.subarray(352)).toEqual(bytes.subarray(352));
    const floats = readNifti(writeNifti(image, image.volume.data, { ...options, datatype: 'float32' }));
    expect(floats.volume.data).toEqual(image.volume.data);
  });

  it('gives back marks beyond float32 as they were, and refuses an image of such values', () => {
    const doubles = (drawn: (i: number) => number) =>
      encoded(64, 8, true, (view, offset, i) => view.setFloat64(offset, drawn(i), true));
    const image = readNifti(doubles((i) => (i === 3 ? -1e303 : i)));
    expect(image.volume.measured?.[3]).toBe(0);
    const options = { gzip: false, datatype: 'float32', restore: true } as const;
    const written = writeNifti(image, image.volume.data, options);
    const view = new DataView(written.buffer, written.byteOffset);
    expect(view.getInt16(70, true)).toBe(64);
    // The scale of the source (a half) is in what is written.
    expect(view.getFloat64(352 + 24, true)).toBe(-5e302);
    expect(view.getFloat64(352 + 32, true)).toBe(image.volume.data[4]);
    for (const factor of [1e303, 1e-60]) {
      const bytes = doubles((i) => (i + 1) * factor);
      new DataView(bytes.buffer).setFloat32(116, 0, true);
      expect(() => readNifti(bytes)).toThrow(expect.objectContaining({ code: 'E_VALUES' }));
    }
  });

  it('reads NIfTI-2 in both byte orders and writes what says the same', () => {
    const first = readNifti(plain());
    for (const little of [true, false]) {
      const bytes = second(little);
      for (const file of [bytes, gzipSync(bytes)]) {
        const image = readNifti(file);
        expect(image.volume).toEqual(first.volume);
        const again = readNifti(writeNifti(image, ramp(), { gzip: true, datatype: 'float32' }));
        expect(again.volume).toEqual(first.volume);
      }
      const textMode = Uint8Array.from(bytes);
      textMode[8] = 0x0a;
      expect(() => readNifti(textMode)).toThrow(code('E_NIFTI'));
    }
  });

  it('reads a compressed file whatever follows its stream, and not one whose stream is damaged', () => {
    const packed = gzipSync(plain());
    for (const rest of [Buffer.alloc(700), Buffer.from('rest'), Buffer.alloc(5, 0xff)])
      expect(readNifti(Buffer.concat([packed, rest])).volume.data).toEqual(ramp());
    const damaged = Uint8Array.from(packed);
    damaged[packed.length - 6] ^= 1;
    expect(() => readNifti(Buffer.concat([damaged, Buffer.from('rest')]))).toThrow(code('E_NIFTI'));
  });

  it('keeps extensions and reads a pair', () => {
    const source = plain();
    const extended = new Uint8Array(source.length + 16);
    extended.set(source.subarray(0, 352));
    extended.set([1, 0, 0, 0, 16, 0, 0, 0, 6, 0, 0, 0, 72, 105, 33, 0], 348);
    extended.set(source.subarray(352), 368);
    new DataView(extended.buffer).setFloat32(108, 368, true);
    const image = readNifti(extended);
    expect(image.volume.data).toEqual(ramp());
    const again = writeNifti(image, ramp(), { gzip: false, datatype: 'float32' });
    expect(again.subarray(348, 364)).toEqual(extended.subarray(348, 364));
    const header = source.slice(0, 352);
    header.set([0x6e, 0x69, 0x31, 0], 344);
    new DataView(header.buffer).setFloat32(108, 0, true);
    expect(readNifti(header, source.subarray(352)).volume.data).toEqual(ramp());
    expect(() => readNifti(header)).toThrow(code('E_NIFTI'));
  });

  it('is read the same by an independent reader', () => {
    const bytes = plain();
    const buffer = Uint8Array.from(bytes).buffer;
    const header = peer.readHeader(buffer);
    expect(header.dims.slice(0, 5)).toEqual([4, ...SHAPE]);
    expect(header.description).toContain('made by a test');
    expect(new Float32Array(peer.readImage(header, buffer))).toEqual(ramp());
  });

  it('refuses what is no NIfTI-1, truncated, of other types, or a bomb', () => {
    const source = plain();
    const changed = (offset: number, ...values: number[]) => {
      const copy = Uint8Array.from(source);
      copy.set(values, offset);
      return copy;
    };
    expect(() => readNifti(new Uint8Array(0))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(changed(344, 0))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(changed(0, 28, 2))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(source.subarray(0, source.length - 1))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(gzipSync(source).subarray(0, 200))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(Uint8Array.of(0x1f, 0x8b, 1, 2, 3))).toThrow(code('E_NIFTI'));
    for (const type of [1, 32, 128]) expect(() => readNifti(changed(70, type))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(changed(42, 0, 0))).toThrow(code('E_NIFTI'));
    expect(() => readNifti(changed(42, 255, 127, 255, 127, 255, 127))).toThrow(code('E_BOMB'));
    const bomb = new Uint8Array(source.length + (1 << 24));
    bomb.set(source);
    expect(() => readNifti(gzipSync(bomb))).toThrow(code('E_BOMB'));
    const image = readNifti(source);
    expect(() => writeNifti(image, new Float32Array(3), { gzip: false, datatype: 'float32' })).toThrow(
      code('E_SHAPE'),
    );
  });

  it.skipIf(fileLacks(CH2, 'mricron-data'))('keeps the header of a real image', () => {
    const bytes = fs.readFileSync(CH2);
    const image = readNifti(bytes);
    expect([image.volume.columns, image.volume.rows, image.volume.slices]).toEqual([181, 217, 181]);
    const out = writeNifti(image, image.volume.data, { gzip: false, datatype: 'source' });
    const source = gunzipSync(bytes);
    // dim to pixdim, and qform to the end: shape, spacing, orientation
    expect(out.subarray(40, 108)).toEqual(new Uint8Array(source.subarray(40, 108)));
    expect(out.subarray(252, 344)).toEqual(new Uint8Array(source.subarray(252, 344)));
  });

  const lacking =
    pythonLacks('nibabel', 'numpy') || fileLacks(`${NIBABEL_DATA}/example4d.nii.gz`, 'python3-nibabel');
  it.skipIf(lacking)('agrees with nibabel on values, spacing and affine', () => {
    for (const name of [
      'example4d.nii.gz',
      'functional.nii',
      'anatomical.nii',
      'reoriented_anat_moved.nii',
    ]) {
      const bytes = fs.readFileSync(`${NIBABEL_DATA}/${name}`);
      const volume = readNifti(bytes).volume;
      const script = `
import json, nibabel, numpy as np
i = nibabel.load('${name}')
v = np.asarray(i.dataobj).astype('<f8').ravel(order='F')
w = np.arange(v.size) % 1009
print(json.dumps([v.size, v.sum(), (v * w).sum(), *[float(z) for z in i.header.get_zooms()[:3]], *i.affine.ravel()]))`;
      const expected = python(script, { [name]: bytes });
      let sum = 0;
      let weighted = 0;
      volume.data.forEach((value, i) => {
        sum += value;
        weighted += value * (i % 1009);
      });
      const ras = volume.affine.map((value, i) => (i < 8 ? -value : value));
      const ours = [volume.data.length, sum, weighted, ...volume.spacing, ...ras];
      expect(ours).toHaveLength(expected.length);
      ours.forEach((value, i) => {
        expect(Math.abs(value - expected[i]), `${name} ${i}`).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(expected[i])),
        );
      });
    }
  });
});

describe('what is not quite a NIfTI file', () => {
  it('is read where it was compressed in several streams, the first empty or shorter than the header', () => {
    const bytes = plain();
    for (const cut of [0, 100]) {
      const packed = Buffer.concat([gzipSync(bytes.subarray(0, cut)), gzipSync(bytes.subarray(cut))]);
      expect([...readNifti(packed).volume.data]).toEqual([...ramp()]);
    }
  });

  it('is written without extensions of which one says a size that cannot be, and with those that are right', () => {
    const bytes = plain();
    const withExtension = (size: number) => {
      const extension = Buffer.alloc(32, 'x');
      extension.writeInt32LE(size, 0);
      const flagged = Buffer.from(bytes.subarray(0, 352));
      flagged[348] = 1;
      flagged.writeFloatLE(384, 108);
      return Buffer.concat([flagged, extension, bytes.subarray(352)]);
    };
    const written = (size: number) => {
      const image = readNifti(withExtension(size));
      return Buffer.from(writeNifti(image, image.volume.data, { gzip: false, datatype: 'float32' }));
    };
    expect(written(32).includes('xxxx')).toBe(true);
    for (const size of [1_000_000, -8, 0]) {
      expect([written(size)[348], written(size).includes('xxxx')]).toEqual([0, false]);
      expect([...readNifti(written(size)).volume.data]).toEqual([...ramp()]);
    }
  });

  it('is refused where float32 would round what its values differ by', () => {
    const far = (offset: number) =>
      encoded(64, 8, true, (view, at, i) => view.setFloat64(at, offset + 0.01 * i, true));
    expect(() => readNifti(far(1e6))).toThrow('float32 would round');
    expect(readNifti(far(100)).volume.data[1] - readNifti(far(100)).volume.data[0]).toBeCloseTo(0.005, 4);
  });
});
