import type { Trait, TraitName } from '../../contract/words/traits.js';
import type { FrameRecord } from '../read/frame-record.js';
import type { Instance } from '../read/instance.js';
import { normalOf } from './geometry.js';
import { echoTimeNames, type Stack, spacingNames } from './group.js';

/** All stacks of a series, and what its echo times and spacings are called: those that are alike are one. */
interface Beside {
  readonly all: readonly Stack[];
  readonly echoTimes: ReadonlyMap<number, string>;
  readonly spacings: ReadonlyMap<number, string>;
}

/** What a stack states of one thing, beside others of its series; nothing where it does not. */
type Feature = (stack: Stack, beside: Beside) => readonly Trait[];

/**
 * Says of each stack of one series in what it differs from the others, in as few traits as tell all apart. What no
 * attribute that a person knows tells apart is counted.
 */
export function traitsOf(stacks: readonly Stack[]): Map<Stack, readonly Trait[]> {
  const traits = new Map(stacks.map((stack): [Stack, Trait[]] => [stack, []]));
  // One alone differs from nothing, and most series are one.
  if (stacks.length === 1) return traits;
  const instances = stacks.flatMap((stack) => stack.instances);
  const beside = { all: stacks, echoTimes: echoTimeNames(instances), spacings: spacingNames(instances) };
  let alike: readonly (readonly Stack[])[] = [stacks];
  for (const feature of FEATURES) {
    const own = differences(beside, feature);
    const parts = alike.flatMap((those) => partition(those, (stack) => JSON.stringify(own.get(stack))));
    if (parts.length === alike.length) continue;
    alike = parts;
    for (const [stack, list] of traits) list.push(...(own.get(stack) ?? []));
  }
  for (const those of alike)
    if (those.length > 1)
      for (const [i, stack] of those.entries())
        traits.get(stack)?.push({ name: 'stack', value: String(i + 1) });
  return traits;
}

/** Of each stack what not all of them state. */
function differences(beside: Beside, feature: Feature): Map<Stack, readonly Trait[]> {
  const stacks = beside.all;
  const stated = stacks.map((stack): [Stack, readonly Trait[]] => [stack, feature(stack, beside)]);
  const counts = new Map<string, number>();
  for (const [, traits] of stated)
    for (const text of new Set(traits.map(textOf))) counts.set(text, (counts.get(text) ?? 0) + 1);
  return new Map(
    stated.map(([stack, traits]) => [
      stack,
      traits.filter((trait) => (counts.get(textOf(trait)) ?? 0) < stacks.length),
    ]),
  );
}

function textOf({ name, value }: Trait): string {
  return `${name} ${value}`;
}

function partition(stacks: readonly Stack[], keyOf: (stack: Stack) => string): Stack[][] {
  const parts = new Map<string, Stack[]>();
  for (const stack of stacks) {
    const key = keyOf(stack);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, [stack]);
    else part.push(stack);
  }
  return [...parts.values()];
}

/** In the order of `TRAITS`. */
const FEATURES: readonly Feature[] = [
  partOfSignal,
  ({ instances: [{ imageType }] }) => imageType.flatMap((term) => stated('type', term)),
  (stack) => (stack.instances.every(isCombined) ? word('combined') : []),
  told('echoTime', ({ echoTime }, { echoTimes }) => plain(echoTimes, echoTime)),
  told('echo', ({ echoNumber }) => echoNumber),
  ({ instances: [{ reconstruction }] }) =>
    reconstruction.split(',').flatMap((term) => stated('reconstruction', term)),
  common('inversion', ({ inversionTime }) => inversionTime),
  common('flip', ({ flipAngle }) => flipAngle),
  common('b', ({ bValue }) => bValue),
  told('coil', ({ coil }) => coil),
  (stack) => word(planeOf(stack)),
  ({ incomplete }) => (incomplete.length > 0 ? word('incomplete') : []),
  ({ geometry }) => (geometry.duplicates ? word('repeated') : []),
  common('time', ({ temporalPosition }) => temporalPosition),
  common('trigger', ({ triggerTime }) => triggerTime),
  common('acquisition', ({ acquisitionNumber }) => acquisitionNumber),
  common('size', ({ columns, rows }) => `${columns} × ${rows}`),
  common(
    'spacing',
    ({ pixelSpacing }, { spacings }) => pixelSpacing?.map((mm) => plain(spacings, mm)).join(' × ') ?? '',
  ),
  common('colours', ({ photometric }) => photometric),
  common('bits', ({ bitsStored }) => bitsStored),
  common('perFile', ({ numberOfFrames }) => numberOfFrames),
];

/** That images are magnitudes says something only beside other parts: not every scanner says so of all. */
function partOfSignal(stack: Stack, { all }: Beside): Trait[] {
  const partOf = ({ instances: [{ complexPart }] }: Stack) => complexPart;
  return all.some((one) => !['', 'M'].includes(partOf(one))) ? word(PARTS[partOf(stack)]) : [];
}

const PARTS: Readonly<Record<string, TraitName>> = {
  M: 'magnitude',
  P: 'phase',
  R: 'real',
  I: 'imaginary',
};

type OfImage = (instance: Instance, beside: Beside) => number | string | null;

/** What all images of a stack state alike. */
function common(name: TraitName, ofImage: OfImage): Feature {
  return ({ instances }, beside) => only(name, new Set(instances.map((one) => textIn(ofImage(one, beside)))));
}

/** What images of a stack state alike, where it holds of those that say nothing too: grouping took it for that. */
function told(name: TraitName, ofImage: OfImage): Feature {
  return ({ instances }, beside) => {
    const values = new Set(instances.map((one) => textIn(ofImage(one, beside))));
    values.delete('');
    return only(name, values);
  };
}

function only(name: TraitName, values: ReadonlySet<string>): Trait[] {
  const [value = ''] = values;
  return values.size === 1 ? stated(name, value) : [];
}

function textIn(value: number | string | null): string {
  return typeof value === 'number' ? shortNumber(value) : (value ?? '');
}

/** The name of a number without the zeros at its end. */
function plain(names: ReadonlyMap<number, string>, value: number | null): string {
  const name = value === null ? undefined : names.get(value);
  return name === undefined ? '' : String(Number(name));
}

function stated(name: TraitName, value: string): Trait[] {
  return value === '' ? [] : [{ name, value }];
}

function word(name: TraitName | undefined): Trait[] {
  return name === undefined ? [] : [{ name, value: '' }];
}

/** Four digits tell apart whatever a scanner is set to. */
function shortNumber(value: number): string {
  return String(Number(value.toFixed(4)));
}

function isCombined({ bValue, gradient }: FrameRecord): boolean {
  return bValue !== null && bValue > 0 && !(gradient?.some((part) => part !== 0) ?? false);
}

const AXES = ['sagittal', 'coronal', 'axial'] as const;

function planeOf({ geometry, instances: [{ imageOrientation }] }: Stack): TraitName | undefined {
  if (geometry.directions) return 'directions';
  if (geometry.unplaced || imageOrientation === null) return 'unplaced';
  const normal = normalOf(imageOrientation).map(Math.abs);
  return AXES[normal.indexOf(Math.max(...normal))];
}
