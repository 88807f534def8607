import { type Condition, meets, parseCondition, testsOf, wrongCondition } from '../../base/condition.js';
import { fault, LimpidError } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { DenoiseRequest } from '../../contract/requests.js';
import { isAttributeName } from '../../dicom/read/keywords.js';
import type { InputSet, StackInput, Wants } from '../../series/input.js';
import { openInputs } from '../../series/open-input.js';

/** Which series are meant: by their ids, by Series Instance UIDs, by a condition on what they are. */
export type Choice = Pick<DenoiseRequest, 'only' | 'series' | 'where'>;

/** Whether series were named: what else cannot be read is not what was asked for. */
export function isChosen({ only, series }: Choice): boolean {
  return only !== undefined || series !== undefined;
}

/**
 * Opens the inputs of a request, and of what they hold the series that it chooses. Close it.
 *
 * @throws LimpidError E_NOTHING when there is not one image; as `chosenSeries`; E_NOT_FOUND and those of reading
 */
export async function openChosen(
  request: DenoiseRequest,
  emit: Emit,
  condition: Condition | null,
): Promise<InputSet> {
  const opened = await openRequested(request, emit);
  try {
    const input = await chosenSeries(opened, request, condition);
    refuseEmpty(input);
    return input;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** All that the inputs of a request hold, or what is known of it. @throws LimpidError as `openInputs` */
export function openRequested(
  request: DenoiseRequest,
  emit: Emit,
  known?: NonNullable<Wants['known']>,
): Promise<InputSet> {
  return openInputs([request.input, ...(request.more ?? [])], emit, {
    errorMap: request.errorMap,
    uncertainty: request.uncertainty === true,
    suffix: 'denoised',
    complex: 'parts',
    bids: request.bids === true,
    ...(known === undefined ? {} : { known }),
  });
}

/**
 * The input with only the series that were asked for; a derived series is one file set, so the stacks of a Series
 * Instance UID stay together.
 *
 * @param condition that of the choice
 * @throws LimpidError E_NOT_FOUND when one that was named is not there, E_NOTHING when none meets the condition
 */
async function chosenSeries(
  input: InputSet,
  { only, series }: Choice,
  condition: Condition | null,
): Promise<InputSet> {
  let chosen = input;
  if (only !== undefined) chosen = named(chosen, only, ({ id }) => [id]);
  if (series !== undefined)
    chosen = named(chosen, series, ({ id, seriesInstanceUid, partnerUid }) => [
      id,
      seriesInstanceUid ?? id,
      partnerUid ?? id,
    ]);
  if (condition === null) return chosen;
  const met = new Set<StackInput>();
  for (const stack of [...chosen.units.flatMap(({ stacks }) => stacks), ...chosen.leftOut])
    if (meets(condition, await valuesOf(stack))) met.add(stack);
  const found = filtered(chosen, (stack) => met.has(stack));
  if (found.units.length + found.leftOut.length > 0) return found;
  throw fault('E_NOTHING/condition');
}

function named(
  input: InputSet,
  wanted: readonly string[],
  namesOf: (stack: StackInput) => readonly string[],
): InputSet {
  const found = filtered(input, (stack) => namesOf(stack).some((name) => wanted.includes(name)));
  const there = [...found.units.flatMap(({ stacks }) => stacks), ...found.leftOut].flatMap(namesOf);
  if (wanted.every((name) => there.includes(name))) return found;
  throw fault('E_NOT_FOUND/wanted-series');
}

function filtered(input: InputSet, isWanted: (stack: StackInput) => boolean): InputSet {
  const units = input.units.filter(({ stacks }) => stacks.some(isWanted));
  return { ...input, units, leftOut: input.leftOut.filter(isWanted) };
}

/** What every series has, besides the attributes of DICOM. */
const COMPUTED: Readonly<Record<string, (stack: StackInput) => string | number | null>> = {
  kind: ({ modality }) => (modality === 'NIFTI' ? 'nifti' : 'dicom'),
  id: ({ id }) => id,
  path: ({ forPerson, modality }) => (modality === 'NIFTI' ? forPerson.description : null),
  modality: ({ modality }) => modality,
  files: ({ instances }) => instances,
  columns: ({ grid }) => grid.columns,
  rows: ({ grid }) => grid.rows,
  slices: ({ grid }) => grid.slices,
  frames: ({ grid }) => grid.frames,
};

/** Of files that cannot be read any more nothing but what is known already. */
async function valuesOf(stack: StackInput): Promise<(name: string) => readonly string[]> {
  const attributes = await stack.attributes().catch(() => () => []);
  return (name) => {
    const computed = COMPUTED[name.toLowerCase()];
    if (computed === undefined) return attributes(name);
    const value = computed(stack);
    return value === null ? [] : [String(value)];
  };
}

/** The condition of a choice, all of whose names are known; null where there is none. @throws LimpidError E_USAGE */
export function conditionOf({ where }: Choice): Condition | null {
  if (where === undefined) return null;
  const condition = parseCondition(where);
  for (const { name, at } of testsOf(condition))
    if (!(name.toLowerCase() in COMPUTED) && !isAttributeName(name))
      throw wrongCondition(where, at, 'this attribute is not known');
  return condition;
}

/** @throws LimpidError E_NOTHING when there is not one image */
export function refuseEmpty(input: InputSet): void {
  if (input.units.length + input.leftOut.length === 0)
    throw new LimpidError(
      'E_NOTHING',
      input.filesSeen === 0
        ? 'The input holds no files.'
        : 'The input holds no MR or CT image that can be read.',
      'Check the path; `limpid inspect` lists what is there.',
    );
}
