import type { Problem } from '../contract/errors.js';
import type { InferenceDefinition, NamedArrays, StepDefinition } from '../graph/types.js';

export type DeviceRequest = 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'dml' | 'coreml' | 'tensorflow';
export type Device = Exclude<DeviceRequest, 'auto'> | 'wasm';

export interface DeviceChoice {
  readonly device: Device;
  /** For people: what computes, on how many threads. */
  readonly description: string;
  /** The same without words: on how many threads of a CPU; whether TensorFlow has a GPU. */
  readonly threads?: number;
  readonly gpu?: boolean;
  /** W_DEVICE_FALLBACK for each device that was tried and not taken. */
  readonly warnings: readonly Problem[];
}

/** Values by name, float32, logical layout, row-major. */
export type Feeds = Readonly<Record<string, Float32Array>>;

/** A compiled training step that holds its state. Calls must not overlap. */
export interface StepProgram {
  /** One step: changes the state, returns the outputs. Blocks the event loop while it computes. */
  run(inputs: Feeds): Promise<Feeds>;
  /** A copy of the state. */
  readState(): Promise<NamedArrays>;
  /** Replaces the state; names and shapes must be those of the definition. */
  writeState(state: NamedArrays): Promise<void>;
  close(): Promise<void>;
}

export interface InferenceProgram {
  run(inputs: Feeds): Promise<Feeds>;
  close(): Promise<void>;
}

export interface LoadedModel extends InferenceProgram {
  readonly metadata: Readonly<Record<string, string>>;
  /** `null` stands for a length that is free at each run. */
  readonly inputShapes: Readonly<Record<string, readonly (number | null)[]>>;
  readonly outputShapes: Readonly<Record<string, readonly (number | null)[]>>;
  /** Like `run`, for models with free lengths. */
  runShaped(inputs: NamedArrays): Promise<NamedArrays>;
}

export interface Runtime {
  readonly choice: DeviceChoice;
  /** What runs model files: `choice`, but where that computes without ONNX Runtime. */
  readonly files: DeviceChoice;
  compileStep(definition: StepDefinition, initial: NamedArrays): Promise<StepProgram>;
  compileInference(definition: InferenceDefinition): Promise<InferenceProgram>;
  /** Runs on `files`. @throws LimpidError E_MODEL when the bytes are no model that it runs. */
  loadModel(onnx: Uint8Array): Promise<LoadedModel>;
  close(): Promise<void>;
}
