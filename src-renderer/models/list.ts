import type { ModelEntry, ModelTask } from '../../src-main/contract/models.js';
import type { ModelPart } from '../../src-main/contract/requests/choices.js';

/** Columns that the list can be sorted by. */
export const COLUMNS = ['name', 'family', 'tasks', 'data', 'addedAt', 'bytes', 'heldOut'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** A click on a column: that column, or the other direction where it is the column already. */
export function ordered(order: Order, column: Column): Order {
  if (order.column !== column) return { column, descending: false };
  return { column, descending: !order.descending };
}

/** In the order of a column; what is not known stands last in both directions, equals stay as they were. */
export function sortModels(models: readonly ModelEntry[], { column, descending }: Order): ModelEntry[] {
  return [...models].sort((a, b) => {
    const [x, y] = [sortKey(a, column), sortKey(b, column)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    const order =
      typeof x === 'number' && typeof y === 'number'
        ? x - y
        : String(x).localeCompare(String(y), 'en', NUMERIC);
    return descending ? -order : order;
  });
}

const NUMERIC = { numeric: true };

function sortKey(model: ModelEntry, column: Column): string | number | null {
  if (column === 'tasks') return model.tasks.length;
  if (column === 'data') return model.data?.series ?? null;
  return model[column];
}

/** Models that can do `task`, in whose name, family, objective or id every word of the filter occurs. */
export function filterModels(
  models: readonly ModelEntry[],
  filter: string,
  task: ModelTask | null,
): ModelEntry[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  return models.filter((model) => {
    const { id, name, family, objective, tasks, data } = model;
    const text = [id, name, family, objective, ...(data?.modalities ?? [])].join(' ').toLowerCase();
    return (task === null || tasks.includes(task)) && words.every((word) => text.includes(word));
  });
}

/** Models that can be compared at a time. */
const MOST_COMPARED = 3;

/** With this one, or without it where it is there; the one chosen first goes where there are too many. */
export function toggled(chosen: readonly string[], id: string): readonly string[] {
  if (chosen.includes(id)) return chosen.filter((one) => one !== id);
  return [...chosen, id].slice(-MOST_COMPARED);
}

/** What the Denoise panel is to choose for a model. */
export function choiceOf({ origin, id }: ModelEntry): {
  readonly model: 'auto' | 'file';
  readonly path: string | null;
} {
  return origin === 'shipped' ? { model: 'auto', path: null } : { model: 'file', path: id };
}

/** A file name for a copy of a model. */
export function fileNameOf({ name }: ModelEntry, part: ModelPart): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[.-]+/, '') || 'model';
  return `${safe}${part === 'whole' ? '' : `-${part}`}.onnx`;
}
