import { bytesOf, element, item, longElement, textElement, wordElement } from './support.js';

/** Small enhanced images, drawn: explicit VR little endian, 16 bits, functional groups as vendors write them. */

export interface DrawnFrame {
  readonly values: readonly number[];
  /** null leaves Plane Position out. */
  readonly position?: readonly number[] | null;
  readonly orientation?: readonly number[];
  readonly time?: number | undefined;
  readonly acquired?: string;
  readonly slope?: number;
  readonly intercept?: number;
  readonly component?: string;
  /** Frame Type; absent: ORIGINAL, PRIMARY, T1. */
  readonly frameType?: string;
  readonly bValue?: number;
  readonly gradient?: readonly number[];
  readonly echoTime?: number;
  /** Dimension Index Values. */
  readonly dimensions?: readonly number[] | undefined;
  readonly window?: readonly [number, number];
  /** Elements of a private group, and the like. */
  readonly more?: readonly Buffer[];
}

export interface DrawnImage {
  readonly frames: readonly DrawnFrame[];
  readonly rows?: number;
  readonly columns?: number;
  readonly sopClass?: string;
  readonly sopInstance?: string;
  readonly series?: string;
  readonly instanceNumber?: number;
  readonly signed?: boolean;
  readonly bitsStored?: number;
  /** Tags of the dimensions, `(group << 16) + element`; none leaves the module out. */
  readonly pointers?: readonly number[];
  /** Frame Type in the shared group, where it is the same of all frames. */
  readonly sharedType?: boolean;
  /** Sequences and items of undefined length. */
  readonly open?: boolean;
  readonly concatenation?: readonly [uid: string, number: number, total: number, offset: number];
  readonly smallest?: boolean;
  /** Number of Frames that is claimed. */
  readonly claimed?: number;
  /** Elements of the shared group. */
  readonly shared?: readonly Buffer[];
  /** Elements of the top level. */
  readonly top?: readonly (readonly [tag: number, bytes: Buffer])[];
  readonly cut?: number;
  readonly rle?: boolean;
  /** Compressed frames that end early. */
  readonly damaged?: readonly number[];
  /** With the compressed frames in several fragments each: an offset table tells them apart. */
  readonly table?: 'basic' | 'extended' | undefined;
}

export const ENHANCED_MR = '1.2.840.10008.5.1.4.1.1.4.1';
export const ENHANCED_CT = '1.2.840.10008.5.1.4.1.1.2.1';
const TEMPORAL = 0x00209128;
const IN_STACK = 0x00209057;
const STACK = 0x00209056;
export const USUAL_POINTERS = [STACK, IN_STACK, TEMPORAL];

let counter = 0;

export function drawEnhanced(image: DrawnImage): Uint8Array {
  const { rows = 4, columns = 4, frames, sopClass = ENHANCED_MR, pointers = USUAL_POINTERS } = image;
  const { bitsStored = 16, open = false } = image;
  const modality = sopClass === ENHANCED_CT ? 'CT' : 'MR';
  const sequence = (tag: number, ...items: readonly Buffer[]) => sequenceOf(tag, open, items);
  const text = (tag: number, vr: string, value: string): [number, Buffer] => [
    tag,
    textElement(tag, vr, value),
  ];
  const word = (tag: number, value: number): [number, Buffer] => [tag, wordElement(tag, value)];
  const type = (component = 'MAGNITUDE', called?: string) => frameType(sequence, modality, component, called);
  const elements: [number, Buffer][] = [
    text(
      0x00080008,
      'CS',
      modality === 'CT' ? 'ORIGINAL\\PRIMARY\\VOLUME\\NONE' : 'ORIGINAL\\PRIMARY\\T1\\NONE',
    ),
    text(0x00080016, 'UI', sopClass),
    text(0x00080018, 'UI', image.sopInstance ?? `1.2.3.4.${++counter}`),
    text(0x00080060, 'CS', modality),
    text(0x00100010, 'PN', 'Test'),
    text(0x00189004, 'CS', 'PRODUCT'),
    text(0x0020000d, 'UI', '1.2.3'),
    text(0x0020000e, 'UI', image.series ?? '1.2.3.0'),
    text(0x00200013, 'IS', String(image.instanceNumber ?? 1)),
    text(0x00200052, 'UI', '1.2.3.9'),
    ...(pointers.length === 0 ? [] : dimensionModule(sequence, pointers)),
    word(0x00280002, 1),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    text(0x00280008, 'IS', String(image.claimed ?? frames.length)),
    word(0x00280010, rows),
    word(0x00280011, columns),
    word(0x00280100, 16),
    word(0x00280101, bitsStored),
    word(0x00280102, bitsStored - 1),
    word(0x00280103, image.signed ? 1 : 0),
    [
      0x52009229,
      sequence(
        0x52009229,
        Buffer.concat([
          ...(image.sharedType ? [type(frames[0].component)] : []),
          sequence(
            0x00289110,
            Buffer.concat([textElement(0x00180050, 'DS', '3'), textElement(0x00280030, 'DS', '2\\2')]),
          ),
          ...(image.shared ?? []),
        ]),
      ),
    ],
    [
      0x52009230,
      sequence(0x52009230, ...frames.map((frame, i) => frameGroups(image, sequence, type, frame, i))),
    ],
    ...(image.top ?? []).map(([tag, bytes]): [number, Buffer] => [tag, bytes]),
  ];
  if (image.smallest) elements.push(word(0x00280106, 0), word(0x00280107, 0));
  if (image.concatenation !== undefined) {
    const [uid, number, total, offset] = image.concatenation;
    elements.push(text(0x00209161, 'UI', uid), word(0x00209162, number), word(0x00209163, total), [
      0x00209228,
      longs(0x00209228, offset),
    ]);
  }
  const syntax = image.rle ? '1.2.840.10008.1.2.5' : '1.2.840.10008.1.2.1';
  const pixels = image.rle ? compressed(image) : [[0x7fe00010, native(image)] as [number, Buffer]];
  const sorted = [...elements, ...pixels].sort((a, b) => a[0] - b[0]);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    textElement(0x00020010, 'UI', syntax),
    ...sorted.map(([, bytes]) => bytes),
  ]);
}

type Sequence = (tag: number, ...items: readonly Buffer[]) => Buffer;

function frameType(
  sequence: Sequence,
  modality: string,
  component: string,
  called = `ORIGINAL\\PRIMARY\\${modality === 'MR' ? 'T1' : 'VOLUME'}\\NONE`,
): Buffer {
  const mr = modality === 'MR';
  return sequence(
    mr ? 0x00189226 : 0x00189329,
    Buffer.concat([
      textElement(0x00089007, 'CS', called),
      ...(mr ? [textElement(0x00089208, 'CS', component)] : []),
    ]),
  );
}

function dimensionModule(sequence: Sequence, pointers: readonly number[]): [number, Buffer][] {
  const uid = textElement(0x00209164, 'UI', '1.2.3.4.5.6');
  return [
    [0x00209221, sequence(0x00209221, uid)],
    [
      0x00209222,
      sequence(
        0x00209222,
        ...pointers.map((pointer) => {
          const value = Buffer.alloc(4);
          value.writeUInt16LE(pointer >>> 16, 0);
          value.writeUInt16LE(pointer & 0xffff, 2);
          return Buffer.concat([uid, element(0x00209165, 'AT', value)]);
        }),
      ),
    ],
  ];
}

function frameGroups(
  image: DrawnImage,
  sequence: Sequence,
  type: (component?: string, called?: string) => Buffer,
  frame: DrawnFrame,
  index: number,
): Buffer {
  const { slope = 1, intercept = 0, position = [0, 0, 3 * index], time } = frame;
  const groups: [number, Buffer][] = [
    [
      0x00209111,
      sequence(
        0x00209111,
        Buffer.concat([
          ...(frame.acquired === undefined ? [] : [textElement(0x00189074, 'DT', frame.acquired)]),
          textElement(0x00209056, 'SH', '1'),
          longs(IN_STACK, index + 1),
          ...(time === undefined ? [] : [longs(TEMPORAL, time)]),
          ...(frame.dimensions === undefined ? [] : [longs(0x00209157, ...frame.dimensions)]),
        ]),
      ),
    ],
    [
      0x00209116,
      sequence(
        0x00209116,
        textElement(0x00200037, 'DS', (frame.orientation ?? [1, 0, 0, 0, 1, 0]).join('\\')),
      ),
    ],
    [
      0x00289145,
      sequence(
        0x00289145,
        Buffer.concat([
          textElement(0x00281052, 'DS', String(intercept)),
          textElement(0x00281053, 'DS', String(slope)),
          textElement(0x00281054, 'LO', image.sopClass === ENHANCED_CT ? 'HU' : 'US'),
        ]),
      ),
    ],
  ];
  if (position !== null)
    groups.push([0x00209113, sequence(0x00209113, textElement(0x00200032, 'DS', position.join('\\')))]);
  if (!image.sharedType) {
    const bytes = type(frame.component, frame.frameType);
    groups.push([bytes.readUInt16LE(0) * 65536 + bytes.readUInt16LE(2), bytes]);
  }
  if (frame.echoTime !== undefined)
    groups.push([0x00189114, sequence(0x00189114, doubles(0x00189082, frame.echoTime))]);
  if (frame.bValue !== undefined)
    groups.push([
      0x00189117,
      sequence(
        0x00189117,
        Buffer.concat([
          ...(frame.gradient === undefined
            ? []
            : [sequence(0x00189076, doubles(0x00189089, ...frame.gradient))]),
          doubles(0x00189087, frame.bValue),
        ]),
      ),
    ]);
  if (frame.window !== undefined)
    groups.push([
      0x00289132,
      sequence(
        0x00289132,
        Buffer.concat([
          textElement(0x00281050, 'DS', String(frame.window[0])),
          textElement(0x00281051, 'DS', String(frame.window[1])),
        ]),
      ),
    ]);
  const more = (frame.more ?? []).map((bytes): [number, Buffer] => [
    bytes.readUInt16LE(0) * 65536 + bytes.readUInt16LE(2),
    bytes,
  ]);
  return Buffer.concat([...groups, ...more].sort((a, b) => a[0] - b[0]).map(([, bytes]) => bytes));
}

export function doubles(tag: number, ...values: readonly number[]): Buffer {
  return element(tag, 'FD', bytesOf(Float64Array.from(values)));
}

function longs(tag: number, ...values: readonly number[]): Buffer {
  return element(tag, 'UL', bytesOf(Uint32Array.from(values)));
}

function sequenceOf(tag: number, open: boolean, items: readonly Buffer[]): Buffer {
  if (!open) return longElement(tag, 'SQ', Buffer.concat(items.map(item)));
  const delimited = (content: Buffer, code: number) => {
    const ends = Buffer.alloc(8);
    ends.writeUInt16LE(0xfffe, 0);
    ends.writeUInt16LE(code, 2);
    return Buffer.concat([content, ends]);
  };
  const opened = (bytes: Buffer, at: number) => {
    bytes.writeUInt32LE(0xffffffff, at);
    return bytes;
  };
  const inside = items.map((content) => delimited(opened(item(content), 4), 0xe00d));
  return delimited(opened(longElement(tag, 'SQ', Buffer.concat(inside)), 8), 0xe0dd);
}

function native(image: DrawnImage): Buffer {
  const values = image.frames.flatMap((frame) => frame.values);
  const all = image.signed ? bytesOf(Int16Array.from(values)) : bytesOf(Uint16Array.from(values));
  return longElement(0x7fe00010, 'OW', all.subarray(0, all.length - (image.cut ?? 0)));
}

function compressed(image: DrawnImage): [number, Buffer][] {
  const streams = image.frames.map(({ values }, i) =>
    image.damaged?.includes(i) ? rle(values).subarray(0, 100) : rle(values),
  );
  const parts = streams.map((stream) =>
    image.table === undefined ? [stream] : [stream.subarray(0, 66), stream.subarray(66)],
  );
  const offsets: number[] = [];
  let at = 0;
  for (const fragments of parts) {
    offsets.push(at);
    at += fragments.reduce((sum, one) => sum + item(one).length, 0);
  }
  const table = image.table === 'basic' ? bytesOf(Uint32Array.from(offsets)) : Buffer.alloc(0);
  const header = longElement(0x7fe00010, 'OB', Buffer.alloc(0));
  header.writeUInt32LE(0xffffffff, 8);
  const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
  const pixels = Buffer.concat([header, item(table), ...parts.flat().map(item), end]);
  const cut = image.cut ?? 0;
  const kept = cut === 0 ? pixels : Buffer.concat([pixels.subarray(0, pixels.length - 8 - cut), end]);
  if (image.table !== 'extended') return [[0x7fe00010, kept]];
  const extended = longElement(0x7fe00001, 'OV', bytesOf(BigUint64Array.from(offsets.map(BigInt))));
  return [
    [0x7fe00001, extended],
    [0x7fe00010, kept],
  ];
}

/** RLE Lossless of 16-bit values in literal runs: high bytes, then low bytes (PS3.5 annex G). */
function rle(values: readonly number[]): Buffer {
  const plane = (shift: number) => {
    const bytes = values.map((value) => (value >>> shift) & 0xff);
    const runs: number[] = [];
    for (let i = 0; i < bytes.length; i += 128) {
      const run = bytes.slice(i, i + 128);
      runs.push(run.length - 1, ...run);
    }
    return Buffer.from(runs.length % 2 === 0 ? runs : [...runs, 0]);
  };
  const [high, low] = [plane(8), plane(0)];
  const header = Buffer.alloc(64);
  header.writeUInt32LE(2, 0);
  header.writeUInt32LE(64, 4);
  header.writeUInt32LE(64 + high.length, 8);
  return Buffer.concat([header, high, low]);
}
