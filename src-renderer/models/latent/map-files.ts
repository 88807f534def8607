import type { LatentMap } from '../../../src-main/contract/encoders/latent.js';
import { fault } from '../../../src-main/contract/errors.js';
import type { AppBridge, JobId } from '../../../src-main/contract/window/app.js';
import { outputFile } from '../jobs/output-file.js';
import { isLatentMap } from './latent.js';

/** @throws LimpidError E_NOT_FOUND; E_INTERNAL for a map that this version cannot draw */
export async function readMap(bridge: AppBridge, job: JobId): Promise<LatentMap> {
  const found: unknown = await (await outputFile(bridge, job, 'latent.json')).json();
  if (isLatentMap(found)) return found;
  throw fault('E_INTERNAL/old-map');
}
