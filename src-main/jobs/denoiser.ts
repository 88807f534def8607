import type { DenoiseRequest } from '../contract/requests.js';
import { openAutoencoder } from './autoencoder.js';
import { openClassical } from './classical.js';
import { openFamilyDenoiser } from './family-denoiser.js';
import type { Processor } from './processor.js';

/** The denoiser that a request asks for. @throws LimpidError as openAutoencoder */
export async function openDenoiser(request: DenoiseRequest): Promise<Processor> {
  const { kind } = request.model;
  if (kind === 'nlm' || kind === 'dct' || kind === 'mppca') return openClassical(kind, request);
  return (await openFamilyDenoiser(request)) ?? openAutoencoder(request);
}
