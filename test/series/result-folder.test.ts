import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openResultFolder, writeResult } from '../../src-main/series/result-folder.js';

let root: string;

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'limpid-result-'));
  await fs.writeFile(path.join(root, 'model'), 'x');
});

afterEach(() => fs.rm(root, { recursive: true, force: true }));

const open = () => openResultFolder(path.join(root, 'out'), [path.join(root, 'model')], 'last.json');
const visible = async () => (await fs.readdir(path.join(root, 'out'))).filter((name) => name !== '.limpid');

describe('the files of a result', () => {
  it('become visible together, and leave nothing in the own folder', async () => {
    const folder = await open();
    const files = [
      ['one.png', Uint8Array.of(1)],
      ['last.json', '{}'],
    ] as const;
    expect(await writeResult(folder, files)).toEqual(['one.png', 'last.json']);
    await folder.release();
    expect((await visible()).sort()).toEqual(['last.json', 'one.png']);
    expect(await fs.readdir(folder.own())).toEqual([]);
    await expect(open()).rejects.toMatchObject({ code: 'E_EXISTS' });
  });

  it('leave none of them where one cannot be written, and can be made again', async () => {
    const folder = await open();
    const broken = [
      ['one.png', Uint8Array.of(1)],
      ['n'.repeat(300), '{}'],
    ] as const;
    await expect(writeResult(folder, broken)).rejects.toMatchObject({ code: 'E_IO' });
    expect(await visible()).toEqual([]);
    await fs.mkdir(path.join(folder.root, 'taken'));
    const taken = [
      ['one.png', Uint8Array.of(1)],
      ['taken', '{}'],
    ] as const;
    await expect(writeResult(folder, taken)).rejects.toMatchObject({ code: 'E_IO' });
    expect(await visible()).toEqual(['taken']);
    await folder.release();
  });
});
