import { fitRidge } from '../../src-main/base/linear/ridge.js';

/** Codes and the factors that images were drawn with: count * length each. */
export interface Codes {
  readonly data: Float64Array;
  readonly length: number;
}

const BINS = 20;

function column({ data, length }: Codes, at: number): Float64Array {
  return Float64Array.from({ length: data.length / length }, (_, i) => data[i * length + at]);
}

/** Equally full bins. */
function binned(values: Float64Array): Int32Array {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const bins = new Int32Array(values.length);
  order.forEach((at, rank) => {
    bins[at] = Math.floor((rank * BINS) / values.length);
  });
  return bins;
}

/** Of two binned values, in nats. */
function mutualInformation(a: Int32Array, b: Int32Array): number {
  const joint = new Float64Array(BINS * BINS);
  for (let i = 0; i < a.length; i++) joint[a[i] * BINS + b[i]] += 1 / a.length;
  let sum = 0;
  for (let x = 0; x < BINS; x++)
    for (let y = 0; y < BINS; y++) {
      const both = joint[x * BINS + y];
      if (both > 0) sum += both * Math.log(both * BINS * BINS);
    }
  return sum;
}

/** Difference of the largest and the second largest. */
function gap(values: readonly number[]): number {
  const [first = 0, second = 0] = [...values].sort((a, b) => b - a);
  return first - second;
}

const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;

/** Mutual information gap (Chen 2018): of the two codes that tell most of a factor, over its entropy; mean of factors. */
export function mig(codes: Codes, factors: Codes): number {
  const of = Array.from({ length: codes.length }, (_, c) => binned(column(codes, c)));
  return mean(
    Array.from({ length: factors.length }, (_, f) => {
      const factor = binned(column(factors, f));
      return gap(of.map((code) => mutualInformation(code, factor))) / Math.log(BINS);
    }),
  );
}

/** Separated attribute predictability (Kumar 2018): gap of the shares of variance that single codes explain. */
export function sap(codes: Codes, factors: Codes): number {
  return mean(
    Array.from({ length: factors.length }, (_, f) => {
      const factor = column(factors, f);
      return gap(Array.from({ length: codes.length }, (_, c) => correlation(column(codes, c), factor) ** 2));
    }),
  );
}

function correlation(a: Float64Array, b: Float64Array): number {
  const [ma, mb] = [mean([...a]), mean([...b])];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, i) => {
    ab += (value - ma) * (b[i] - mb);
    aa += (value - ma) ** 2;
    bb += (b[i] - mb) ** 2;
  });
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : 0;
}

/**
 * Disentanglement, completeness and informativeness (Eastwood and Williams 2018), by the sizes of ridge regressions
 * from scaled codes; informativeness is the variance explained.
 */
export function dci(codes: Codes, factors: Codes): readonly [number, number, number] {
  const data = scaledColumns(codes);
  const weights = new Float64Array(data.length / codes.length).fill(1);
  const rows = { data, length: codes.length, weights };
  const sizes: Float64Array[] = [];
  const explained: number[] = [];
  for (let f = 0; f < factors.length; f++) {
    const values = scaledColumns({ data: column(factors, f), length: 1 });
    const { factors: found } = fitRidge(rows, values, 1e-3);
    sizes.push(found.slice(0, codes.length).map(Math.abs));
    let error = 0;
    for (let i = 0; i < values.length; i++) {
      let told = found[codes.length];
      for (let c = 0; c < codes.length; c++) told += found[c] * data[i * codes.length + c];
      error += (told - values[i]) ** 2 / values.length;
    }
    explained.push(1 - error);
  }
  const byCode = Array.from({ length: codes.length }, (_, c) => sizes.map((one) => one[c]));
  const total = byCode.flat().reduce((sum, one) => sum + one, 0);
  const disentangled = byCode.reduce((sum, one) => {
    const share = one.reduce((a, b) => a + b, 0) / total;
    return sum + share * (1 - evenness(one));
  }, 0);
  return [disentangled, mean(sizes.map((one) => 1 - evenness([...one]))), mean(explained)];
}

/** Entropy over that of equal shares. */
function evenness(values: readonly number[]): number {
  const total = values.reduce((sum, one) => sum + one, 0);
  if (total <= 0) return 1;
  const entropy = values.reduce(
    (sum, one) => (one > 0 ? sum - (one / total) * Math.log(one / total) : sum),
    0,
  );
  return entropy / Math.log(values.length);
}

function scaledColumns(codes: Codes): Float64Array {
  const out = Float64Array.from(codes.data);
  for (let c = 0; c < codes.length; c++) {
    const values = [...column(codes, c)];
    const centre = mean(values);
    const deviation = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
    values.forEach((value, i) => {
      out[i * codes.length + c] = deviation > 1e-9 ? (value - centre) / deviation : 0;
    });
  }
  return out;
}
