import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { requireSpace } from '../../src-main/base/files.js';

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
