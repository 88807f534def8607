import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireSpace, writeFileAtomic } from '../../src-main/base/files.js';

describe('room on the disk', () => {
  const file = path.join(os.tmpdir(), 'model.onnx');

  it('is asked for before work that would be lost', async () => {
    await expect(requireSpace(file, 1)).resolves.toBeUndefined();
    await expect(requireSpace(file, 2 ** 62)).rejects.toMatchObject({ code: 'E_IO', place: file });
  });

  it('is not doubted where the system does not tell', async () => {
    await expect(requireSpace(path.join(file, 'nowhere', 'm.onnx'), 2 ** 62)).resolves.toBeUndefined();
  });
});

describe('a name that is too long', () => {
  it('is told as that, and not as a full disk', async () => {
    const file = path.join(os.tmpdir(), 'n'.repeat(300));
    await expect(writeFileAtomic(file, 'x')).rejects.toMatchObject({
      code: 'E_IO',
      message: expect.stringContaining('longer'),
      remedy: expect.stringContaining('shorter'),
    });
  });
});
