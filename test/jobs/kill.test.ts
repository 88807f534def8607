import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Random } from '../../src-main/base/random.js';
import { signalsLack } from '../support/tools.js';
import { brainSlices, removeFolders, temporaryFolder } from './fixtures.js';
import { denoiseUntil, killTrial } from './kill.js';

afterAll(removeFolders);

/** LIMPID_KILLS=20 for the long version. */
const KILLS = Number(process.env.LIMPID_KILLS ?? 4);

it.skipIf(signalsLack())(
  `killed at ${KILLS} random moments, a run ends with the same pixels and never shows half a series`,
  async () => {
    const root = await temporaryFolder();
    const input = path.join(root, 'in');
    await brainSlices(input, [9, 10]);
    const options = ['--steps', '6', '--device', 'cpu', '--error-map'];
    const whole = path.join(root, 'whole');
    // How long a run takes here tells where moments of kills are drawn from; kills that came too late are drawn again.
    const started = performance.now();
    expect((await denoiseUntil([input, whole, ...options], Number.POSITIVE_INFINITY)).code).toBe(0);
    const seconds = (performance.now() - started) / 1000;
    const random = new Random(20);
    let [kills, trials] = [0, 0];
    while (kills < KILLS && trials < 3 * KILLS) {
      const output = path.join(root, `out-${++trials}`);
      const trial = await killTrial({ input, output, options }, whole, 1.05 * seconds, KILLS - kills, random);
      expect(trial.samePixels).toBe(true);
      kills += trial.kills;
    }
    expect(kills).toBe(KILLS);
  },
  600_000,
);
