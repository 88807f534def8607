import { Random } from '../base/random.js';
import type { Preview } from '../contract/events.js';
import type { NamedArrays } from '../graph/types.js';
import type { Autoencoder } from '../models/family.js';
import { rank4 } from '../models/parameters.js';
import type { Runtime, StepProgram } from '../runtime/types.js';
import type { Measured } from './loop.js';
import type { BatchSource } from './samples/batches.js';
import { BUFFER, restingPass } from './step.js';

/** Where pictures of a training go. Planes are size * size, one patch after the other, scaled as the corpus is. */
export interface PreviewSink {
  /** Once: what the patches are made from, and what is to be made of them. */
  readonly patches: (input: Float32Array, target: Float32Array) => Promise<void>;
  /** As they are rebuilt at a step. `before`: the one that this one takes the place of, which is not to last. */
  readonly rebuilt: (preview: Preview, images: Float32Array, before: Preview | null) => Promise<void>;
}

/** Patches that are shown, and the pixels that all of them have at most. */
const MOST_PATCHES = 6;
const MOST_PIXELS = 6 * 128 * 128;
/** Pictures that last; others are replaced by the next one. */
const MOST_LASTING = 32;
/** The share of the time that pictures may take: they wait until one of their cost is due. */
const TIME_SHARE = 0.01;

/**
 * Rebuilds the same held-out patches while a model learns. It has a generator, a batch source and a program of its
 * own: neither the weights nor what training draws depend on it.
 */
export class Previewer {
  readonly #program: StepProgram;
  readonly #input: Float32Array;
  readonly #sink: PreviewSink;
  readonly #shape: Pick<Preview, 'count' | 'size'>;
  /** Measurements from one picture that lasts to the next. */
  readonly #lastingEvery: number;
  #measured = 0;
  #cost = 0;
  #shownAt = Number.NEGATIVE_INFINITY;
  #shown: Preview | null = null;

  private constructor(
    program: StepProgram,
    input: Float32Array,
    sink: PreviewSink,
    shape: Pick<Preview, 'count' | 'size'>,
    lastingEvery: number,
  ) {
    this.#program = program;
    this.#input = input;
    this.#sink = sink;
    this.#shape = shape;
    this.#lastingEvery = lastingEvery;
  }

  /** @param batches a source of batches of that many patches */
  static async open(
    runtime: Runtime,
    model: Autoencoder,
    plan: {
      readonly size: number;
      readonly seed: number;
      readonly steps: number;
      readonly evaluateEvery: number;
    },
    sink: PreviewSink,
    batches: (batchSize: number) => BatchSource,
  ): Promise<Previewer> {
    const { size, seed } = plan;
    const count = Math.min(MOST_PATCHES, Math.max(1, Math.round(MOST_PIXELS / size ** 2)));
    const { input, target } = batches(count).batch(new Random(seed).fork('preview'), 'heldOut', 0);
    await sink.patches(centreChannel(input, model), target);
    const program = await runtime.compileStep(
      {
        state: shapesOf(model),
        inputs: { input: [count, size, size, model.channels] },
        step: (state, inputs) => {
          const { raw } = model.forward(restingPass(state), rank4(inputs.input));
          return { state, outputs: { image: model.head.image(raw) } };
        },
      },
      zeros(shapesOf(model)),
    );
    const lastingEvery = Math.ceil(plan.steps / plan.evaluateEvery / MOST_LASTING);
    return new Previewer(program, input, sink, { count, size }, lastingEvery);
  }

  /** null where no picture was due. */
  async at({ step, kept, last }: Measured): Promise<Preview | null> {
    const started = performance.now();
    const lasting = this.#measured++ % this.#lastingEvery === 0 || last;
    if (!last && (started - this.#shownAt) * TIME_SHARE < this.#cost) return null;
    await this.#program.writeState(kept);
    const { image } = await this.#program.run({ input: this.#input });
    const preview = { step, ...this.#shape, lasting };
    await this.#sink.rebuilt(preview, image, this.#shown?.lasting === false ? this.#shown : null);
    this.#shown = preview;
    this.#shownAt = performance.now();
    this.#cost = this.#shownAt - started;
    return preview;
  }

  close(): Promise<void> {
    return this.#program.close();
  }
}

function shapesOf({ parameters, buffers }: Autoencoder): Record<string, readonly number[]> {
  return {
    ...Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, shape])),
    ...Object.fromEntries(Object.entries(buffers).map(([name, { shape }]) => [BUFFER + name, shape])),
  };
}

function zeros(shapes: Readonly<Record<string, readonly number[]>>): NamedArrays {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      { data: new Float32Array(shape.reduce((product, length) => product * length, 1)), shape },
    ]),
  );
}

/** The plane itself, of an input that has its neighbours as channels too. */
function centreChannel(input: Float32Array, { channels, context }: Autoencoder): Float32Array {
  if (channels === 1) return input;
  return Float32Array.from({ length: input.length / channels }, (_, i) => input[i * channels + context]);
}
