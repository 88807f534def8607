/** Names of what is in the record of a training; the app reads them, and computes nothing. */
export const RECORD_FILES = {
  /** Inputs, then targets, of the patches: float32. */
  patches: 'patches.f32',
  /** The patches as they are rebuilt at a step: float32. */
  rebuilt: (step: number): string => `rebuilt-${step}.f32`,
  card: 'card.json',
  /** Where a model is made that goes into the library in the end. */
  model: 'model.onnx',
} as const;
