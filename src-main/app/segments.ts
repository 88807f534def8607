import * as path from 'node:path';
import { isInside } from '../base/files.js';
import { fault } from '../contract/errors.js';
import type { JobRecord } from '../contract/window/app.js';

/**
 * Where a finished job wrote the segments of a series.
 *
 * @param series its id @throws LimpidError E_NOT_FOUND where it wrote none, E_PATH_ESCAPE
 */
export async function segmentsPlace({ request, result }: JobRecord, series: string): Promise<string> {
  const written =
    request.type === 'segment' && result?.command === 'segment' && 'sizes' in result
      ? result.series.find((one) => one.series === series && one.status === 'done')?.forPerson?.outputs[0]
      : undefined;
  if (request.type !== 'segment' || written === undefined) throw fault('E_NOT_FOUND/job-file');
  const place = path.join(request.output, written);
  if (!(await isInside(place, request.output))) throw fault('E_PATH_ESCAPE/outside-folder');
  return place;
}
