import { VERSION } from '../base/version.js';
import type { DenoiseRequest } from '../contract/requests/requests.js';
import type { NoiseEstimate } from '../noise/noise-estimate.js';

/** For Derivation Description: ASCII, without patient attributes. */
export function description(
  request: DenoiseRequest,
  noise: NoiseEstimate,
  denoiser: readonly string[],
): string {
  return [
    `Denoised by Limpid ${VERSION}`,
    ...denoiser,
    `${noise.distribution} noise level ${noise.sigma.toPrecision(4)} (${noise.relative.toFixed(2)} %)`,
    `strength ${request.strength}`,
    'not for diagnostic use',
  ].join('; ');
}
