import type { ModelCard, ModelEntry } from '../contract/models.js';
import { heldOutOf } from './model-store.js';

/** What the library says of a model, from its card. */
export function factsOf(
  card: ModelCard,
): Pick<ModelEntry, 'family' | 'tasks' | 'objective' | 'heldOut' | 'data'> {
  return {
    family: card.family,
    tasks: card.tasks,
    objective: card.objective.kind,
    heldOut: heldOutOf(card.training),
    data: card.foreign === undefined ? card.data : null,
  };
}
