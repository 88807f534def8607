import { fault } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import type { InputSet, Wants } from '../input.js';
import { openInputs } from '../open-input.js';
import type { Chooser } from './choose.js';

/** Whether series were named: what else cannot be read is not what was asked for. */
export function isChosen({ only, series }: Pick<DenoiseRequest, 'only' | 'series'>): boolean {
  return only !== undefined || series !== undefined;
}

/**
 * Opens the inputs of a request, and of what they hold the series that it chooses. Close it.
 *
 * @throws LimpidError E_NOTHING when there is not one image; as `Chooser.end`; E_NOT_FOUND and those of reading
 */
export async function openChosen(request: DenoiseRequest, emit: Emit, chooser: Chooser): Promise<InputSet> {
  const opened = await openRequested(request, emit);
  try {
    const input = await chooser.pick(opened);
    chooser.end();
    refuseEmpty(input);
    return input;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** All that the inputs of a request hold, or what is known of it; `named` are ids of series that are meant by themselves. @throws LimpidError as `openInputs` */
export function openRequested(
  request: DenoiseRequest,
  emit: Emit,
  known?: NonNullable<Wants['known']>,
  named: readonly string[] = request.series ?? [],
): Promise<InputSet> {
  return openInputs([request.input, ...(request.more ?? [])], emit, {
    errorMap: request.errorMap,
    uncertainty: request.uncertainty === true,
    suffix: request.model.kind === 'none' ? 'cleaned' : 'denoised',
    ...(request.clean === undefined ? { complex: 'parts' as const } : {}),
    bids: request.bids === true,
    named,
    ...(known === undefined ? {} : { known }),
  });
}

/** @throws LimpidError E_NOTHING when there is not one image */
export function refuseEmpty(input: InputSet): void {
  if (input.units.length + input.leftOut.length === 0)
    throw fault(input.filesSeen === 0 ? 'E_NOTHING/no-files' : 'E_NOTHING/no-images');
}
