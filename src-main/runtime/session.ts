import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { fault } from '../contract/errors.js';
import { permutedFloats } from '../graph/emit/builder.js';
import { emitInference, emitStepGraph, mapValues, STEP_NAMES } from '../graph/emit/trace.js';
import { decodeMetadata, encodeModel } from '../graph/onnx.js';
import { externalParts } from '../graph/onnx-external.js';
import type { InferenceDefinition, NamedArrays, Shape, StepDefinition, Target } from '../graph/types.js';
import { checkFeeds, checkState, fixedRun, inverse, physicalShape } from './arrays.js';
import { fromHalves, toHalves } from './half.js';
import type { DeviceChoice, Feeds, InferenceProgram, LoadedModel, Runtime, StepProgram } from './types.js';

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OrtModule {
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: {
    new (type: 'float32', data: Float32Array, dims: readonly number[]): Tensor;
    new (type: 'float16', data: Uint16Array, dims: readonly number[]): Tensor;
  };
}

export interface Engine {
  readonly ort: OrtModule;
  readonly options: InferenceSession.SessionOptions;
  readonly target: Target;
  /** Whether outputs can stay on the device between runs. */
  readonly keepsState: boolean;
  readonly choice: DeviceChoice;
}

/**
 * Threads that have nothing to do sleep. By default they wait in a loop for what comes next, which pays between the many
 * short runs of a training; between the planes of a series, which our own threads are at then, it takes a tenth of all
 * processor time for nothing.
 */
const RESTING: InferenceSession.SessionOptions = {
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/** A runtime over onnxruntime sessions. */
export function sessionRuntime(engine: Engine): Runtime {
  const open = new Set<{ close(): Promise<void> }>();
  const track = <P extends { close(): Promise<void> }>(program: P): P => {
    open.add(program);
    return program;
  };
  return {
    choice: engine.choice,
    files: engine.choice,
    compileStep: async (definition, initial) => track(await compileStep(engine, definition, initial)),
    compileInference: async (definition) => track(await compileInference(engine, definition)),
    loadModel: async (onnx) => track(await loadModel(engine, onnx)),
    close: async () => {
      for (const program of open) await program.close();
      open.clear();
    },
  };
}

async function compileStep(
  engine: Engine,
  definition: StepDefinition,
  initial: NamedArrays,
): Promise<StepProgram> {
  checkState(definition.state, initial);
  const { model, layouts, outputs } = emitStepGraph(definition, engine.target);
  const stateNames = Object.keys(definition.state);
  const location = engine.keepsState
    ? {
        preferredOutputLocation: Object.fromEntries([
          ...stateNames.map((name) => [STEP_NAMES.nextState(name), 'gpu-buffer' as const]),
          ...outputs.map((name) => [STEP_NAMES.output(name), 'cpu' as const]),
        ]),
      }
    : {};
  const session = await createSession(engine, model, location);
  const released = closeOnce(session);
  let state: Record<string, Tensor> = {};
  const dispose = (): void => {
    for (const tensor of Object.values(state)) if (tensor.location !== 'cpu') tensor.dispose();
  };
  const upload = (arrays: NamedArrays): void => {
    checkState(definition.state, arrays);
    dispose();
    state = mapValues(definition.state, (shape, name) => {
      const perm = layouts[name];
      const data = permutedFloats(arrays[name].data, shape, perm);
      return new engine.ort.Tensor('float32', data, physicalShape(shape, perm));
    });
  };
  upload(initial);
  return {
    async run(inputs) {
      checkFeeds(definition.inputs, inputs);
      const feeds: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(state)) feeds[STEP_NAMES.state(name)] = tensor;
      for (const [name, shape] of Object.entries(definition.inputs))
        feeds[STEP_NAMES.input(name)] = new engine.ort.Tensor('float32', inputs[name], shape);
      const results = await runSession(session, feeds);
      const before = state;
      state = mapValues(definition.state, (_, name) => tensorIn(results, STEP_NAMES.nextState(name)));
      for (const [name, tensor] of Object.entries(before))
        if (tensor.location !== 'cpu' && tensor !== state[name]) tensor.dispose();
      return Object.fromEntries(
        outputs.map((name) => [name, floatsOf(tensorIn(results, STEP_NAMES.output(name)))]),
      );
    },
    async readState() {
      const values = await download(engine, state);
      return mapValues(definition.state, (shape, name) => {
        const perm = layouts[name];
        return {
          data: permutedFloats(values[name], physicalShape(shape, perm), inverse(perm)),
          shape: [...shape],
        };
      });
    },
    async writeState(arrays) {
      upload(arrays);
    },
    async close() {
      dispose();
      state = {};
      await released();
    },
  };
}

/** Copies tensors from the device: getData() on one aborts the process, so an Identity graph hands them over. */
async function download(
  engine: Engine,
  state: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const remote = Object.entries(state).filter(([, tensor]) => tensor.location !== 'cpu');
  const values: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(state))
    if (tensor.location === 'cpu') values[name] = floatsOf(tensor);
  if (remote.length === 0) return values;
  const model = encodeModel({
    nodes: remote.map(([name]) => ({
      type: 'Identity',
      inputs: [`in/${name}`],
      output: `out/${name}`,
      attributes: {},
    })),
    initializers: [],
    inputs: remote.map(([name, tensor]) => ({ name: `in/${name}`, dims: tensor.dims })),
    outputs: remote.map(([name, tensor]) => ({ name: `out/${name}`, dims: tensor.dims })),
  });
  const session = await createSession(engine, model);
  try {
    const feeds = Object.fromEntries(remote.map(([name, tensor]) => [`in/${name}`, tensor]));
    const results = await runSession(session, feeds);
    for (const [name] of remote) values[name] = floatsOf(tensorIn(results, `out/${name}`)).slice();
    return values;
  } finally {
    await session.release();
  }
}

async function compileInference(engine: Engine, definition: InferenceDefinition): Promise<InferenceProgram> {
  const model = emitInference(definition, engine.target);
  const session = await createSession(engine, model, RESTING);
  return {
    run: (inputs) => infer(engine, session, definition.inputs, inputs),
    close: closeOnce(session),
  };
}

async function infer(
  engine: Engine,
  session: InferenceSession,
  shapes: Readonly<Record<string, Shape>>,
  inputs: Feeds,
): Promise<Feeds> {
  checkFeeds(shapes, inputs);
  const feeds = mapValues(shapes, (shape, name) => new engine.ort.Tensor('float32', inputs[name], shape));
  const results = await runSession(session, feeds);
  return Object.fromEntries(session.outputNames.map((name) => [name, floatsOf(tensorIn(results, name))]));
}

async function loadModel(engine: Engine, onnx: Uint8Array): Promise<LoadedModel> {
  const metadata = readMetadata(onnx);
  refuseExternal(onnx);
  let session: InferenceSession;
  try {
    session = await createSession(engine, onnx, RESTING);
  } catch (error) {
    throw fault('E_MODEL/not-of-device', {}, undefined, error);
  }
  const inputShapes = portShapes(session.inputMetadata);
  const halves = new Set(
    session.inputMetadata.flatMap((port) => (port.isTensor && port.type === 'float16' ? [port.name] : [])),
  );
  const tensorOf = (name: string, { data, shape }: NamedArrays[string]): Tensor =>
    halves.has(name)
      ? new engine.ort.Tensor('float16', toHalves(data), shape)
      : new engine.ort.Tensor('float32', data, shape);
  const outputShapes = portShapes(session.outputMetadata);
  const runShaped = async (inputs: NamedArrays): Promise<NamedArrays> => {
    const shapes = mapValues(inputs, (array) => array.shape);
    checkFeeds(
      mapValues(inputShapes, (_, name) => shapes[name] ?? []),
      mapValues(inputs, (array) => array.data),
    );
    const feeds = mapValues(inputShapes, (_, name) => tensorOf(name, inputs[name]));
    const results = await runSession(session, feeds);
    return Object.fromEntries(
      session.outputNames.map((name) => {
        const tensor = tensorIn(results, name);
        return [name, { data: floatsOf(tensor), shape: [...tensor.dims] }];
      }),
    );
  };
  return {
    metadata,
    inputShapes,
    outputShapes,
    runShaped,
    run: fixedRun(inputShapes, runShaped),
    close: closeOnce(session),
  };
}

function portShapes(
  ports: readonly InferenceSession.ValueMetadata[],
): Record<string, readonly (number | null)[]> {
  return Object.fromEntries(
    ports.map((port) => {
      if (!port.isTensor || (port.type !== 'float32' && port.type !== 'float16'))
        throw fault('E_MODEL/port-type');
      return [
        port.name,
        port.shape.map((length) => (typeof length === 'number' && length >= 0 ? length : null)),
      ];
    }),
  );
}

function readMetadata(onnx: Uint8Array): Record<string, string> {
  try {
    return decodeMetadata(onnx);
  } catch (error) {
    throw fault('E_MODEL/no-onnx', {}, undefined, error);
  }
}

/** ONNX Runtime would look for them in the folder that this process happens to be in. */
function refuseExternal(onnx: Uint8Array): void {
  let parts: readonly object[];
  try {
    parts = externalParts(onnx);
  } catch (error) {
    throw fault('E_MODEL/no-onnx', {}, undefined, error);
  }
  if (parts.length > 0) throw fault('E_MODEL/weights-apart');
}

function createSession(
  engine: Engine,
  model: Uint8Array,
  extra: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  return engine.ort.InferenceSession.create(model, { ...engine.options, ...extra });
}

async function runSession(
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<InferenceSession.OnnxValueMapType> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw fault('E_DEVICE/stopped', {}, undefined, error);
  }
}

function tensorIn(results: InferenceSession.OnnxValueMapType, name: string): Tensor {
  const tensor = results[name];
  if (tensor === undefined) throw fault('E_MODEL/output-missing');
  return tensor;
}

function floatsOf(tensor: Tensor): Float32Array {
  if (tensor.type === 'float16') return fromHalves(halvesOf(tensor.data));
  if (!(tensor.data instanceof Float32Array)) throw fault('E_MODEL/no-float32');
  return tensor.data;
}

/** Where JavaScript has a Float16Array ONNX Runtime gives that. */
function halvesOf(data: Tensor['data']): Uint16Array {
  if (!ArrayBuffer.isView(data)) throw fault('E_MODEL/no-float16');
  return new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
}

function closeOnce(session: InferenceSession): () => Promise<void> {
  let closed = false;
  return async () => {
    if (closed) return;
    closed = true;
    await session.release();
  };
}
