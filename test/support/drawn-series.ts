import { Random } from '../../src-main/base/random.js';

/** What a drawn series is called; the number of a slice is appended to `instance`. */
interface DrawnNames {
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  readonly instance: string;
}

/**
 * A drawn MR series as DICOM bytes, a file a slice: an ellipse with a disc in it, under Gaussian noise of standard
 * deviation 40. Explicit VR little endian, 16 bits; UIDs, places and values are the same in every run.
 *
 * @param slices of `side` x `side` pixels of 1 mm, 2 mm apart
 */
export function drawnSeries(
  slices: number,
  side: number,
  seed: number,
  names: DrawnNames = { patient: 'Drawn', study: '1.2.3', series: '1.2.3.0', instance: '1.2.3' },
): Buffer[] {
  const random = new Random(seed);
  return Array.from({ length: slices }, (_, k) => {
    const values = new Uint16Array(side * side);
    for (let i = 0; i < values.length; i++) {
      const x = (2 * (i % side)) / side - 1;
      const y = (2 * Math.floor(i / side)) / side - 1;
      const disc = Math.hypot(x - 0.2, y + 0.02 * k) < 0.3 ? 300 : 0;
      const tissue = Math.hypot(x / 0.8, y / 0.9) < 1 ? 500 + 150 * x + disc : 100;
      values[i] = Math.max(0, Math.round(tissue + 40 * random.normal()));
    }
    return imageFile(k, side, values, names);
  });
}

function imageFile(
  k: number,
  side: number,
  values: Uint16Array,
  { patient, study, series, instance }: DrawnNames,
): Buffer {
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    text(0x0002, 0x0010, 'UI', '1.2.840.10008.1.2.1'),
    text(0x0008, 0x0008, 'CS', 'ORIGINAL\\PRIMARY\\M'),
    text(0x0008, 0x0016, 'UI', '1.2.840.10008.5.1.4.1.1.4'),
    text(0x0008, 0x0018, 'UI', `${instance}.${k + 1}`),
    text(0x0008, 0x0060, 'CS', 'MR'),
    text(0x0010, 0x0010, 'PN', patient),
    text(0x0020, 0x000d, 'UI', study),
    text(0x0020, 0x000e, 'UI', series),
    text(0x0020, 0x0013, 'IS', String(k + 1)),
    text(0x0020, 0x0032, 'DS', `0\\0\\${2 * k}`),
    text(0x0020, 0x0037, 'DS', '1\\0\\0\\0\\1\\0'),
    text(0x0020, 0x0052, 'UI', '1.2.3.9'),
    word(0x0028, 0x0002, 1),
    text(0x0028, 0x0004, 'CS', 'MONOCHROME2'),
    word(0x0028, 0x0010, side),
    word(0x0028, 0x0011, side),
    text(0x0028, 0x0030, 'DS', '1\\1'),
    word(0x0028, 0x0100, 16),
    word(0x0028, 0x0101, 16),
    word(0x0028, 0x0102, 15),
    word(0x0028, 0x0103, 0),
    pixels(values),
  ]);
}

function text(group: number, element: number, vr: string, value: string): Buffer {
  const padded = value.length % 2 === 0 ? value : value + (vr === 'UI' ? '\0' : ' ');
  return Buffer.concat([head(group, element, vr, padded.length), Buffer.from(padded, 'latin1')]);
}

function word(group: number, element: number, value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return Buffer.concat([head(group, element, 'US', 2), bytes]);
}

function head(group: number, element: number, vr: string, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(group, 0);
  bytes.writeUInt16LE(element, 2);
  bytes.write(vr, 4, 'latin1');
  bytes.writeUInt16LE(length, 6);
  return bytes;
}

/** Pixel Data has a length of four bytes, after two that are empty. */
function pixels(values: Uint16Array): Buffer {
  const bytes = Buffer.alloc(12 + 2 * values.length);
  head(0x7fe0, 0x0010, 'OW', 0).copy(bytes);
  bytes.writeUInt32LE(2 * values.length, 8);
  for (const [i, value] of values.entries()) bytes.writeUInt16LE(value, 12 + 2 * i);
  return bytes;
}
