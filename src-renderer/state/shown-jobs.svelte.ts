import type { JobId } from '../../src-main/contract/window/app.js';

/** The parts of the screen Models, in the order of their tabs. */
export const MODEL_SECTIONS = ['list', 'map', 'index', 'segments', 'probe', 'samples'] as const;
export type ModelSection = (typeof MODEL_SECTIONS)[number];

/** Those of the screen Batch. */
export const BATCH_SECTIONS = ['queue', 'rules', 'watch'] as const;
export type BatchSection = (typeof BATCH_SECTIONS)[number];

/** The jobs whose results the screens Train and Models show; they stay when a person goes elsewhere. */
export class ShownJobs {
  /** null: a new training. */
  training = $state<JobId | null>(null);
  modelSection = $state<ModelSection>('list');
  batchSection = $state<BatchSection>('queue');
  /** null: the latest. */
  map = $state<JobId | null>(null);
  index = $state<JobId | null>(null);
  segments = $state<JobId | null>(null);
  probe = $state<JobId | null>(null);
  samples = $state<JobId | null>(null);
}
