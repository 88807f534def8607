import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memoryNeeded } from '../../../src-main/series/memory.js';
import { drawnSeries } from '../../support/drawn-series.js';
import { CLI, removeFolders, temporaryFolder } from '../fixtures.js';

beforeAll(() => {
  if (!existsSync(CLI)) throw new Error('The command line is not built: run `npm run build` first.');
});
afterAll(removeFolders);

const PEAKS = pathToFileURL(path.resolve(import.meta.dirname, '../../support/peak.mjs')).href;
/** An estimate beyond so many times what is taken would refuse series that fit. */
const MOST = 2.5;

describe('the memory that is asked for', () => {
  it.each([
    { slices: 12, side: 128, model: 'nlm' },
    { slices: 20, side: 256, model: 'nlm' },
    { slices: 12, side: 128, model: 'general' },
  ])('is enough, and not far too much: %j', async ({ slices, side, model }) => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await fs.mkdir(input);
    for (const [i, bytes] of drawnSeries(slices, side, 1).entries())
      await fs.writeFile(path.join(input, `${String(i).padStart(3, '0')}.dcm`), bytes);
    const peak = await peakOf(root, [
      'denoise',
      input,
      path.join(root, 'out'),
      '--model',
      model,
      '--adapt',
      'off',
    ]);
    const needed = memoryNeeded('denoise', { area: side * side, values: slices * side * side });
    expect(peak).toBeGreaterThan(50e6);
    expect(needed).toBeGreaterThanOrEqual(peak);
    expect(needed).toBeLessThanOrEqual(MOST * peak);
  });
});

/** The most bytes that one process of a run had resident. */
async function peakOf(root: string, args: readonly string[]): Promise<number> {
  const file = path.join(root, 'peaks');
  const run = spawn(process.execPath, [CLI, ...args], {
    env: { ...process.env, NODE_OPTIONS: `--import ${PEAKS}`, LIMPID_TEST_PEAKS: file },
    stdio: 'ignore',
  });
  const code = await new Promise((resolve) => run.on('exit', resolve));
  expect(code).toBe(0);
  const peaks = (await fs.readFile(file, 'utf8')).trim().split('\n').map(Number);
  // the command line and the process that computes
  expect(peaks.length).toBeGreaterThanOrEqual(2);
  return 1024 * Math.max(...peaks);
}
