import { constant, record } from '../tracer.js';
import type { Value } from '../value.js';
import { matMul } from './reductions.js';
import { type Call, kernel } from './register.js';
import { transposed } from './shapes.js';

interface Sampling {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

kernel('ResizeNearestNeighbor', (call) => {
  const images = call.input('images');
  const [height, width] = call.numbers('size');
  const [batch, inHeight, inWidth, channels] = images.shape;
  const shape = [batch, height, width, channels];
  const factors = [height / inHeight, width / inWidth];
  if (repeats(factors, call)) return record({ op: 'upsample', factors }, [images], shape);
  return separable(
    images,
    nearestMatrix(inHeight, height, samplingOf(call)),
    nearestMatrix(inWidth, width, samplingOf(call)),
  );
});

kernel('ResizeNearestNeighborGrad', (call) => {
  const images = call.input('images');
  const dy = call.input('dy');
  const [, inHeight, inWidth] = images.shape;
  const [, height, width] = dy.shape;
  const factors = [height / inHeight, width / inWidth];
  if (repeats(factors, call)) return record({ op: 'upsampleGradient', factors }, [dy], images.shape);
  return separable(
    dy,
    nearestMatrix(inHeight, height, samplingOf(call)),
    nearestMatrix(inWidth, width, samplingOf(call)),
    true,
  );
});

kernel('ResizeBilinear', (call) => {
  const images = call.input('images');
  const [height, width] = call.numbers('size');
  const [, inHeight, inWidth] = images.shape;
  return separable(
    images,
    linearMatrix(inHeight, height, samplingOf(call)),
    linearMatrix(inWidth, width, samplingOf(call)),
  );
});

kernel('ResizeBilinearGrad', (call) => {
  const [, inHeight, inWidth] = call.input('images').shape;
  const dy = call.input('dy');
  const [, height, width] = dy.shape;
  return separable(
    dy,
    linearMatrix(inHeight, height, samplingOf(call)),
    linearMatrix(inWidth, width, samplingOf(call)),
    true,
  );
});

function samplingOf(call: Call): Sampling {
  return { alignCorners: call.boolean('alignCorners'), halfPixelCenters: call.boolean('halfPixelCenters') };
}

function repeats(factors: number[], call: Call): boolean {
  return factors.every((factor) => factor >= 1 && Number.isInteger(factor)) && !call.boolean('alignCorners');
}

interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Rows R x C^T of each channel, or R^T x C with `adjoint`: resizing is linear and separable. */
function separable(x: Value, rows: Matrix, columns: Matrix, adjoint = false): Value {
  const planes = transposed(x, [0, 3, 1, 2]);
  const right = constant(columns.data, [columns.rows, columns.columns]);
  const left = constant(rows.data, [rows.rows, rows.columns]);
  const wide = matMul(planes, right, false, !adjoint);
  return transposed(matMul(left, wide, adjoint, false), [0, 2, 3, 1]);
}

function matrix(inSize: number, outSize: number, fill: (row: number, add: Add) => void): Matrix {
  const data = new Float32Array(outSize * inSize);
  for (let row = 0; row < outSize; row++)
    fill(row, (column, weight) => {
      data[row * inSize + column] += weight;
    });
  return { data, rows: outSize, columns: inSize };
}
type Add = (column: number, weight: number) => void;

function scaleOf(inSize: number, outSize: number, sampling: Sampling): number {
  return sampling.alignCorners && outSize > 1 ? (inSize - 1) / (outSize - 1) : inSize / outSize;
}

function nearestMatrix(inSize: number, outSize: number, sampling: Sampling): Matrix {
  const scale = scaleOf(inSize, outSize, sampling);
  return matrix(inSize, outSize, (row, add) => {
    const source = sampling.halfPixelCenters ? scale * (row + 0.5) : scale * row;
    const nearest = sampling.alignCorners ? Math.round(source) : Math.floor(source);
    add(Math.min(inSize - 1, nearest), 1);
  });
}

function linearMatrix(inSize: number, outSize: number, sampling: Sampling): Matrix {
  const scale = scaleOf(inSize, outSize, sampling);
  return matrix(inSize, outSize, (row, add) => {
    const source = Math.max(0, sampling.halfPixelCenters ? scale * (row + 0.5) - 0.5 : scale * row);
    const low = Math.min(inSize - 1, Math.floor(source));
    const high = Math.min(inSize - 1, Math.ceil(source));
    const fraction = source - low;
    add(low, 1 - fraction);
    add(high, fraction);
  });
}
