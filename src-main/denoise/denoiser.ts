import type { DenoiseRequest } from '../contract/requests/requests.js';
import { openAutoencoder } from './autoencoder.js';
import { openClassical } from './classical.js';
import { openModelDenoiser } from './model-file.js';
import type { Processor } from './processor.js';
import { keepingNoise, sparingClean } from './untouched.js';

/** The denoiser that a request asks for; one of noise leaves series without any as they are. @throws LimpidError as openAutoencoder and openModelDenoiser */
export async function openDenoiser(request: DenoiseRequest): Promise<Processor> {
  const { model } = request;
  switch (model.kind) {
    case 'nlm':
    case 'dct':
    case 'mppca':
      return sparingClean(await openClassical(model.kind, request), request);
    case 'none':
      return keepingNoise();
    case 'file':
      return openModelDenoiser(request, model.path);
    default:
      return sparingClean(await openAutoencoder(request), request);
  }
}
