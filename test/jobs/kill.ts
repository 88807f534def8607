import { spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import type { Random } from '../../src-main/base/random.js';
import { CLI, hashesBelow, pixelHashes } from './fixtures.js';

/**
 * Runs `limpid denoise` and kills it, with the compute process, after `milliseconds`; Infinity lets it end. The clock
 * only draws the moment, which may be any: nothing is concluded from how long the run takes.
 */
export function denoiseUntil(
  args: readonly string[],
  milliseconds: number,
): Promise<{ code: number | null; killed: boolean }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, 'denoise', ...args], { stdio: 'ignore', detached: true });
    let killed = false;
    const timer = Number.isFinite(milliseconds)
      ? setTimeout(() => {
          killed = true;
          // The group: as a power cut would, without a chance to tidy up.
          if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
        }, milliseconds)
      : undefined;
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, killed });
    });
  });
}

export interface KillTrial {
  readonly kills: number;
  readonly runs: number;
  /** Visible series folders that were seen after a kill, each of them whole. */
  readonly wholeFoldersSeen: number;
  readonly samePixels: boolean;
}

/**
 * Kills runs at seeded random moments until one ends, and compares its pixels with those of `whole`, an output
 * folder of an uninterrupted run that took `seconds`. Throws when anything half-written was visible.
 */
export async function killTrial(
  args: { readonly input: string; readonly output: string; readonly options: readonly string[] },
  whole: string,
  seconds: number,
  kills: number,
  random: Random,
): Promise<KillTrial> {
  const expected = await visiblePixels(whole);
  const command = [args.input, args.output, ...args.options];
  let [done, runs, wholeFoldersSeen] = [0, 0, 0];
  while (done < kills) {
    runs++;
    const run = await denoiseUntil(command, 1000 * seconds * random.uniform());
    if (!run.killed) break;
    done++;
    const seen = await visiblePixels(args.output);
    for (const [folder, pixels] of Object.entries(seen)) {
      if (JSON.stringify(pixels) !== JSON.stringify(expected[folder]))
        throw new Error(`half-written: ${folder} after kill ${done}`);
      wholeFoldersSeen++;
    }
  }
  const last = await denoiseUntil(command, Number.POSITIVE_INFINITY);
  if (last.code !== 0) throw new Error(`the last run ended with ${last.code}`);
  const ended = await visiblePixels(args.output);
  const parts = Object.keys(await hashesBelow(args.output)).filter((name) => name.endsWith('.part'));
  const clean = parts.every((name) => name.startsWith('.limpid'));
  return {
    kills: done,
    runs: runs + 1,
    wholeFoldersSeen,
    samePixels: clean && JSON.stringify(ended) === JSON.stringify(expected),
  };
}

/** Pixels of every visible series folder, the error map's included. */
async function visiblePixels(output: string): Promise<Record<string, Record<string, string>>> {
  const found: Record<string, Record<string, string>> = {};
  const names = await fs.readdir(output).catch(() => []);
  for (const name of names.filter((one) => one.startsWith('series-')).sort())
    found[name] = name.endsWith('-model')
      ? await hashesBelow(path.join(output, name))
      : await pixelHashes(path.join(output, name));
  return found;
}
