import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import type * as fsPromises from 'node:fs/promises';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { Random } from '../../../src-main/base/random.js';
import { DecodePool } from '../../../src-main/dicom/codec/decode.js';
import type { SourceFile } from '../../../src-main/dicom/files/source.js';
import { openSource } from '../../../src-main/dicom/files/sources.js';
import { dicomdirFiles } from '../../../src-main/dicom/files/sources-dicomdir.js';
import { scan } from '../../../src-main/dicom/series/scan.js';
import { loadVolume } from '../../../src-main/dicom/series/volume.js';
import { makeDicom, makeZip, PYDICOM, pydicomMissing, skipReason, tempFolder } from '../support.js';

/** Folders that the file system refuses to list: a test as root can be refused nothing. */
const listing = vi.hoisted((): { refuse: (place: string) => Error | null } => ({ refuse: () => null }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>();
  const readdir = async (place: string, options: { withFileTypes: true }) => {
    const error = listing.refuse(place);
    if (error !== null) throw error;
    return real.readdir(place, options);
  };
  return { ...real, readdir };
});

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

  it('passes over links that lead nowhere or in a circle, and pipes, with a word, and reads the rest', async () => {
    const folder = tempFolder();
    write(folder, 'a/1.dcm', makeDicom());
    fs.symlinkSync('nowhere', path.join(folder, 'broken.dcm'));
    fs.symlinkSync('circle', path.join(folder, 'circle'));
    execFileSync('mkfifo', [path.join(folder, 'pipe.dcm'), path.join(folder, 'pipe.nii')]);
    fs.symlinkSync('pipe.dcm', path.join(folder, 'to-pipe'));
    const result = await scan(await openSource(folder));
    expect(result.series).toHaveLength(1);
    expect(result.problems).toEqual([]);
    expect(result.passedOver.map(({ code, place }) => `${code} ${path.basename(place ?? '')}`)).toEqual([
      'W_UNREADABLE broken.dcm',
      'W_UNREADABLE circle',
      'W_UNREADABLE pipe.dcm',
      'W_UNREADABLE pipe.nii',
      'W_UNREADABLE to-pipe',
    ]);
  });

  it('goes on where a folder in it cannot be listed: failed, but for what a system keeps to itself', async () => {
    const folder = tempFolder();
    const refused = ['$RECYCLE.BIN', 'System Volume Information', 'lost+found', 'patient'];
    for (const name of ['a', ...refused, 'z']) write(folder, `${name}/1.dcm`, makeDicom());
    const denied = Object.assign(new Error('denied'), { code: 'EACCES', syscall: 'scandir' });
    listing.refuse = (place) => (refused.includes(path.basename(place)) ? denied : null);
    try {
      const result = await scan(await openSource(folder));
      expect(result.series[0].instances).toHaveLength(2);
      expect(result.passedOver.map(({ code, place }) => `${code} ${path.basename(place ?? '')}`)).toEqual([
        'W_UNREADABLE $RECYCLE.BIN',
        'W_UNREADABLE System Volume Information',
        'W_UNREADABLE lost+found',
        'E_IO patient',
      ]);
      expect(result.passedOver[3]).toMatchObject({
        message: expect.stringContaining('not permitted'),
        remedy: expect.stringContaining('right to read'),
        place: path.join(folder, 'patient'),
      });
    } finally {
      listing.refuse = () => null;
    }
  });

  it.skipIf(process.platform !== 'linux')(
    'says of names that are no UTF-8, as old archives have them, why they cannot be opened, and goes on',
    async () => {
      const folder = tempFolder();
      write(folder, 'image.dcm', makeDicom());
      const latin = Buffer.concat([Buffer.from(`${folder}/Bl`), Buffer.from([0xe4]), Buffer.from('tter')]);
      fs.mkdirSync(latin);
      fs.writeFileSync(Buffer.concat([latin, Buffer.from('/image.dcm')]), makeDicom());
      fs.writeFileSync(Buffer.concat([latin, Buffer.from('.dcm')]), makeDicom());
      const { series, problems, passedOver } = await scan(await openSource(folder));
      expect(series).toMatchObject([{ eligible: true, instances: [{}] }]);
      const told = [...problems, ...passedOver].filter(({ code }) => code === 'E_NOT_FOUND');
      expect(told).toHaveLength(2);
      for (const { message } of told) expect(message).toContain('Unicode');
    },
  );

  it('counts what does not claim to be an image, and refuses what does', async () => {
    const folder = tempFolder();
    write(folder, '1.dcm', makeDicom());
    write(folder, 'LICENSE', 'words');
    write(folder, 'README.md', 'words');
    write(folder, 'Thumbs.db', Buffer.from([0xd0, 0xcf, 0x11, 0xe0]));
    write(folder, 'DICOMDIR', 'words');
    write(folder, 'damaged.dcm', 'words');
    write(folder, 'inner', makeZip([{ name: 'a', data: Buffer.from('x') }]));
    const result = await scan(await openSource(folder));
    expect(result).toMatchObject({ filesSeen: 6, others: 3 });
    expect(result.problems).toMatchObject([{ code: 'E_NOT_DICOM', place: path.join(folder, 'damaged.dcm') }]);
    expect(result.passedOver).toMatchObject([{ code: 'W_SKIPPED', place: path.join(folder, 'inner') }]);
  });

  it('gives what lies in its archives, and goes on where one is damaged', async () => {
    const folder = tempFolder();
    write(folder, '1.dcm', makeDicom());
    const entries = [
      { name: 'a/2.dcm', data: Buffer.from(makeDicom()) },
      { name: 'inner.zip', data: Buffer.from(makeZip([{ name: 'b', data: Buffer.from('x') }])) },
    ];
    write(folder, 'sent/study.zip', makeZip(entries));
    write(folder, 'sent/cut.zip', makeZip(entries).subarray(0, 200));
    write(folder, 'sent/words.zip', 'words');
    const source = await openSource(folder);
    const result = await scan(source);
    expect(result).toMatchObject({ filesSeen: 4, others: 1 });
    const files = result.series.flatMap(({ instances }) => instances.map(({ file }) => file));
    expect(new Map(files.map(({ relative, archived }) => [relative, archived]))).toEqual(
      new Map([
        ['1.dcm', false],
        ['sent/study.zip/a/2.dcm', true],
      ]),
    );
    const inside = files.find(({ archived }) => archived);
    expect(Buffer.from((await inside?.read()) ?? []).equals(entries[0].data)).toBe(true);
    expect(result.passedOver.map(({ code, place }) => [code, path.relative(folder, place ?? '')])).toEqual([
      ['E_ZIP', 'sent/cut.zip'],
      ['W_SKIPPED', 'sent/study.zip/inner.zip'],
    ]);
  });

  it('inflates images that were compressed one by one', async () => {
    const folder = tempFolder();
    const packed = gzipSync(makeDicom());
    write(folder, '1.dcm.gz', packed);
    write(folder, 'cut.dcm.gz', packed.subarray(0, packed.length - 100));
    write(folder, 'bomb.dcm.gz', gzipSync(Buffer.alloc(2 ** 26)));
    write(folder, 'words.gz', gzipSync('words'));
    const { series, problems, others } = await scan(await openSource(folder));
    expect(series.map(({ instances }) => instances.length)).toEqual([1]);
    expect(problems.map(({ code, place }) => `${code} ${path.basename(place ?? '')}`)).toEqual([
      'E_BOMB bomb.dcm.gz',
      'E_ZIP cut.dcm.gz',
    ]);
    expect(others).toBe(1);
    const named = await scan(await openSource(path.join(folder, '1.dcm.gz')));
    expect(named.series).toHaveLength(1);
    // It was read as long as it is, not as long as it lies.
    const pixels = { values: new Uint16Array(16).fill(7), rows: 4, columns: 4, frames: 1 };
    const { volume } = await loadVolume(series[0], async () => pixels);
    expect(new Set(volume.data)).toEqual(new Set([7]));
  });

  it('says when a path does not exist', async () => {
    await expect(openSource(path.join(tempFolder(), 'none'))).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });
});

describe('a folder on a quick disk', () => {
  /** Files of a folder, so many of which were read that the rest is read in place. */
  async function warm(folder: string, count: number): Promise<SourceFile[]> {
    for (let i = 0; i < count; i++) write(folder, `${i + 100}.dcm`, `file ${i}`.padEnd(20_000, '.'));
    const files = await list(folder);
    for (const file of files.slice(0, 20)) await file.readHead?.(10);
    // The same disk was asked by all of them.
    return files;
  }

  it('gives the same bytes, read in place or not', async () => {
    const files = await warm(tempFolder(), 30);
    for (const [i, file] of files.entries()) {
      const head = await file.readHead?.(file.shortHead?.() ?? 16_384);
      expect(head?.size).toBe(20_000);
      expect(Buffer.from(head?.bytes ?? []).toString()).toBe(`file ${i}`.padEnd(16_384, '.'));
    }
  });

  it('still refuses a file that became a link that leads out, and names one that is gone', async () => {
    const [folder, outside] = [tempFolder(), tempFolder()];
    const files = await warm(folder, 30);
    fs.rmSync(files[25].place);
    fs.symlinkSync(write(outside, 'secret'), files[25].place);
    fs.rmSync(files[26].place);
    fs.rmSync(files[27].place);
    fs.mkdirSync(files[27].place);
    await expect(files[25].readHead?.(10)).rejects.toMatchObject({ code: 'E_PATH_ESCAPE' });
    await expect(files[26].readHead?.(10)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
    await expect(files[27].readHead?.(10)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  });

  it('lets others have their turn while it is scanned', async () => {
    const folder = tempFolder();
    for (let i = 0; i < 200; i++) write(folder, `${i}.dcm`);
    const abort = new AbortController();
    let seen = 0;
    const onProgress = () => {
      if (++seen === 20) setImmediate(() => abort.abort());
    };
    const scanning = scan(await openSource(folder), { signal: abort.signal, onProgress });
    await expect(scanning).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(seen).toBeLessThan(200);
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
  it('is read where its sizes and places are of 64 bits, as tools that stream write them', async () => {
    const entries = ['a', 'b'].map((name) => ({ name: `${name}.dcm`, data: makeDicom(), zip64: true }));
    const source = await openSource(write(tempFolder(), 'a.zip', makeZip(entries)));
    const read: Buffer[] = [];
    for await (const file of source.files()) read.push(Buffer.from(await file.read()));
    await source.close();
    expect(read.map((bytes, i) => bytes.equals(entries[i].data))).toEqual([true, true]);
  });

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

  it('takes names as Windows writes them, and as Japanese programs do, whose letters may hold the byte of a backslash', async () => {
    const bytes = makeDicom();
    const entries = ['study\\a.dcm', 'table\\/b.dcm'].map((name) => ({ name, data: Buffer.from(bytes) }));
    const source = await openSource(write(tempFolder(), 'a.zip', makeZip(entries)));
    const files: SourceFile[] = [];
    for await (const file of source.files()) files.push(file);
    expect(files.map(({ relative }) => path.posix.normalize(relative))).toEqual([
      'study/a.dcm',
      'table/b.dcm',
    ]);
    for (const file of files) expect(Buffer.from(await file.read())).toEqual(Buffer.from(bytes));
    await source.close();
  });

  it.each(['../up', '/absolute', 'a/../../up', 'C:/drive', 'a\\..\\..\\up', '\\\\host\\share'])(
    'refuses the entry %s',
    async (name) => {
      const zip = write(tempFolder(), 'a.zip', makeZip([{ name, data: Buffer.from('x') }]));
      await expect(openSource(zip)).rejects.toMatchObject({ code: 'E_PATH_ESCAPE' });
    },
  );

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

describe('a zip archive with something bad in it', () => {
  const image = () => makeDicom({ rows: 64, columns: 64 });
  const pool = new DecodePool({ threads: 1 });

  async function scanned(bytes: Uint8Array) {
    const source = await openSource(write(tempFolder(), 'a.zip', bytes));
    const result = await scan(source, { decode: pool.decode, tryPixels: true });
    await source.close();
    return result;
  }

  it.each<[string, (zip: Buffer, at: number) => void]>([
    ['damaged in its stream', (zip, at) => zip.fill(0xa5, at + 2000, at + 2100)],
    ['damaged at its start', (zip, at) => zip.fill(0xff, at + 40, at + 60)],
    ['without its local header', (zip, at) => zip.fill(0, at, at + 4)],
  ])('uses the rest where one file is %s', async (_, damage) => {
    const zip = makeZip(['a', 'b', 'c'].map((name) => ({ name: `${name}.dcm`, data: image() })));
    damage(zip, zip.indexOf('PK\x03\x04', 4, 'latin1'));
    const { series, problems } = await scanned(zip);
    expect(series[0].instances).toHaveLength(2);
    expect(problems).toMatchObject([{ code: 'E_ZIP', place: expect.stringMatching(/b\.dcm$/) }]);
  });

  it('notices bytes that inflate but are not those that were packed', async () => {
    const zip = makeZip(['a', 'b'].map((name) => ({ name: `${name}.dcm`, data: image() })));
    const second = zip.lastIndexOf('PK\x01\x02', zip.length, 'latin1');
    zip.writeUInt32LE(1, second + 16);
    const { series, problems } = await scanned(zip);
    expect(series[0].instances).toHaveLength(1);
    expect(problems).toMatchObject([{ code: 'E_ZIP' }]);
  });

  it('uses the rest where one is encrypted, an archive or packed in an unknown way', async () => {
    const inner = makeZip([{ name: 'x', data: Buffer.from('x') }]);
    const zip = makeZip([
      ...['a', 'b', 'c'].map((name) => ({ name: `${name}.dcm`, data: image() })),
      { name: 'd', data: inner },
    ]);
    const entry = (name: string) => zip.lastIndexOf(name) - 46;
    zip.writeUInt16LE(1, entry('b.dcm') + 8);
    zip.writeUInt16LE(99, entry('c.dcm') + 10);
    const { series, problems, passedOver } = await scanned(zip);
    expect(series[0].instances).toHaveLength(1);
    expect(problems.map(({ code }) => code)).toEqual(['E_ZIP', 'E_ZIP']);
    expect(passedOver).toMatchObject([{ code: 'W_SKIPPED' }]);
  });

  it('inflates no more than it must, and not what inflates out of all proportion', async () => {
    const bomb = Buffer.alloc(48 * 2 ** 20);
    const zip = write(tempFolder(), 'a.zip', makeZip([{ name: 'a', data: bomb }]));
    const source = await openSource(zip);
    for await (const file of source.files()) {
      expect((await file.readHead?.(100))?.bytes).toHaveLength(100);
      await expect(file.read()).rejects.toMatchObject({ code: 'E_BOMB' });
    }
    await source.close();
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

  it.skipIf(skipReason(pydicomMissing()))('may have paths with slashes, none of them absolute', () => {
    const bytes = fs.readFileSync(path.join(folder, 'DICOMDIR'));
    const at = bytes.indexOf('77654033\\CR1\\6154');
    bytes.write('77654033/CR1/6154', at);
    expect(dicomdirFiles(bytes)).toContainEqual(['77654033', 'CR1', '6154']);
    bytes.write('/', at);
    expect(() => dicomdirFiles(bytes)).toThrow('outside its folder');
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
