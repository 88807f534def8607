import { type Condition, meets, parseCondition, testsOf, wrongCondition } from '../../base/condition.js';
import { fault } from '../../contract/errors.js';
import type { DenoiseRequest } from '../../contract/requests/requests.js';
import { isAttributeName } from '../../dicom/read/keywords.js';
import type { InputSet, StackInput } from '../input.js';

/** Which series are meant: by their ids, by Series Instance UIDs, by a condition on what they are. */
export type Choice = Pick<DenoiseRequest, 'only' | 'series' | 'where'>;

/** The choice of a request whose `only` means something else. */
export function choiceOf({ series, where }: Pick<Choice, 'series' | 'where'>): Choice {
  return { ...(series === undefined ? {} : { series }), ...(where === undefined ? {} : { where }) };
}

/** What a choice looks at of a series. */
export type Described = Pick<
  StackInput,
  'id' | 'modality' | 'seriesInstanceUid' | 'partnerUid' | 'otherId' | 'instances' | 'grid' | 'attributes'
> & { readonly forPerson: { readonly description: string } };

/** Takes the series that are meant, out of one input or of several. */
export interface Chooser {
  takes(series: Described): Promise<boolean>;
  /** The input with what is meant only; a derived series is one file set, so the stacks of a Series Instance UID stay together. */
  pick(input: InputSet): Promise<InputSet>;
  /** Once all inputs were seen. @throws LimpidError E_NOT_FOUND when one that was named is not there, E_NOTHING when none meets the condition */
  end(): void;
}

/** @throws LimpidError E_USAGE for a condition that is wrong, or names what is not known */
export function openChooser(choice: Choice): Chooser {
  const condition = conditionOf(choice);
  const { only, series } = choice;
  const there = new Set<string>();
  let taken = 0;
  const takes = async (one: Described): Promise<boolean> => {
    const ids = [one.id, one.otherId ?? one.id];
    const names = [...ids, one.seriesInstanceUid ?? one.id, one.partnerUid ?? one.id];
    for (const name of names) there.add(name);
    const isNamed =
      (only === undefined || ids.some((id) => only.includes(id))) &&
      (series === undefined || names.some((name) => series.includes(name)));
    if (!isNamed) return false;
    if (condition !== null && !meets(condition, await valuesOf(one))) return false;
    taken++;
    return true;
  };
  return {
    takes,
    async pick(input) {
      if (only === undefined && series === undefined && condition === null) return input;
      const met = new Set<StackInput>();
      for (const stack of [...input.units.flatMap(({ stacks }) => stacks), ...input.leftOut])
        if (await takes(stack)) met.add(stack);
      return {
        ...input,
        units: input.units.filter(({ stacks }) => stacks.some((stack) => met.has(stack))),
        leftOut: input.leftOut.filter((stack) => met.has(stack)),
      };
    },
    end() {
      if ([...(only ?? []), ...(series ?? [])].some((name) => !there.has(name)))
        throw fault('E_NOT_FOUND/wanted-series');
      if (condition !== null && taken === 0) throw fault('E_NOTHING/condition');
    },
  };
}

/** What every series has, besides the attributes of DICOM. */
const COMPUTED: ReadonlyMap<string, (series: Described) => string | number | null> = new Map(
  Object.entries<(series: Described) => string | number | null>({
    kind: ({ modality }) => (modality === 'NIFTI' ? 'nifti' : 'dicom'),
    id: ({ id }) => id,
    path: ({ forPerson, modality }) => (modality === 'NIFTI' ? forPerson.description : null),
    modality: ({ modality }) => modality,
    files: ({ instances }) => instances,
    columns: ({ grid }) => grid.columns,
    rows: ({ grid }) => grid.rows,
    slices: ({ grid }) => grid.slices,
    frames: ({ grid }) => grid.frames,
  }),
);

/** Of files that cannot be read any more nothing but what is known already. */
async function valuesOf(series: Described): Promise<(name: string) => readonly string[]> {
  const attributes = await series.attributes().catch(() => () => []);
  return (name) => {
    const computed = COMPUTED.get(name.toLowerCase());
    if (computed === undefined) return attributes(name);
    const value = computed(series);
    return value === null ? [] : [String(value)];
  };
}

/** All of its names are known; null where there is none. */
function conditionOf({ where }: Choice): Condition | null {
  if (where === undefined) return null;
  const condition = parseCondition(where);
  for (const { name, at } of testsOf(condition))
    if (!COMPUTED.has(name.toLowerCase()) && !isAttributeName(name))
      throw wrongCondition(where, at, 'attribute');
  return condition;
}
