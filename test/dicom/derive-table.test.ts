import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemFrom } from '../../src-main/contract/errors.js';
import {
  asciiValue,
  type ElementFile,
  findElement,
  sequenceItems,
  UNDEFINED_LENGTH,
  valueBytes,
  walkElements,
} from '../../src-main/dicom/elements/elements.js';
import { newUid } from '../../src-main/dicom/elements/uid.js';
import { type Derivation, deriveInstance, SMOOTHING } from '../../src-main/dicom/write/derive.js';
import { verifyWritten } from '../../src-main/dicom/write/verify.js';
import { hasTool } from '../support/tools.js';
import { daikonFile, hasPydicom, pydicomFile, temporaryFolder } from './fixtures.js';
import { complaints, newLines } from './validators.js';

const folder = temporaryFolder();
const hasDcentvfy = hasTool('dcentvfy');
const hasDcm2niix = hasTool('dcm2niix');

/** One top-level element in explicit VR little endian. */
function element(tag: number, vr: string, value: Uint8Array | string, length?: number): Buffer {
  const bytes = Buffer.from(value);
  const long = vr === 'SQ' || vr === 'OB' || vr === 'UN';
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(length ?? bytes.length, 8);
  else head.writeUInt16LE(length ?? bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

function raw(tag: number, length: number, value: Uint8Array = new Uint8Array(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.writeUInt32LE(length, 4);
  return Buffer.concat([head, value]);
}

/** An explicit little endian file with elements put in or taken out. */
function edited(bytes: Uint8Array, changes: Record<number, Buffer | null>): Uint8Array {
  const file = walkElements(bytes);
  const parts = file.elements
    .filter(({ tag }) => !(tag in changes))
    .map(({ tag, start, end }) => ({ tag, part: bytes.subarray(start, end) }));
  for (const [tag, part] of Object.entries(changes))
    if (part !== null) parts.push({ tag: Number(tag), part });
  parts.sort((a, b) => a.tag - b.tag);
  return Buffer.concat([bytes.subarray(0, file.meta.at(-1)!.end), ...parts.map(({ part }) => part)]);
}

function text(file: ElementFile, tag: number): string | undefined {
  return asciiValue(file.bytes, findElement(file.elements, tag));
}

function derivation(file: ElementFile, change: Partial<Derivation> = {}): Derivation {
  return {
    seriesInstanceUid: newUid(),
    sopInstanceUid: newUid(),
    seriesNumber: 9001,
    seriesDescriptionSuffix: 'DENOISED',
    description: 'Denoised. Not for diagnostic use.',
    codes: [SMOOTHING],
    sources: [{ sopClassUid: text(file, 0x00080016)!, sopInstanceUid: text(file, 0x00080018)! }],
    equipment: { manufacturer: 'Limpid', model: 'Limpid', softwareVersion: '0.1.0' },
    now: new Date('2026-11-23T12:34:56Z'),
    imageTypeValue2: 'SECONDARY',
    dropPrivate: false,
    lossySource: false,
    ...change,
  };
}

function run(bytes: Uint8Array, pixels: Int16Array, change: Partial<Derivation> = {}): ElementFile {
  const options = derivation(walkElements(bytes), change);
  const written = deriveInstance(bytes, options, pixels);
  verifyWritten(bytes, written, options);
  return walkElements(written);
}

function codeOf(action: () => unknown): string {
  try {
    action();
    return 'none';
  } catch (error) {
    return problemFrom(error).code;
  }
}

describe.skipIf(!hasPydicom)('a derived image, row by row', () => {
  const source = hasPydicom ? pydicomFile('MR_small.dcm') : new Uint8Array(0);
  const pixels = Int16Array.from({ length: 4096 }, (_, i) => i - 2000);

  it('recomputes the extremes in the VR of the pixels and drops those of the series', () => {
    const bytes = edited(source, {
      2621702: element(0x00280106, 'US', Buffer.from([1, 0])),
      2621703: element(0x00280107, 'US', Buffer.from([1, 0])),
      2621704: element(0x00280108, 'SS', Buffer.from([1, 0])),
    });
    const out = run(bytes, pixels);
    const smallest = findElement(out.elements, 0x00280106)!;
    const largest = findElement(out.elements, 0x00280107)!;
    expect([smallest.vr, Buffer.from(valueBytes(out.bytes, smallest)).readInt16LE()]).toEqual(['SS', -2000]);
    expect([largest.vr, Buffer.from(valueBytes(out.bytes, largest)).readInt16LE()]).toEqual(['SS', 2095]);
    expect(findElement(out.elements, 0x00280108)).toBeUndefined();
  });

  it('keeps BitsStored and refuses pixels that do not fit', () => {
    const bytes = edited(source, {
      2621697: element(0x00280101, 'US', Buffer.from([12, 0])),
      2621698: element(0x00280102, 'US', Buffer.from([11, 0])),
    });
    expect(codeOf(() => run(bytes, pixels))).toBe('E_VALUES');
    const out = run(
      bytes,
      pixels.map((value) => value >> 1),
    );
    expect(valueBytes(out.bytes, findElement(out.elements, 0x00280101)!)[0]).toBe(12);
  });

  it('moves pixels up where HighBit says so', () => {
    const bytes = edited(source, { 2621697: element(0x00280101, 'US', Buffer.from([12, 0])) });
    const out = run(
      bytes,
      pixels.map((value) => value >> 1),
    );
    const data = Buffer.from(valueBytes(out.bytes, findElement(out.elements, 0x7fe00010)!));
    expect(data.readInt16LE(0)).toBe(-1000 * 16);
  });

  it('sets lossy compression with ratio and method, and never clears it', () => {
    const packed = pydicomFile('JPEG2000.dcm');
    const file = walkElements(packed);
    expect(file.transferSyntax).toBe('1.2.840.10008.1.2.4.91');
    const image = new Int16Array(1024 * 256);
    const stripped = edited(packed, { 2629904: null, 2629906: null, 2629908: null });
    const out = run(stripped, image, { lossySource: true });
    expect(text(out, 0x00282110)).toBe('01');
    expect(Number(text(out, 0x00282112))).toBeGreaterThan(2);
    expect(text(out, 0x00282114)).toBe('ISO_15444_1');
    expect(text(run(stripped, image), 0x00282110)).toBeUndefined();

    const once = edited(source, { 2629904: element(0x00282110, 'CS', '01') });
    expect(text(run(once, pixels), 0x00282110)).toBe('01');
  });

  it('appends to the equipment of the source, also in an undefined length and in VR UN', () => {
    const item = raw(0xfffee000, 0, element(0x00080070, 'LO', 'Vendor'));
    item.writeUInt32LE(item.length - 8, 4);
    const open = Buffer.concat([element(0x0018a001, 'SQ', item, UNDEFINED_LENGTH), raw(0xfffee0dd, 0)]);
    const implicitItem = raw(0xfffee000, 14, raw(0x00080070, 6, Buffer.from('Vendor')));
    for (const sequence of [element(0x0018a001, 'SQ', item), open, element(0x0018a001, 'UN', implicitItem)]) {
      const out = run(edited(source, { 1613825: sequence }), pixels);
      const items = sequenceItems(out.bytes, out, findElement(out.elements, 0x0018a001)!);
      const makers = items.map(({ elements }) => asciiValue(out.bytes, findElement(elements, 0x00080070)));
      expect(makers).toEqual(['Vendor', 'Limpid']);
      expect(asciiValue(out.bytes, findElement(items[1].elements, 0x0018a002))).toMatch(/^\d{14}[+-]\d{4}$/);
    }
  });

  it('names its sources, its own first, as spatially preserved', () => {
    const file = walkElements(source);
    const own = { sopClassUid: text(file, 0x00080016)!, sopInstanceUid: text(file, 0x00080018)! };
    const neighbour = { ...own, sopInstanceUid: '1.2.3.4' };
    const out = run(source, pixels, { sources: [own, neighbour] });
    const items = sequenceItems(out.bytes, out, findElement(out.elements, 0x00082112)!);
    const values = (tag: number) =>
      items.map(({ elements }) => asciiValue(out.bytes, findElement(elements, tag)));
    expect(values(0x00081155)).toEqual([own.sopInstanceUid, '1.2.3.4']);
    expect(values(0x0028135a)).toEqual(['YES', 'YES']);
  });

  it('keeps the scanner, the place and the patient, and drops what is stale', () => {
    const icon = element(0x00880200, 'SQ', '');
    const bytes = edited(source, {
      524288: element(0x00080000, 'UL', Buffer.from([1, 0, 0, 0])),
      524308: element(0x00080014, 'UI', '1.2.3.45'),
      524801: element(0x00080201, 'SH', '+0100 '),
      8913408: icon,
      4294639610: element(0xfffafffa, 'SQ', ''),
    });
    const before = walkElements(bytes);
    const out = run(bytes, pixels, { imageTypeValue2: 'PRIMARY' });
    for (const tag of [
      0x00080070, 0x00100010, 0x00100020, 0x0020000d, 0x00200013, 0x00200032, 0x00200037, 0x00200052,
    ])
      expect(text(out, tag)).toBe(text(before, tag));
    for (const tag of [0x00080000, 0x00880200, 0xfffafffa])
      expect(findElement(out.elements, tag)).toBeUndefined();
    expect(text(out, 0x00080014)).toMatch(/^2\.25\./);
    expect(text(out, 0x00080008)).toBe(
      text(before, 0x00080008)!.replace(/^[A-Z]+\\[A-Z]+/, 'DERIVED\\PRIMARY'),
    );
    for (const tag of [0x00080012, 0x00080021, 0x00080023]) expect(text(out, tag)).toBe('20261123');
    for (const tag of [0x00080013, 0x00080033]) expect(text(out, tag)).toBe('133456');
    // Series of one run are told apart by it.
    expect(text(out, 0x00080031)).toBe('133456.009001');
    expect(text(run(bytes, pixels, { seriesNumber: 9002 }), 0x00080031)).toBe('133456.009002');
  });

  it('drops private elements only when asked', () => {
    const ct = pydicomFile('CT_small.dcm');
    const count = (file: ElementFile) => file.elements.filter(({ tag }) => ((tag >>> 16) & 1) === 1).length;
    const image = new Int16Array(128 * 128);
    expect(count(run(ct, image))).toBe(count(walkElements(ct)));
    expect(count(run(ct, image, { dropPrivate: true }))).toBe(0);
  });

  it('refuses what it cannot write', () => {
    expect(codeOf(() => run(source, pixels.subarray(1)))).toBe('E_PIXEL_LENGTH');
    expect(codeOf(() => run(source, pixels, { seriesInstanceUid: '../../x' }))).toBe('E_UID');
    expect(codeOf(() => run(edited(source, { 524312: null }), pixels, { sources: [] }))).toBe('none');
    expect(codeOf(() => run(edited(source, { 2621456: null }), pixels))).toBe('E_ELEMENT');
    expect(
      codeOf(() => run(edited(source, { 2621442: element(0x00280002, 'US', Buffer.from([3, 0])) }), pixels)),
    ).toBe('E_NOT_ELIGIBLE');
    expect(codeOf(() => run(edited(source, { 1375769136: element(0x52009230, 'SQ', '') }), pixels))).toBe(
      'E_NOT_ELIGIBLE',
    );
  });

  it('is caught by the self-check when a kept element, a tag or a UID changes', () => {
    const options = derivation(walkElements(source));
    const written = deriveInstance(source, options, pixels);
    const file = walkElements(written);
    expect(codeOf(() => verifyWritten(source, written, options))).toBe('none');
    const patient = findElement(file.elements, 0x00100010)!;
    for (const tag of [0x00100010, 0x00080018, 0x0020000e]) {
      const spoiled = Uint8Array.from(written);
      spoiled[findElement(file.elements, tag)!.valueStart + 3] ^= 1;
      expect([tag, codeOf(() => verifyWritten(source, spoiled, options))]).toEqual([tag, 'E_INTERNAL']);
    }
    const without = Buffer.concat([written.subarray(0, patient.start), written.subarray(patient.end)]);
    expect(codeOf(() => verifyWritten(source, without, options))).toBe('E_INTERNAL');
  });

  it.skipIf(!hasTool('dcmconv'))('transcodes nested numbers of big endian files as dcmtk does', () => {
    const big = path.join(folder, 'big.dcm');
    const little = path.join(folder, 'little.dcm');
    fs.writeFileSync(little, pydicomFile('CT_small.dcm'));
    expect(spawnSync('dcmconv', ['+tb', little, big]).status).toBe(0);
    const out = run(new Uint8Array(fs.readFileSync(big)), new Int16Array(128 * 128));
    const reference = run(pydicomFile('CT_small.dcm'), new Int16Array(128 * 128));
    for (const { tag, start, end } of reference.elements) {
      if ([0x00080018, 0x0020000e].includes(tag)) continue;
      const found = findElement(out.elements, tag)!;
      expect([tag, Buffer.from(out.bytes.subarray(found.start, found.end)).toString('hex')]).toEqual([
        tag,
        Buffer.from(reference.bytes.subarray(start, end)).toString('hex'),
      ]);
    }
  });
});

describe('the brain series', () => {
  const seriesInstanceUid = newUid();
  const slices = Array.from({ length: 20 }, (_, i) => {
    const bytes = daikonFile(`volume/brain_${String(i + 1).padStart(3, '0')}.dcm`);
    const file = walkElements(bytes);
    const data = valueBytes(file.bytes, findElement(file.elements, 0x7fe00010)!);
    const options = derivation(file, { seriesInstanceUid });
    return { bytes, written: deriveInstance(bytes, options, new Int16Array(Uint8Array.from(data).buffer)) };
  });
  const folders = (['bytes', 'written'] as const).map((which) => {
    const to = path.join(folder, which);
    fs.mkdirSync(to);
    for (const [i, slice] of slices.entries()) fs.writeFileSync(path.join(to, `${i}.dcm`), slice[which]);
    return to;
  });

  it.skipIf(!hasDcm2niix)('has the same geometry and voxels for dcm2niix before and after', () => {
    const [before, after] = folders.map((from) => {
      const to = `${from}-nii`;
      fs.mkdirSync(to);
      spawnSync('dcm2niix', ['-z', 'n', '-b', 'n', '-f', 'x', '-o', to, from]);
      const images = fs.readdirSync(to).filter((file) => file.endsWith('.nii'));
      expect(images).toHaveLength(1);
      return fs.readFileSync(path.join(to, images[0]));
    });
    // dim and pixdim, qform and sform, then every voxel; the free texts between them name dates.
    for (const [from, to] of [
      [40, 124],
      [252, 328],
      [352, before.length],
    ])
      expect(after.subarray(from, to).equals(before.subarray(from, to))).toBe(true);
  });

  it.skipIf(!hasDcentvfy)('is consistent with its derived series for dcentvfy', () => {
    const [source, output] = folders.map((from) => fs.readdirSync(from).map((name) => path.join(from, name)));
    expect(newLines(complaints('dcentvfy', ...source), complaints('dcentvfy', ...source, ...output))).toEqual(
      [],
    );
  });

  it('leaves an absent derivation code absent where there is nothing to say', () => {
    const { bytes } = slices[0];
    const file = walkElements(bytes);
    const out = walkElements(deriveInstance(bytes, derivation(file, { codes: [] }), new Int16Array(65536)));
    expect(findElement(out.elements, 0x00089215)).toBeUndefined();
  });
});
