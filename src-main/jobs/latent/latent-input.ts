import { fault, type Problem } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { Chooser } from '../../series/asked/choose.js';
import { type ReadOptions, readAll, readEach, type SeriesRead } from '../train/train-input.js';

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
  const reads = await readAll(paths, force, emit, leavingOut(emit, problems), options);
  if (reads.length > 0) return reads;
  throw fault('E_NOTHING/unreadable');
}

/**
 * The one series of a path that can be used, of those that are meant; nothing is read beyond a second one.
 *
 * @throws LimpidError E_USAGE where there are several, E_NOTHING where there is none; as `readEach`
 */
export async function readOnly(
  given: string,
  emit: Emit,
  problems: Problem[],
  chooser: Chooser,
): Promise<SeriesRead> {
  let only: SeriesRead | null = null;
  for await (const read of readEach([given], true, emit, leavingOut(emit, problems), { chooser })) {
    if (only !== null) throw fault('E_USAGE/several-series', {}, given);
    only = read;
  }
  if (only !== null) return only;
  throw fault('E_NOTHING/unreadable');
}

function leavingOut(emit: Emit, problems: Problem[]): (series: string | null, problem: Problem) => void {
  return (series, problem) => {
    problems.push(problem);
    emit({ type: 'warning', series, problem });
  };
}
