import { describe, expect, it } from 'vitest';
import { LimpidError } from '../../src-main/contract/errors.js';
import { DecodePool, type StoredPixels } from '../../src-main/dicom/codec/decode.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { readInstance } from '../../src-main/dicom/read/instance.js';
import { scan } from '../../src-main/dicom/series/scan.js';
import { type Derivation, deriveInstance } from '../../src-main/dicom/write/derive.js';
import { verifyWritten } from '../../src-main/dicom/write/verify.js';
import { longElement, makeDicom, memoryFile, textElement } from './support.js';

const PIXELS = Buffer.from([0xe0, 0x7f, 0x10, 0x00]);
const VALUES = Array.from({ length: 16 }, (_, i) => 100 + i);

const derivation: Derivation = {
  seriesInstanceUid: '2.25.1',
  sopInstanceUid: '2.25.2',
  seriesNumber: 7,
  seriesDescriptionSuffix: 'DENOISED',
  description: 'Tested; not for diagnostic use',
  codes: [],
  sources: [],
  equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0' },
  now: new Date(2026, 0, 1),
  imageTypeValue2: 'SECONDARY',
  dropPrivate: false,
  lossySource: false,
};

async function read(bytes: Uint8Array): Promise<StoredPixels> {
  return new DecodePool().decode(readInstance(memoryFile(bytes), bytes), bytes);
}

/** The derived file, which the strict check has read again. */
function derived(bytes: Uint8Array): Uint8Array {
  const written = deriveInstance(bytes, derivation, Uint16Array.from(VALUES));
  verifyWritten(bytes, written, derivation);
  return written;
}

async function warningsOf(bytes: Uint8Array): Promise<string[]> {
  const file = memoryFile(bytes);
  const source = { root: '', kind: 'folder' as const, passedOver: [], close: async () => {} };
  const { series } = await scan({
    ...source,
    async *files() {
      yield file;
    },
  });
  return series.flatMap(({ warnings }) => warnings.map(({ code, message }) => `${code} ${message}`));
}

/** The elements after the file meta information, in implicit VR. */
function implicit(bytes: Uint8Array): Buffer {
  const { elements } = walkElements(bytes);
  return Buffer.concat(
    elements.map(({ tag, valueStart, end }) => {
      const head = Buffer.alloc(8);
      head.writeUInt16LE(tag >>> 16, 0);
      head.writeUInt16LE(tag & 0xffff, 2);
      head.writeUInt32LE(end - valueStart, 4);
      return Buffer.concat([head, bytes.subarray(valueStart, end)]);
    }),
  );
}

function dataSetOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(walkElements(bytes).meta.at(-1)?.end ?? 0);
}

/** Pixel data of other bytes: their length is written whatever they are. */
function withPixels(bytes: Uint8Array, pixels: Uint8Array): Buffer {
  const at = Buffer.from(bytes).lastIndexOf(PIXELS);
  const head = Buffer.from(bytes.subarray(at, at + 12));
  head.writeUInt32LE(pixels.length, 8);
  return Buffer.concat([bytes.subarray(0, at), head, pixels]);
}

describe('a file without preamble', () => {
  const whole = makeDicom({ values: VALUES, sopInstance: '1.2.3.1' });

  it.each([
    ['with file meta information', whole.subarray(132), 'no preamble'],
    ['and file meta information, explicit', dataSetOf(whole), 'no file meta information'],
    ['and file meta information, implicit', implicit(whole), 'no file meta information'],
    [
      'but with a prefix',
      Buffer.concat([whole.subarray(0, 132), dataSetOf(whole)]),
      'no file meta information',
    ],
  ])('%s is read, told of, and written with both', async (_, bytes, told) => {
    expect(Array.from((await read(bytes)).values)).toEqual(VALUES);
    expect(readInstance(memoryFile(bytes), bytes)).toMatchObject({
      sopInstanceUid: '1.2.3.1',
      pixelSpacing: [2, 3],
    });
    expect((await warningsOf(bytes)).join()).toContain(told);
    const written = derived(bytes);
    expect(Buffer.from(written).toString('latin1', 128, 132)).toBe('DICM');
    expect(findElement(walkElements(written).meta, 0x00020010)).toBeDefined();
  });

  it('whose pixels are compressed does not say how, and is refused', () => {
    const compressed = { syntax: '1.2.840.10008.1.2.5', fragments: [new Uint8Array(80)] };
    const bytes = dataSetOf(makeDicom({ compressed }));
    expect(() => walkElements(bytes)).toThrow(expect.objectContaining({ code: 'E_NO_META' }));
  });

  it('is told of by no conforming file', async () => {
    expect(await warningsOf(whole)).toEqual([]);
  });
});

describe('an element of group 0002 in the data set', () => {
  const extra = Buffer.from([2, 0, 0x16, 0, 0x41, 0x45, 4, 0, 0x41, 0x42, 0x43, 0x20]);

  it('is told of, and is not written', async () => {
    const whole = makeDicom({ values: VALUES });
    const { elements } = walkElements(whole);
    for (const at of [elements[3].start, elements[elements.length - 1].start]) {
      const bytes = Buffer.concat([whole.subarray(0, at), extra, whole.subarray(at)]);
      expect((await warningsOf(bytes)).join()).toContain('group 0002');
      expect(Array.from((await read(bytes)).values)).toEqual(VALUES);
      const { elements: written } = walkElements(derived(bytes));
      expect(written.some(({ tag }) => tag >>> 16 === 2)).toBe(false);
      expect(written).toHaveLength(walkElements(derived(whole)).elements.length);
    }
  });
});

describe('native pixels', () => {
  const whole = makeDicom({ values: VALUES });
  const pixels = whole.subarray(whole.length - 32);

  it.each([
    ['a byte', [0]],
    ['zeros', Array<number>(14).fill(0)],
    ['FF bytes', [0xff, 0xff]],
  ])('may be followed by %s of padding', async (_, padding) => {
    const bytes = withPixels(whole, Buffer.concat([pixels, Buffer.from(padding)]));
    expect(Array.from((await read(bytes)).values)).toEqual(VALUES);
    expect((await warningsOf(bytes)).join()).toContain('bytes of pixels');
    expect(walkElements(derived(bytes)).elements.at(-1)?.length).toBe(32);
  });

  it('may be followed by zeros, which are padding: nothing is told', async () => {
    const bytes = Buffer.concat([whole, Buffer.alloc(1000)]);
    expect(Array.from((await read(bytes)).values)).toEqual(VALUES);
    expect((await warningsOf(bytes)).join()).not.toContain('no elements');
    expect(walkElements(derived(bytes))).toMatchObject({ trailing: 0 });
  });

  it.each([
    ['what is no value representation', Buffer.from('e07f2a00zz\x99\x88garbage', 'latin1')],
    ['an element that runs past the end', Buffer.from('fcfffcff4f42000000010000ab', 'hex')],
    ['half an element', Buffer.from('fcff', 'hex')],
    ['random bytes', Buffer.from(Array.from({ length: 333 }, (_, i) => (i * 7919 + 0xd1) & 0xff))],
  ])('may be followed by %s, which is told and not written', async (_, extra) => {
    const bytes = Buffer.concat([whole, extra]);
    expect(Array.from((await read(bytes)).values)).toEqual(VALUES);
    expect((await warningsOf(bytes)).join()).toContain('no elements');
    expect(walkElements(derived(bytes))).toMatchObject({ trailing: 0 });
    expect(derived(bytes)).toHaveLength(derived(whole).length);
  });

  it('of 8 bits may have an odd number of bytes, as many as they are', async () => {
    const odd = Buffer.from(makeDicom({ rows: 3, columns: 3, bitsStored: 8, values: [] }));
    const { elements } = walkElements(odd.subarray(0, odd.length));
    const allocated = findElement(elements, 0x00280100);
    if (allocated === undefined) throw new Error('no Bits Allocated');
    odd[allocated.valueStart] = 8;
    const bytes = withPixels(odd, Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]));
    expect(Array.from((await read(bytes)).values)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const written = deriveInstance(bytes, derivation, Uint8Array.from([9, 8, 7, 6, 5, 4, 3, 2, 1]));
    verifyWritten(bytes, written, derivation);
    expect(walkElements(written).elements.at(-1)?.length).toBe(10);
  });

  it.each([
    ['too few', pixels.subarray(0, 30)],
    ['a frame too many', Buffer.concat([pixels, pixels])],
  ])('%s are refused when the header is read', (_, other) => {
    const bytes = withPixels(whole, other);
    expect(() => readInstance(memoryFile(bytes), bytes)).toThrow(
      expect.objectContaining({ code: 'E_PIXEL_LENGTH' }),
    );
  });

  it('followed by something that is no padding are refused', async () => {
    const bytes = withPixels(whole, Buffer.concat([pixels, Buffer.from([1, 2, 3, 4])]));
    await expect(read(bytes)).rejects.toBeInstanceOf(LimpidError);
  });
});

describe('a number of frames of 0', () => {
  it('is one frame where the pixels are one, and is told', async () => {
    const none: [number, Buffer] = [0x00280008, textElement(0x00280008, 'IS', '0')];
    const whole = makeDicom({ values: VALUES, more: [none] });
    expect([...(await read(whole)).values]).toEqual(VALUES);
    expect((await warningsOf(whole)).join()).toContain('frames of 0');
    expect(walkElements(derived(whole)).elements.length).toBeGreaterThan(0);
    const cut = makeDicom({ values: VALUES, rows: 5, more: [none] });
    expect(() => readInstance(memoryFile(cut), cut)).toThrow(LimpidError);
  });
});

describe('a comma as decimal sign', () => {
  it('is read as one, and told of', async () => {
    const whole = Buffer.from(makeDicom({ slope: '1.50', intercept: '-2.5', values: VALUES }));
    for (const text of ['1.50', '-2.5']) {
      const at = whole.indexOf(text);
      whole.write(text.replace('.', ','), at, 'latin1');
    }
    expect(readInstance(memoryFile(whole), whole)).toMatchObject({ slope: 1.5, intercept: -2.5 });
    expect((await warningsOf(whole)).join()).toContain('comma');
  });

  it('is not guessed where it may part thousands', () => {
    const whole = Buffer.from(makeDicom({ slope: '1,5.25', values: VALUES }));
    expect(() => readInstance(memoryFile(whole), whole)).toThrow(
      expect.objectContaining({ code: 'E_VALUES' }),
    );
  });
});

describe('an overlay in unused bits of the pixels', () => {
  const word = (element: number, value: number) =>
    Buffer.from([0, 0x60, element & 255, element >> 8, 0x55, 0x53, 2, 0, value, 0]);
  const overlay = Buffer.concat([word(0x0010, 4), word(0x0011, 4), word(0x0100, 16), word(0x0102, 14)]);
  const packed = VALUES.map((value, i) => value | (i % 3 === 0 ? 1 << 14 : 0));
  const whole = makeDicom({ bitsStored: 12, values: packed });
  const at = Buffer.from(whole).lastIndexOf(PIXELS);
  const bytes = Buffer.concat([whole.subarray(0, at), overlay, whole.subarray(at)]);

  it('stays where its group says that it is, beside the new values', async () => {
    const { values, beside } = await read(bytes);
    expect(Array.from(values)).toEqual(VALUES);
    const darker = Uint16Array.from(VALUES, (value) => value - 50);
    const written = deriveInstance(bytes, derivation, darker, beside);
    verifyWritten(bytes, written, derivation);
    const again = await read(written);
    expect(Array.from(again.values)).toEqual(Array.from(darker));
    expect(Array.from(again.beside ?? [])).toEqual(packed.map((value) => value & (1 << 14)));
  });

  it('is only kept where there is one: other bits there mean nothing', async () => {
    const { values, beside } = await read(whole);
    expect(Array.from(values)).toEqual(VALUES);
    expect(beside).toBeUndefined();
  });
});

describe('UIDs that break the rule', () => {
  const image = { sopInstance: '1.2.03.4', values: VALUES };

  it('are read, told, and referred to as they are', async () => {
    const bytes = makeDicom(image);
    expect(await warningsOf(bytes)).toEqual([expect.stringContaining('begin with 0')]);
    const source = { sopClassUid: '1.2.840.10008.5.1.4.1.1.4', sopInstanceUid: '1.2.03.4' };
    const written = deriveInstance(bytes, { ...derivation, sources: [source] }, Uint16Array.from(VALUES));
    expect(Buffer.from(written).includes('1.2.03.4')).toBe(true);
  });

  it('that are none are refused', async () => {
    for (const sopInstance of ['1.2.x', '1..2', '.1', '1'.repeat(65)])
      expect(() => readInstance(memoryFile(makeDicom({ sopInstance })), makeDicom({ sopInstance }))).toThrow(
        'SOP Instance UID',
      );
  });
});

describe('pixels that are floating-point numbers', () => {
  it('are told as that, not as a file without pixels', () => {
    for (const [tag, vr] of [
      [0x7fe00008, 'OF'],
      [0x7fe00009, 'OD'],
    ] as const) {
      const whole = makeDicom();
      const image = findElement(walkElements(whole).elements, 0x7fe00010);
      const bytes = Buffer.concat([whole.subarray(0, image?.start), longElement(tag, vr, Buffer.alloc(128))]);
      expect(() => readInstance(memoryFile(bytes), bytes)).toThrow('floating-point numbers');
    }
  });
});
