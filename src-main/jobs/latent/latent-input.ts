import { fault, type Problem } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import { type ReadOptions, readAll, type SeriesRead } from '../train/train-input.js';

/**
 * Every series of the paths that can be used; the others are told and kept in `problems`.
 *
 * @throws LimpidError E_NOTHING where none can be; as `readAll`
 */
export async function readUsable(
  paths: readonly string[],
  force: boolean,
  emit: Emit,
  problems: Problem[],
  options: Pick<ReadOptions, 'only' | 'chooser'> = {},
): Promise<SeriesRead[]> {
  const leaveOut = (series: string | null, problem: Problem): void => {
    problems.push(problem);
    emit({ type: 'warning', series, problem });
  };
  const reads = await readAll(paths, force, emit, leaveOut, options);
  if (reads.length > 0) return reads;
  throw fault('E_NOTHING/unreadable');
}
