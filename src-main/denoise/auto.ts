/**
 * The shipped network, adapted to the series where that was asked for: `--model general`. `--model auto` also races it
 * against the filters, takes MP-PCA for many volumes, and leaves clean series alone.
 */
import type { ContenderName } from '../contract/report.js';
import { CLASSICAL_NAMES } from '../contract/requests/choices.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { toUnitNoise, type UnitNoiseImage } from '../noise/domain.js';
import { isMeasured } from '../noise/warnings.js';
import { denoiseVolume } from '../restore/denoise.js';
import type { UnitDenoiser } from '../restore/evidence.js';
import { type Restorer, restorerOf } from '../restore/restorer.js';
import { type View, viewsOf } from '../restore/views.js';
import type { Runtime } from '../runtime/types.js';
import { type Adapted, adapt, type GeneralModel, isAdaptable } from '../training/adapt.js';
import { RECORRUPTION } from '../training/self.js';
import { isClean } from '../trust/clean.js';
import { denoiseClassically } from './classical.js';
import { description } from './description.js';
import {
  denoiseWith,
  effortOf,
  isRefined,
  reachOf,
  refinedWords,
  seriesModel,
  trainingReport,
} from './network.js';
import type { Processed, ProcessHooks, ProcessInput } from './processor.js';
import { isForPca, type Race, raceReport, raceWords, runRace } from './race.js';
import { untouched } from './untouched.js';

/** A filter that leaves less than this share of the network's error is not caught up with by adapting. */
const OUT_OF_REACH = 0.8;

/** What `auto` works with: the network as it ships, and where to leave an open one for later questions. */
export interface AutoContext {
  readonly runtime: Runtime;
  readonly general: GeneralModel;
  readonly hash: string;
  readonly request: DenoiseRequest;
  readonly keep: (restorer: Restorer) => void;
}

/** Measures, races where that was asked for, adapts where that was asked for, and denoises with what is best. */
export async function denoiseWithShipped(
  context: AutoContext,
  input: ProcessInput,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { runtime, general, request } = context;
  const { volume, only2d } = input;
  const isAuto = request.model.kind === 'auto';
  const isRaced = isAuto && request.effort !== 'fast';
  if (!isMeasured(input.noise) || (isAuto && isClean(volume, input.noise))) return untouched(request, input);
  if (isAuto && (request.adapt ?? 'off') === 'off' && isForPca(input)) {
    const found = await denoiseClassically('mppca', request, input, hooks);
    return { ...found, description: `${found.description}; for ${volume.frames} volumes` };
  }
  const { seed } = request;
  const { noise } = input;
  const started = performance.now();
  const image = toUnitNoise(volume, noise);
  const shipped = restorerOf(runtime, general);
  context.keep(shipped);
  const views = viewsOf(volume, noise, only2d, isRefined(request));
  const contender = {
    denoise: asContender(shipped, views, request, isRefined(request)),
    unrefined: isRefined(request) ? asContender(shipped, views, request, false) : null,
    context: reachOf(shipped, request, volume, only2d),
    crosses: views.length > 1,
  };
  if (isRaced) hooks.progress('choose', 'rounds', 0, null);
  const race = isRaced ? await runRace(input, contender, seed, image) : null;
  const raced = performance.now();
  const adapted = race !== null && beyondReach(race) ? null : await adaptedTo(context, input, image, hooks);
  const done = performance.now();
  const report = race === null ? null : raceReport(race, noise, gainOf(adapted, (done - raced) / 1000));
  const name = report?.winner ?? (adapted?.kept === true ? 'adapted' : 'general');
  const words = report === null ? [] : [raceWords(report)];
  const before = [
    { stage: 'race', seconds: (raced - started) / 1000 },
    { stage: 'train', seconds: (done - raced) / 1000 },
  ].filter(({ seconds }) => seconds > 0.01);
  const unrefined = race?.unrefined ?? 0;
  const found = await denoiseBy(
    name,
    words,
    context,
    { ...input, image, unrefined },
    adapted,
    shipped,
    hooks,
  );
  return {
    ...found,
    race: report,
    training: adapted === null ? null : trainingReport(adapted.model, (done - raced) / 1000),
    model: name === 'adapted' && adapted !== null ? seriesModel(runtime, adapted.model, 1) : null,
    timings: [...before, ...found.timings],
  };
}

/** The result of one of them; `words` on the race go into the description. */
async function denoiseBy(
  name: ContenderName,
  words: readonly string[],
  context: AutoContext,
  input: ProcessInput & { readonly image: UnitNoiseImage; readonly unrefined: number },
  adapted: Adapted | null,
  shipped: Restorer,
  hooks: ProcessHooks,
): Promise<Processed> {
  const { runtime, request, hash, general, keep } = context;
  const filter = CLASSICAL_NAMES.find((known) => known === name);
  if (filter !== undefined) {
    const found = await denoiseClassically(filter, request, input, hooks);
    return { ...found, description: [found.description, ...words].join('; ') };
  }
  let restorer = shipped;
  if (name === 'adapted' && adapted !== null) {
    await shipped.close();
    restorer = restorerOf(runtime, adapted.model);
    keep(restorer);
  }
  return {
    ...(await denoiseWith(restorer, request, input, hooks, input)),
    training: null,
    model: null,
    statistics: general.statistics ?? null,
    description: description(request, input.noise, [
      `general ${general.model.family} autoencoder ${hash.slice(0, 16)}`,
      name === 'adapted' && adapted !== null
        ? `adapted to this series in ${adapted.model.result.bestStep} steps, seed ${request.seed}`
        : adapted === null
          ? 'as shipped'
          : 'as shipped, which judged better than adapted',
      ...refinedWords(request, input.unrefined),
      ...words,
    ]),
  };
}

/** In the views that the whole series gets. */
function asContender(
  restorer: Restorer,
  views: readonly View[],
  request: DenoiseRequest,
  refine: boolean,
): UnitDenoiser {
  const options = {
    strength: 1,
    seed: request.seed,
    views,
    refine,
    ...effortOf(request),
  };
  return async (part, noise, { looked }, conditions) =>
    (await denoiseVolume(restorer, part, noise, { ...options, conditions, looked })).denoised;
}

function beyondReach({ entrants }: Race): boolean {
  const [general, ...filters] = entrants.map(({ measured }) => measured.error);
  return filters.some((error) => error < OUT_OF_REACH * general);
}

/** What adaptation took off the error, over the noise variance of the image; null where it was not kept. */
function gainOf(adapted: Adapted | null, seconds: number): { gained: number; seconds: number } | null {
  if (adapted === null || !adapted.kept) return null;
  // its losses are in units of the recorrupted noise
  return { gained: (1 + RECORRUPTION ** 2) * (adapted.before - adapted.after), seconds };
}

/** Null where no adaptation was wanted, or the planes are too small for it. */
async function adaptedTo(
  { runtime, general, request }: AutoContext,
  { only2d }: ProcessInput,
  image: UnitNoiseImage,
  hooks: ProcessHooks,
): Promise<Adapted | null> {
  const wish = request.adapt ?? 'off';
  if (wish === 'off') return null;
  if (!isAdaptable(general, image)) return null;
  return adapt(
    runtime,
    general,
    image,
    { seed: request.seed, steps: wish === 'on' ? request.steps : wish, only2d },
    {
      onProgress: ({ step, steps, loss, heldOut }) =>
        hooks.progress('train', 'steps', step, steps, { loss, heldOut }),
      checkpoint: hooks.checkpoint,
    },
  );
}
