import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { openSource, type SourceFile } from '../../src-main/dicom/sources.js';
import { makeDicom, makeZip, PYDICOM, pydicomMissing, skipReason, tempFolder } from './support.js';

async function list(given: string): Promise<SourceFile[]> {
  const source = await openSource(given);
  const files: SourceFile[] = [];
  for await (const file of source.files()) files.push(file);
  await source.close();
  return files;
}

function write(folder: string, name: string, bytes: Uint8Array | string = 'x'): string {
  const file = path.join(folder, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, bytes);
  return file;
}

describe('a folder', () => {
  it('gives its files in an order of names, without hidden ones', async () => {
    const folder = tempFolder();
    for (const name of ['b/2', 'b/1', 'a', '.hidden', '.git/x', 'c']) write(folder, name);
    const files = await list(folder);
    expect(files.map((file) => path.relative(folder, file.place))).toEqual(['a', 'b/1', 'b/2', 'c']);
  });

  it('names files by their path inside it: the same wherever it lies, and not the path itself', async () => {
    const [one, two] = [tempFolder(), tempFolder()];
    for (const folder of [one, two]) write(folder, 'scan/1.dcm');
    const ids = [...(await list(one)), ...(await list(two))].map((file) => file.id);
    expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it('reads links that stay inside and refuses those that lead out', async () => {
    const [folder, outside] = [tempFolder(), tempFolder()];
    write(folder, 'store/real', 'inside');
    const secret = write(outside, 'secret', 'outside');
    fs.symlinkSync(path.join(folder, 'store/real'), path.join(folder, 'in'));
    fs.symlinkSync(secret, path.join(folder, 'out'));
    fs.symlinkSync(outside, path.join(folder, 'folder'));
    const files = await list(folder);
    expect(files.map((file) => path.basename(file.place))).toEqual(['in', 'out', 'real']);
    expect(Buffer.from(await files[0].read()).toString()).toBe('inside');
    await expect(files[1].read()).rejects.toMatchObject({ code: 'E_PATH_ESCAPE' });
  });

  it('says when a path does not exist', async () => {
    await expect(openSource(path.join(tempFolder(), 'none'))).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

describe('a file', () => {
  it('is read where it lies, though it is a link', async () => {
    const [folder, outside] = [tempFolder(), tempFolder()];
    const link = path.join(folder, 'link.dcm');
    fs.symlinkSync(write(outside, 'real.dcm', 'content'), link);
    const [file] = await list(link);
    expect(file).toMatchObject({ place: link, size: 7 });
    expect(Buffer.from(await file.read()).toString()).toBe('content');
  });
});

describe('a zip archive', () => {
  it('gives what was put in', async () => {
    const image = makeDicom();
    const zip = write(
      tempFolder(),
      'a.zip',
      makeZip([
        { name: 'b/2.dcm', data: image },
        { name: 'a.txt', data: Buffer.from('hello') },
        { name: '__MACOSX/x', data: Buffer.from('no') },
      ]),
    );
    const source = await openSource(zip);
    const read: [string, Buffer][] = [];
    for await (const file of source.files())
      read.push([path.relative(zip, file.place), Buffer.from(await file.read())]);
    await source.close();
    expect(source.kind).toBe('zip');
    expect(read).toEqual([
      ['a.txt', Buffer.from('hello')],
      ['b/2.dcm', Buffer.from(image)],
    ]);
  });

  it.each(['../up', '/absolute', 'a/../../up', 'C:/drive'])('refuses the entry %s', async (name) => {
    const zip = write(tempFolder(), 'a.zip', makeZip([{ name, data: Buffer.from('x') }]));
    await expect(openSource(zip)).rejects.toMatchObject({ code: 'E_PATH_ESCAPE' });
  });

  it('refuses bombs: sizes beyond an image, entries that overlap, more bytes than stated', async () => {
    const random = new Random(1);
    const zeros = Buffer.alloc(1000);
    const large = makeZip([{ name: 'a', data: zeros, claimed: 2 ** 30 }]);
    await expect(openSource(write(tempFolder(), 'a.zip', large))).rejects.toMatchObject({ code: 'E_BOMB' });
    const noise = Uint8Array.from({ length: 4000 }, () => random.integer(256));
    const shared = makeZip([
      { name: 'a', data: noise },
      { name: 'b', data: noise, shared: true },
    ]);
    await expect(openSource(write(tempFolder(), 'a.zip', shared))).rejects.toMatchObject({ code: 'E_BOMB' });
    const more = makeZip([{ name: 'a', data: zeros, claimed: 10 }]);
    const [entry] = await list(write(tempFolder(), 'a.zip', more));
    await expect(entry.read()).rejects.toMatchObject({ code: 'E_ZIP' });
  });

  it('refuses a damaged archive', async () => {
    const zip = makeZip([{ name: 'a', data: Buffer.from('x') }]);
    const cut = write(tempFolder(), 'a.zip', zip.subarray(0, zip.length - 30));
    await expect(openSource(cut)).rejects.toMatchObject({ code: 'E_ZIP' });
  });
});

describe('a DICOMDIR', () => {
  const folder = path.join(PYDICOM, 'dicomdirtests');

  it.skipIf(skipReason(pydicomMissing()))('gives only what it references', async () => {
    const source = await openSource(path.join(folder, 'DICOMDIR'));
    const sizes: number[] = [];
    for await (const file of source.files()) sizes.push((await file.read()).length);
    expect(source.kind).toBe('dicomdir');
    expect(sizes).toHaveLength(31);
    expect(Math.min(...sizes)).toBeGreaterThan(500);
  });

  it.skipIf(skipReason(pydicomMissing()))('is refused when it leads outside', async () => {
    const bytes = fs.readFileSync(path.join(folder, 'DICOMDIR'));
    const at = bytes.indexOf('77654033\\CR1\\6154');
    expect(at).toBeGreaterThan(0);
    bytes.write('..\\..\\..\\..\\..\\etc'.slice(0, 17), at);
    const file = write(tempFolder(), 'DICOMDIR', bytes);
    await expect(openSource(file)).rejects.toMatchObject({ code: 'E_PATH_ESCAPE' });
  });
});
