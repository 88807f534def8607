import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { openOutputFolder } from '../../src-main/series/output-folder.js';
import {
  brainSlices,
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from './fixtures.js';

/** Paths of the files that were opened to be written. */
const written = vi.hoisted((): string[] => []);

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    open: async (file: string, flags: string | number, mode?: number) => {
      if (typeof flags === 'number' && (flags & constants.O_WRONLY) !== 0) written.push(file);
      return real.open(file, flags, mode);
    },
  };
});

afterAll(removeFolders);

it('what a killed run was writing lies in the own folder of the tool only, and the next run removes it', async () => {
  const root = await temporaryFolder();
  const [input, output] = [path.join(root, 'in'), path.join(root, 'out')];
  await brainSlices(input, [9, 10]);
  const { result } = await denoiseWith(diffusion(1), denoiseRequest(input, output));
  expect(result.exitCode).toBe(0);
  const names = written.map((file) => path.relative(output, file));
  expect(names.some((name) => /report\.html\.\w+\.part$/.test(name))).toBe(true);
  expect(names.filter((name) => !name.startsWith(`.limpid${path.sep}`))).toEqual([]);

  const left = ['.limpid/journal.json.0123456789ab.part', '.limpid/work/s/checkpoint.ba9876543210.part'];
  for (const name of left) {
    await fs.mkdir(path.dirname(path.join(output, name)), { recursive: true });
    await fs.writeFile(path.join(output, name), 'half');
  }
  await (await openOutputFolder(output, input)).release();
  const there = await fs.readdir(output, { recursive: true });
  expect(there.filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(there).toContain(path.join('.limpid', 'journal.json'));
});
