import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { asFileError } from '../../src-main/base/files.js';
import { makeFolder, makeFolderSync } from '../../src-main/base/make-folder.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';

afterAll(removeFolders);

const isThere = async (folder: string) => (await fs.stat(folder)).isDirectory();
const codeOf = (folder: string) =>
  makeFolder(folder).then(
    () => null,
    (error: unknown) => asFileError(error, folder).code,
  );
/** Where every attempt to make a folder is answered as if its parent were missing. */
const NOWHERE = '/proc/limpid/below';
const onLinux = it.skipIf(process.platform !== 'linux');

describe('making a folder', () => {
  it('makes what is missing and tells the first that it made', async () => {
    const root = await temporaryFolder();
    expect(await makeFolder(path.join(root, 'a', 'b', 'c'), 0o700)).toBe(path.join(root, 'a'));
    expect(await makeFolder(path.join(root, 'a', 'b', 'c'))).toBeUndefined();
    expect(await makeFolder(path.join(root, 'a', 'b', 'd'))).toBe(path.join(root, 'a', 'b', 'd'));
    expect(await isThere(path.join(root, 'a', 'b', 'd'))).toBe(true);
    if (process.platform !== 'win32')
      for (const name of ['a', 'a/b', 'a/b/c'])
        expect((await fs.stat(path.join(root, name))).mode & 0o777).toBe(0o700);
  });

  it('may be done by many at once', async () => {
    const root = await temporaryFolder();
    const made = await Promise.all(
      Array.from({ length: 8 }, () => makeFolder(path.join(root, 'a', 'b', 'c'))),
    );
    expect(made.some((first) => first !== undefined)).toBe(true);
    expect(await isThere(path.join(root, 'a', 'b', 'c'))).toBe(true);
  });

  it('tells a file that is in the way', async () => {
    const root = await temporaryFolder();
    await fs.writeFile(path.join(root, 'file'), 'x');
    expect(await codeOf(path.join(root, 'file'))).toBe('E_EXISTS');
    expect(await codeOf(path.join(root, 'file', 'below'))).toBe('E_EXISTS');
  });

  onLinux('ends where the system says of a folder that it is not there though its parent is', async () => {
    expect(await codeOf(NOWHERE)).toBe('E_NOT_FOUND');
    expect(() => makeFolderSync(NOWHERE, 0o700)).toThrow('ENOENT');
  });

  onLinux('tells a file system that can only be read', async ({ skip }) => {
    const root = await temporaryFolder();
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=64k', 'tmpfs', root]);
    if (mounted.status !== 0) return skip('no file system may be mounted here');
    try {
      const below = path.join(root, 'a', 'b');
      const error = await makeFolder(below).catch((thrown: unknown) => asFileError(thrown, below));
      expect(error).toMatchObject({ code: 'E_IO', reason: 'E_IO/read-only', place: below });
    } finally {
      spawnSync('umount', [root]);
    }
  });

  it('makes a folder of the log with all above it', async () => {
    const root = await temporaryFolder();
    makeFolderSync(path.join(root, 'a', 'logs'), 0o700);
    makeFolderSync(path.join(root, 'a', 'logs'), 0o700);
    expect(await isThere(path.join(root, 'a', 'logs'))).toBe(true);
  });
});
