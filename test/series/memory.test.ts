import * as path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { MEMORY_SETTING } from '../../src-main/base/memory.js';
import { loadWithin, memoryNeeded, requireMemory } from '../../src-main/series/memory.js';
import {
  brainSlices,
  denoiseRequest,
  denoiseWith,
  diffusion,
  removeFolders,
  temporaryFolder,
} from '../jobs/fixtures.js';

afterEach(() => {
  delete process.env[MEMORY_SETTING];
});
afterAll(removeFolders);

const CT = { area: 512 * 512, values: 512 * 512 * 2000 };

describe('memory', () => {
  it('that a container does not leave is told with what is needed, what there is and what to do', async () => {
    const needed = (memoryNeeded('denoise', CT) / 1e9).toFixed(1);
    const asked = requireMemory('denoise', CT, 0, async () => ({ bytes: 4e9, limit: 'container' }));
    await expect(asked).rejects.toMatchObject({
      code: 'E_MEMORY',
      message: expect.stringMatching(`about ${needed} GB.* 4\\.\\d GB.*container`),
      remedy: expect.stringMatching(/more memory.*split/),
    });
  });

  it('is not asked to be free twice for what is loaded already', async () => {
    const needed = memoryNeeded('denoise', CT);
    const free = async () => ({ bytes: needed, limit: 'machine' as const });
    await expect(requireMemory('denoise', CT, CT.values, free)).resolves.toBeUndefined();
  });

  it('is looked at before a series is read', async () => {
    process.env[MEMORY_SETTING] = '100';
    let reads = 0;
    const load = async () => {
      reads++;
      throw new Error('read');
    };
    await expect(loadWithin({ size: CT, load }, 'apply', () => {})).rejects.toMatchObject({
      code: 'E_MEMORY',
    });
    expect(reads).toBe(0);
  });

  it('that lacks fails the series, and the run says so', async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await brainSlices(input, [9, 10]);
    process.env[MEMORY_SETTING] = '100';
    const { result } = await denoiseWith(diffusion(1), denoiseRequest(input, path.join(root, 'out')));
    expect(result).toMatchObject({
      exitCode: 1,
      series: [{ status: 'failed', problem: { code: 'E_MEMORY' }, outputs: [] }],
    });
  });
});
