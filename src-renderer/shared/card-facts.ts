import type { LearningPoint } from '../../src-main/contract/models.js';

/** One line of a model card: where it stands in the card, and its value as text without a language. */
interface Fact {
  /** `training.peakRate` */
  readonly path: string;
  readonly value: FactValue;
}
export type FactValue =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'flag'; readonly flag: boolean }
  | { readonly kind: 'text'; readonly text: string }
  /** Items of a list, their numbers with decimal points. */
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** A list too long to be shown. */
  | { readonly kind: 'many'; readonly count: number };

/** A group of lines: the first part of their paths, or '' for what stands at the top of the card. */
export interface FactGroup {
  readonly group: string;
  readonly facts: readonly Fact[];
}

/** Values of a list that are shown. */
const MOST_SHOWN = 8;
/** Drawn, not written. */
const DRAWN = new Set(['training.curve']);

/** Every field of a card, whatever its kind, but for the learning curve. A field that is null is left out. */
export function groupsOf(card: object): FactGroup[] {
  const groups = new Map<string, Fact[]>();
  for (const fact of flat(card, '')) {
    const at = fact.path.indexOf('.');
    const group = at < 0 ? '' : fact.path.slice(0, at);
    groups.set(group, [...(groups.get(group) ?? []), fact]);
  }
  return [...groups].map(([group, facts]) => ({ group, facts }));
}

function flat(value: unknown, path: string): Fact[] {
  if (value === null || value === undefined || DRAWN.has(path)) return [];
  const fact = (found: FactValue): Fact[] => [{ path, value: found }];
  switch (typeof value) {
    case 'number':
      return fact({ kind: 'number', number: value });
    case 'boolean':
      return fact({ kind: 'flag', flag: value });
    case 'string':
      return value === '' ? [] : fact({ kind: 'text', text: value });
    case 'object':
      if (Array.isArray(value)) return value.length === 0 ? [] : fact(listed(value));
      return Object.entries(value).flatMap(([key, inner]) =>
        flat(inner, path === '' ? key : `${path}.${key}`),
      );
    default:
      return [];
  }
}

function listed(items: readonly unknown[]): FactValue {
  if (items.length > MOST_SHOWN) return { kind: 'many', count: items.length };
  return { kind: 'list', items: items.map(itemText) };
}

/** Of the losses, `mse × 1`; of the rest, the values of its fields. */
function itemText(item: unknown): string {
  if (typeof item === 'number') return String(Number(item.toPrecision(4)));
  if (typeof item !== 'object' || item === null) return String(item);
  return Object.values(item).map(itemText).join(' × ');
}

/** The learning curve of a card; empty where it has none. */
export function curveOf(card: object): readonly LearningPoint[] {
  const training: unknown = Reflect.get(card, 'training');
  const curve: unknown =
    typeof training === 'object' && training !== null ? Reflect.get(training, 'curve') : [];
  return Array.isArray(curve) ? curve.filter(isPoint) : [];
}

/** Where the held-out loss was least; null: it was never measured. */
export function bestOf(
  curve: readonly LearningPoint[],
): { readonly step: number; readonly heldOut: number } | null {
  let best: { readonly step: number; readonly heldOut: number } | null = null;
  for (const { step, heldOut } of curve)
    if (heldOut !== null && (best === null || heldOut < best.heldOut)) best = { step, heldOut };
  return best;
}

function isPoint(value: unknown): value is LearningPoint {
  if (typeof value !== 'object' || value === null) return false;
  const heldOut: unknown = Reflect.get(value, 'heldOut');
  return (
    [Reflect.get(value, 'step'), Reflect.get(value, 'loss')].every(Number.isFinite) &&
    (heldOut === null || Number.isFinite(heldOut))
  );
}

/** A line of a comparison: the value of each model, null where its card lacks the field. */
export interface ComparedFact {
  readonly path: string;
  readonly values: readonly (FactValue | null)[];
  readonly differs: boolean;
}

/** The cards side by side, in the order of the first, then of what only the others have. */
export function compared(cards: readonly object[]): { group: string; facts: ComparedFact[] }[] {
  const flats = cards.map((card) => new Map(flat(card, '').map(({ path, value }) => [path, value])));
  const order = new Map<string, Set<string>>();
  for (const card of cards)
    for (const { group, facts } of groupsOf(card)) {
      const paths = order.get(group) ?? new Set();
      for (const { path } of facts) paths.add(path);
      order.set(group, paths);
    }
  return [...order].map(([group, paths]) => ({
    group,
    facts: [...paths].map((path) => {
      const values = flats.map((one) => one.get(path) ?? null);
      const texts = values.map((value) => JSON.stringify(value));
      return { path, values, differs: texts.some((text) => text !== texts[0]) };
    }),
  }));
}
