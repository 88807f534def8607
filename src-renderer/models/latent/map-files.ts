import type { LatentMap } from '../../../src-main/contract/encoders/latent.js';
import { fault } from '../../../src-main/contract/errors.js';
import type { AppBridge, JobId } from '../../../src-main/contract/window/app.js';
import { isLatentMap } from './latent.js';

/** A file that a job left. @throws LimpidError E_NOT_FOUND */
export async function outputFile(bridge: AppBridge, job: JobId, file: string): Promise<Response> {
  const response = await fetch(bridge.resourceUrl({ kind: 'output', job, file }));
  if (response.ok) return response;
  throw fault('E_NOT_FOUND/map-files');
}

/** @throws LimpidError E_NOT_FOUND; E_INTERNAL for a map that this version cannot draw */
export async function readMap(bridge: AppBridge, job: JobId): Promise<LatentMap> {
  const found: unknown = await (await outputFile(bridge, job, 'latent.json')).json();
  if (isLatentMap(found)) return found;
  throw fault('E_INTERNAL/old-map');
}
