import { fault } from '../../../src-main/contract/errors.js';
import type { AppBridge, JobId } from '../../../src-main/contract/window/app.js';

/** A file that a job left. @throws LimpidError E_NOT_FOUND */
export async function outputFile(bridge: AppBridge, job: JobId, file: string): Promise<Response> {
  const response = await fetch(bridge.resourceUrl({ kind: 'output', job, file }));
  if (response.ok) return response;
  throw fault('E_NOT_FOUND/map-files');
}
