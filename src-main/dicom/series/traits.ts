import type { Trait, TraitName } from '../../contract/words/traits.js';
import type { FrameRecord } from '../read/frame-record.js';
import type { Instance } from '../read/instance.js';
import { normalOf } from './geometry.js';
import type { Stack } from './group.js';

/** What a stack states of one thing, beside others of its series; nothing where it does not. */
type Feature = (stack: Stack, all: readonly Stack[]) => readonly Trait[];

/**
 * Says of each stack of one series in what it differs from the others, in as few traits as tell all apart. What no
 * attribute that a person knows tells apart is counted.
 */
export function traitsOf(stacks: readonly Stack[]): Map<Stack, readonly Trait[]> {
  const traits = new Map(stacks.map((stack): [Stack, Trait[]] => [stack, []]));
  let alike: readonly (readonly Stack[])[] = [stacks];
  for (const feature of FEATURES) {
    const own = differences(stacks, feature);
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
function differences(stacks: readonly Stack[], feature: Feature): Map<Stack, readonly Trait[]> {
  const stated = stacks.map((stack): [Stack, readonly Trait[]] => [stack, feature(stack, stacks)]);
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
  common('echoTime', ({ echoTime }) => echoTime),
  common('echo', ({ echoNumber }) => echoNumber),
  ({ instances: [{ reconstruction }] }) =>
    reconstruction.split(',').flatMap((term) => stated('reconstruction', term)),
  common('inversion', ({ inversionTime }) => inversionTime),
  common('flip', ({ flipAngle }) => flipAngle),
  common('b', ({ bValue }) => bValue),
  common('coil', ({ coil }) => coil),
  (stack) => word(planeOf(stack)),
  ({ incomplete }) => (incomplete.length > 0 ? word('incomplete') : []),
  ({ geometry }) => (geometry.duplicates ? word('repeated') : []),
  common('time', ({ temporalPosition }) => temporalPosition),
  common('trigger', ({ triggerTime }) => triggerTime),
  common('acquisition', ({ acquisitionNumber }) => acquisitionNumber),
  common('size', ({ columns, rows }) => `${columns} × ${rows}`),
  common('spacing', ({ pixelSpacing }) => pixelSpacing?.map(shortNumber).join(' × ') ?? ''),
  common('colours', ({ photometric }) => photometric),
  common('bits', ({ bitsStored }) => bitsStored),
  common('perFile', ({ numberOfFrames }) => numberOfFrames),
];

/** That images are magnitudes says something only beside other parts: not every scanner says so of all. */
function partOfSignal(stack: Stack, all: readonly Stack[]): Trait[] {
  const partOf = ({ instances: [{ complexPart }] }: Stack) => complexPart;
  return all.some((one) => !['', 'M'].includes(partOf(one))) ? word(PARTS[partOf(stack)]) : [];
}

const PARTS: Readonly<Record<string, TraitName>> = {
  M: 'magnitude',
  P: 'phase',
  R: 'real',
  I: 'imaginary',
};

/** What all images of a stack state alike. */
function common(name: TraitName, ofImage: (instance: Instance) => number | string | null): Feature {
  const read = (instance: Instance) => {
    const value = ofImage(instance);
    return typeof value === 'number' ? shortNumber(value) : (value ?? '');
  };
  return ({ instances }) => {
    const first = read(instances[0]);
    return instances.every((instance) => read(instance) === first) ? stated(name, first) : [];
  };
}

function stated(name: TraitName, value: string): Trait[] {
  return value === '' ? [] : [{ name, value }];
}

function word(name: TraitName | undefined): Trait[] {
  return name === undefined ? [] : [{ name, value: '' }];
}

/** Times and spacings differ in thousandths, as they do where stacks are formed. */
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
