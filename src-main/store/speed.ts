/** How fast denoising was on this computer: what an estimate of time rests on. */
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { homeFolder } from '../base/home.js';
import { makeFolder } from '../base/make-folder.js';
import type { SeriesReport } from '../contract/report.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { fieldsOf, fits, type Of, object, positive, text } from '../contract/schema/schema.js';

/** Values and seconds of runs, by what was run; what is older counts less. */
const SpeedsFile = fieldsOf(text, object({ values: positive, seconds: positive }));
export type Speeds = Of<typeof SpeedsFile>;

/** Of what was known before, when a series is added. */
const KEPT = 0.8;

type Run = Pick<DenoiseRequest, 'model' | 'device' | 'adapt' | 'refine' | 'effort' | 'steps'>;

/** What decides the time, besides the size; null of model files, which are each of their own speed. */
function kindOf({ model, device, adapt = 'off', refine = true, effort, steps }: Run): string | null {
  if (model.kind === 'file') return null;
  const work = effort === undefined ? [] : [effort];
  return [model.kind, device, adapt, refine ? 'refined' : 'plain', steps ?? 'usual', ...work].join(' ');
}

/** Nothing where nothing was measured, or what was cannot be read. */
export async function knownSpeeds(): Promise<Speeds> {
  try {
    const found: unknown = JSON.parse(await fs.readFile(file(), 'utf8'));
    return fits(SpeedsFile, found) ? found : {};
  } catch {
    // Speeds that cannot be read are measured again; until then nothing is estimated from them.
    return {};
  }
}

/** @param values of the volume */
export function secondsFor(speeds: Speeds, run: Run, values: number): number | null {
  const known = speeds[kindOf(run) ?? ''];
  return known === undefined ? null : (values * known.seconds) / known.values;
}

/** Remembers how long series took. An estimate that cannot be kept stops nobody. */
export async function noteSpeeds(
  runs: readonly (readonly [Run, Pick<SeriesReport, 'status' | 'geometry' | 'timings'>])[],
): Promise<void> {
  const speeds: Record<string, Speeds[string]> = { ...(await knownSpeeds()) };
  let isNew = false;
  for (const [run, { status, geometry, timings }] of runs) {
    const kind = kindOf(run);
    const seconds = timings.reduce((sum, one) => sum + one.seconds, 0);
    if (kind === null || status !== 'done' || geometry === null || !(seconds > 0)) continue;
    const values = geometry.columns * geometry.rows * geometry.slices * geometry.frames;
    const before = speeds[kind];
    speeds[kind] =
      before === undefined
        ? { values, seconds }
        : { values: KEPT * before.values + values, seconds: KEPT * before.seconds + seconds };
    isNew = true;
  }
  if (!isNew) return;
  try {
    await makeFolder(path.dirname(file()));
    // In one go: what a killed run leaves half-written counts as nothing known, and no part of a file stays behind.
    await fs.writeFile(file(), JSON.stringify(speeds));
  } catch {
    // The next run is estimated as this one was.
  }
}

function file(): string {
  return path.join(homeFolder(), 'speeds.json');
}
