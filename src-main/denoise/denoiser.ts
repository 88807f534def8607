import type { DenoiseRequest } from '../contract/requests.js';
import { openAutoencoder } from './autoencoder.js';
import { openClassical } from './classical.js';
import { openFamilyDenoiser } from './family-denoiser.js';
import type { Processor } from './processor.js';
import { sparingClean } from './untouched.js';

/** The denoiser that a request asks for; one of noise leaves series without any as they are. @throws LimpidError as openAutoencoder */
export async function openDenoiser(request: DenoiseRequest): Promise<Processor> {
  const { kind } = request.model;
  if (kind === 'nlm' || kind === 'dct' || kind === 'mppca')
    return sparingClean(await openClassical(kind, request), request);
  return (await openFamilyDenoiser(request)) ?? sparingClean(await openAutoencoder(request), request);
}
