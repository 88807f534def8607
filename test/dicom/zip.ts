import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly data: Uint8Array;
  /** Size that the headers state, where it is not the true one. */
  readonly claimed?: number;
  /** Sizes and place in 64 bits, as for entries over 4 GB, which tools that stream write for small ones too. */
  readonly zip64?: boolean;
  /** Points to the bytes of the first entry instead of its own. */
  readonly shared?: boolean;
}

export function makeZip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const { name, data, claimed, shared, zip64 = false } of entries) {
    const compressed = deflateRawSync(data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(data), 10);
    const [size, stored, place] = [claimed ?? data.length, compressed.length, shared ? 0 : offset];
    common.writeUInt32LE(zip64 ? IN_EXTRA : stored, 14);
    common.writeUInt32LE(zip64 ? IN_EXTRA : size, 18);
    common.writeUInt16LE(name.length, 22);
    const extras = zip64 ? [extra64([size, stored]), extra64([size, stored, place])] : [NONE, NONE];
    const [localExtra, centralExtra] = extras;
    const local = Buffer.concat([
      Buffer.from('PK\x03\x04', 'latin1'),
      withExtra(common, localExtra),
      Buffer.from(name),
      localExtra,
      compressed,
    ]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(zip64 ? IN_EXTRA : place, 10);
    const head = Buffer.from('PK\x01\x02\x14\x00', 'latin1');
    centrals.push(
      Buffer.concat([head, withExtra(common, centralExtra), tail, Buffer.from(name), centralExtra]),
    );
    if (shared) continue;
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const is64 = entries.some(({ zip64 }) => zip64);
  const end64 = is64 ? endOf64(entries.length, directory.length, offset) : NONE;
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(is64 ? IN_EXTRA : offset, 16);
  return Buffer.concat([...locals, directory, end64, end]);
}

const NONE = Buffer.alloc(0);
/** What a field of 32 bits holds whose value is among those of 64. */
const IN_EXTRA = 0xffffffff;

function withExtra(common: Buffer, extra: Buffer): Buffer {
  const copy = Buffer.from(common);
  copy.writeUInt16LE(extra.length, 24);
  return copy;
}

/** APPNOTE 4.5.3: sizes, then the place of the local header. */
function extra64(values: readonly number[]): Buffer {
  const out = Buffer.alloc(4 + 8 * values.length);
  out.writeUInt16LE(1, 0);
  out.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) out.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return out;
}

/** APPNOTE 4.3.14 and 4.3.15: the end of the directory in 64 bits, and where it lies. */
function endOf64(count: number, length: number, offset: number): Buffer {
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 0, 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 0, 'latin1');
  locator.writeBigUInt64LE(BigInt(offset + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}
