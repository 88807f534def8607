import { describe, expect, it } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { partsOf } from '../../../src-main/dicom/net/multipart.js';

async function* inChunks(body: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

async function partsIn(body: Buffer, size: number): Promise<string[]> {
  const found: string[] = [];
  for await (const part of partsOf(inChunks(body, size), 'b')) {
    const chunks: Buffer[] = [];
    for await (const chunk of part) chunks.push(chunk);
    found.push(Buffer.concat(chunks).toString('latin1'));
  }
  return found;
}

const HEADERS = 'Content-Type: application/dicom\r\n\r\n';
const bodyOf = (...parts: readonly string[]) =>
  Buffer.from(`${parts.map((part) => `--b\r\n${HEADERS}${part}\r\n`).join('')}--b--\r\n`, 'latin1');

describe('a multipart body', () => {
  const random = new Random(1);
  const bytes = Array.from({ length: 300 }, () =>
    String.fromCharCode(Math.floor(256 * random.uniform())),
  ).join('');
  const parts = [bytes, '', '\r\n--', 'x\r\n--a\r\n\r\n', bytes];

  it.each([1, 2, 3, 7, 64, 100_000])('is its parts, in chunks of %i bytes', async (size) => {
    expect(await partsIn(bodyOf(...parts), size)).toEqual(parts);
    expect(await partsIn(Buffer.concat([Buffer.from('preamble\r\n'), bodyOf('one')]), size)).toEqual(['one']);
    expect(await partsIn(Buffer.from('--b--'), size)).toEqual([]);
  });

  it('is passed over where a part is not read to its end', async () => {
    let count = 0;
    for await (const part of partsOf(inChunks(bodyOf(bytes, bytes, bytes), 16), 'b')) {
      await part.next();
      count++;
    }
    expect(count).toBe(3);
  });

  it('is refused where it ends early, or is none', async () => {
    const whole = bodyOf(bytes);
    for (const length of [0, 1, 5, 30, 200, whole.length - 5])
      await expect(partsIn(whole.subarray(0, length), 16)).rejects.toMatchObject({ code: 'E_NETWORK' });
    const endless = Buffer.from(`--b\r\n${'h'.repeat(40_000)}`);
    await expect(partsIn(endless, 1000)).rejects.toMatchObject({ code: 'E_NETWORK' });
  });
});
