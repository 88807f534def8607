import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel, type OnnxGraph, type OnnxPort } from '../../src-main/graph/onnx.js';
import { foreignPorts } from '../../src-main/model-files/foreign-ports.js';
import { runForeign } from '../../src-main/model-files/foreign-run.js';
import { openRuntime } from '../../src-main/runtime/device.js';
import { fromHalves, toHalves } from '../../src-main/runtime/half.js';
import type { Runtime } from '../../src-main/runtime/types.js';

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime('cpu', { threads: 1 });
});
afterAll(() => runtime.close());

const image = (dims: OnnxPort['dims'], name = 'x'): OnnxPort => ({ name, dims });
const conv = (channels: number, weights: readonly number[]): Pick<OnnxGraph, 'nodes' | 'initializers'> => ({
  nodes: [
    {
      type: 'Conv',
      inputs: ['x', 'w'],
      output: 'y',
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] },
    },
  ],
  initializers: [
    {
      name: 'w',
      type: 'float32',
      dims: [1, channels, 3, 3],
      bytes: new Uint8Array(Float32Array.from(weights).buffer),
    },
  ],
});
const MEAN = Array<number>(9).fill(1 / 9);

async function restored(
  graph: OnnxGraph,
  [rows, columns]: readonly [number, number],
  sigma = 0,
  white = 1,
): Promise<Float32Array> {
  const model = await runtime.loadModel(encodeModel(graph));
  const ports = foreignPorts(model, { layout: 'auto' });
  const data = Float32Array.from({ length: rows * columns }, (_, i) =>
    value(i % columns, Math.floor(i / columns)),
  );
  const how = { gives: 'image', white } as const;
  return (await runForeign(model, ports, how, { image: data, rows, columns, sigma })).reconstruction.data;
}

const value = (x: number, y: number): number => 0.5 + 0.3 * Math.sin(x / 3) * Math.cos(y / 5);

describe('a network of others of one size', () => {
  it.each([
    [32, 24, 70, 61],
    [32, 24, 20, 90],
    [16, 48, 16, 48],
  ])('%d x %d gives a plane of %d x %d without a seam', async (height, width, rows, columns) => {
    const port = (name: string): OnnxPort => image([1, 1, height, width], name);
    const out = await restored({ ...conv(1, MEAN), inputs: [port('x')], outputs: [port('y')] }, [
      rows,
      columns,
    ]);
    const free = (name: string): OnnxPort => image([1, 1, 'h', 'w'], name);
    const expected = await restored({ ...conv(1, MEAN), inputs: [free('x')], outputs: [free('y')] }, [
      rows,
      columns,
    ]);
    // Zeros around a window darken its edge by a third; weighted down it may not show where windows meet.
    let worst = 0;
    for (let y = 2; y < rows - 2; y++)
      for (let x = 2; x < columns - 2; x++)
        worst = Math.max(worst, Math.abs(out[y * columns + x] - expected[y * columns + x]));
    expect(worst).toBeLessThan(0.01);
    expect(out).toHaveLength(rows * columns);
  });
});

/** y = x + level, so that what was fed is seen. */
const adds = (level: OnnxPort): OnnxGraph => ({
  nodes: [{ type: 'Add', inputs: ['x', level.name], output: 'y', attributes: {} }],
  initializers: [],
  inputs: [image(['n', 1, 'h', 'w']), level],
  outputs: [image(['n', 1, 'h', 'w'], 'y')],
});

describe('a network of others that is told the level', () => {
  it.each([
    ['a scalar', []],
    ['one value', [1]],
    ['a column', ['n', 1]],
    ['four axes of one', ['n', 1, 1, 1]],
    ['a map', ['n', 1, 'h', 'w']],
  ])('as %s gets it in the scale of the image', async (_, dims) => {
    const out = await restored(adds(image(dims, 'sigma')), [8, 16], 0.125, 255);
    for (let i = 0; i < out.length; i++)
      expect(out[i]).toBeCloseTo(value(i % 16, Math.floor(i / 16)) + 0.125, 5);
  });

  it.each(['nchw', 'nhwc'] as const)('as a second channel gets it (%s)', async (layout) => {
    const [shape, given] =
      layout === 'nchw'
        ? [
            [1, 2, 'h', 'w'],
            [1, 1, 'h', 'w'],
          ]
        : [
            [1, 'h', 'w', 2],
            [1, 'h', 'w', 1],
          ];
    const axes: readonly number[] = layout === 'nchw' ? [1] : [3];
    const out = await restored(
      {
        nodes: [
          { type: 'ReduceSum', inputs: ['x', 'axes'], output: 'y', attributes: { keepdims: { int: 1 } } },
        ],
        initializers: [
          {
            name: 'axes',
            type: 'int64',
            dims: [1],
            bytes: new Uint8Array(BigInt64Array.from(axes, BigInt).buffer),
          },
        ],
        inputs: [image(shape)],
        outputs: [image(given, 'y')],
      },
      [8, 16],
      0.25,
    );
    for (let i = 0; i < out.length; i++)
      expect(out[i]).toBeCloseTo(value(i % 16, Math.floor(i / 16)) + 0.25, 5);
  });
});

it('a network of others in half precision computes with halves', async () => {
  const half = (name: string): OnnxPort => ({ ...image([1, 1, 'h', 'w'], name), type: 'float16' });
  const out = await restored(
    {
      nodes: [{ type: 'Identity', inputs: ['x'], output: 'y', attributes: {} }],
      initializers: [],
      inputs: [half('x')],
      outputs: [half('y')],
    },
    [4, 4],
  );
  const halves = fromHalves(toHalves(Float32Array.from({ length: 16 }, (_, i) => value(i % 4, i >> 2))));
  expect([...out]).toEqual([...halves]);
});

describe('a network of others is refused, and it is said why,', () => {
  const identity = (inputs: readonly OnnxPort[], outputs: readonly OnnxPort[]): OnnxGraph => ({
    nodes: outputs.map(({ name }) => ({
      type: 'Identity',
      inputs: [inputs[0].name],
      output: name,
      attributes: {},
    })),
    initializers: [],
    inputs,
    outputs,
  });
  it.each<[string, RegExp, readonly OnnxPort[], readonly OnnxPort[]]>([
    ['3D', /2D image/, [image([1, 1, 'd', 'h', 'w'])], [image([1, 1, 'd', 'h', 'w'], 'y')]],
    ['colour', /colour/, [image([1, 3, 'h', 'w'])], [image([1, 3, 'h', 'w'], 'y')]],
    [
      'two outputs',
      /2 outputs/,
      [image([1, 1, 'h', 'w'])],
      [image([1, 1, 'h', 'w'], 'y'), image([1, 1, 'h', 'w'], 'z')],
    ],
    [
      'three inputs',
      /3 inputs/,
      [image([1, 1, 'h', 'w']), image([1], 'a'), image([1], 'b')],
      [image([1, 1, 'h', 'w'], 'y')],
    ],
    ['several images at once', /4 images/, [image([4, 1, 'h', 'w'])], [image([4, 1, 'h', 'w'], 'y')]],
    ['no axis of channels', /axis/, [image(['a', 'b', 'c', 'd'])], [image(['a', 'b', 'c', 'd'], 'y')]],
    [
      'a second input of five values',
      /second input/,
      [image([1, 1, 'h', 'w']), image([5], 's')],
      [image([1, 1, 'h', 'w'], 'y')],
    ],
  ])('for %s', async (_, why, inputs, outputs) => {
    const model = await runtime.loadModel(encodeModel(identity(inputs, outputs)));
    expect(() => foreignPorts(model, { layout: 'auto' })).toThrow(why);
  });
});
