import { VERSION } from '../base/version.js';
import { type Problem, problemOf } from '../contract/errors.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import { isMeasured, isUnknown } from '../noise/warnings.js';
import { isClean } from '../trust/clean.js';
import { description } from './description.js';
import type { Processed, ProcessInput, Processor } from './processor.js';

/** A clean series comes back as it is: there is nothing to gain and everything to lose. */
export function untouched(request: DenoiseRequest, { volume, noise }: ProcessInput): Processed {
  const unknown = isUnknown(noise);
  const isTold =
    noise.warnings.some(({ code }) => code === 'W_CLEAN') || (unknown && !isClean(volume, noise));
  return {
    volume: { ...volume, data: volume.data.slice() },
    errorMap: request.errorMap ? new Float32Array(volume.data.length) : null,
    again: null,
    training: null,
    model: null,
    description: description(request, noise, [
      unknown
        ? 'left as it is: its noise level could not be measured'
        : 'left as it is: no noise that can be told from structure',
    ]),
    context: 0,
    timings: [],
    warnings: isTold ? [] : [alreadyDenoised()],
  };
}

/** The same denoiser for all but series whose noise could not be measured: these come back as they are, whatever the model. */
export function sparingClean(processor: Processor, request: DenoiseRequest): Processor {
  return {
    ...processor,
    process: async (input, hooks) =>
      isMeasured(input.noise) ? processor.process(input, hooks) : untouched(request, input),
  };
}

/** Leaves everything as it is: for runs that remove artifacts alone. */
export function keepingNoise(): Processor {
  return {
    device: null,
    suffix: 'CLEANED',
    fileSuffix: 'cleaned',
    heedsNoise: false,
    process: async ({ volume }) => ({
      volume,
      errorMap: null,
      again: null,
      training: null,
      model: null,
      description: `Cleaned by Limpid ${VERSION}; noise left as it is; not for diagnostic use`,
      context: 0,
      timings: [],
      warnings: [],
    }),
    close: async () => {},
  };
}

function alreadyDenoised(): Problem {
  return problemOf('W_ALREADY_DENOISED/clean');
}
