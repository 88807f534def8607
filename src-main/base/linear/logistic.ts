/** Row vectors to learn from, and how much each counts. */
export interface LearningRows {
  /** count * length */
  readonly data: Float64Array;
  readonly length: number;
  /** One a row, above 0. */
  readonly weights: Float64Array;
}

/** A linear function with several outputs. */
export interface LinearMap {
  /** outputs * (length + 1): the factors of an output, then its constant. */
  readonly factors: Float64Array;
  readonly outputs: number;
}

const MOST_ROUNDS = 200;
/** Pairs of steps and changes of the gradient that the inverse Hessian is built of. */
const MEMORY = 8;
const TOLERANCE = 1e-5;
const ARMIJO = 1e-4;

/**
 * Multinomial logistic regression: the mean cross entropy plus penalty / 2 times the squared factors (constants are
 * free), minimised by L-BFGS (Nocedal 1980) with halved steps.
 *
 * @param labels class of each row, from 0
 * @param start where to begin; null: at zero
 */
export function fitLogistic(
  rows: LearningRows,
  labels: Int32Array,
  classes: number,
  penalty: number,
  start: LinearMap | null = null,
): LinearMap {
  const size = classes * (rows.length + 1);
  let at = start === null ? new Float64Array(size) : Float64Array.from(start.factors);
  const memory: Pairs = { steps: [], changes: [] };
  let { value, gradient } = lossAt(rows, labels, classes, penalty, at);
  for (let round = 0; round < MOST_ROUNDS && Math.sqrt(dot(gradient, gradient)) > TOLERANCE; round++) {
    const direction = descent(gradient, memory);
    const slope = dot(direction, gradient);
    let step = 1;
    let next = moved(at, direction, step);
    let after = lossAt(rows, labels, classes, penalty, next);
    while (after.value > value + ARMIJO * step * slope && step > 1e-8) {
      step /= 2;
      next = moved(at, direction, step);
      after = lossAt(rows, labels, classes, penalty, next);
    }
    if (!(after.value < value)) break;
    remember(memory, at, next, gradient, after.gradient);
    at = next;
    ({ value, gradient } = after);
  }
  return { factors: at, outputs: classes };
}

/** Probabilities of the classes of one row: outputs. */
export function probabilities(map: LinearMap, row: ArrayLike<number>): Float64Array {
  const logits = linearOutputs(map, row);
  softmaxInPlace(logits);
  return logits;
}

export function linearOutputs({ factors, outputs }: LinearMap, row: ArrayLike<number>): Float64Array {
  const length = factors.length / outputs - 1;
  const out = new Float64Array(outputs);
  for (let k = 0; k < outputs; k++) {
    const from = k * (length + 1);
    let sum = factors[from + length];
    for (let i = 0; i < length; i++) sum += factors[from + i] * row[i];
    out[k] = sum;
  }
  return out;
}

function softmaxInPlace(logits: Float64Array): void {
  let most = logits[0];
  for (let k = 1; k < logits.length; k++) if (logits[k] > most) most = logits[k];
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    logits[k] = Math.exp(logits[k] - most);
    sum += logits[k];
  }
  for (let k = 0; k < logits.length; k++) logits[k] /= sum;
}

interface Loss {
  readonly value: number;
  readonly gradient: Float64Array;
}

function lossAt(
  { data, length, weights }: LearningRows,
  labels: Int32Array,
  classes: number,
  penalty: number,
  at: Float64Array,
): Loss {
  const gradient = new Float64Array(at.length);
  let [value, total] = [0, 0];
  for (const weight of weights) total += weight;
  const share = new Float64Array(classes);
  // Rows are many and short: nothing is allocated for one.
  for (let i = 0; i < labels.length; i++) {
    const start = i * length;
    for (let k = 0; k < classes; k++) {
      const from = k * (length + 1);
      let sum = at[from + length];
      for (let j = 0; j < length; j++) sum += at[from + j] * data[start + j];
      share[k] = sum;
    }
    softmaxInPlace(share);
    const weight = weights[i] / total;
    value -= weight * Math.log(Math.max(share[labels[i]], 1e-300));
    for (let k = 0; k < classes; k++) {
      const slope = weight * (share[k] - (labels[i] === k ? 1 : 0));
      const from = k * (length + 1);
      for (let j = 0; j < length; j++) gradient[from + j] += slope * data[start + j];
      gradient[from + length] += slope;
    }
  }
  for (let k = 0; k < classes; k++)
    for (let j = k * (length + 1); j < k * (length + 1) + length; j++) {
      value += (penalty / 2) * at[j] ** 2;
      gradient[j] += penalty * at[j];
    }
  return { value, gradient };
}

interface Pairs {
  readonly steps: Float64Array[];
  readonly changes: Float64Array[];
}

/** The two loops of L-BFGS (Nocedal and Wright, algorithm 7.4). */
function descent(gradient: Float64Array, { steps, changes }: Pairs): Float64Array {
  const direction = gradient.map((value) => -value);
  const shares = new Float64Array(steps.length);
  for (let i = steps.length - 1; i >= 0; i--) {
    shares[i] = dot(steps[i], direction) / dot(steps[i], changes[i]);
    add(direction, changes[i], -shares[i]);
  }
  const last = steps.length - 1;
  if (last >= 0) {
    const scale = dot(steps[last], changes[last]) / dot(changes[last], changes[last]);
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (let i = 0; i < steps.length; i++) {
    const other = dot(changes[i], direction) / dot(steps[i], changes[i]);
    add(direction, steps[i], shares[i] - other);
  }
  return direction;
}

/** A pair whose curvature is not above zero would point uphill. */
function remember(
  { steps, changes }: Pairs,
  before: Float64Array,
  after: Float64Array,
  gradientBefore: Float64Array,
  gradientAfter: Float64Array,
): void {
  const step = after.map((value, i) => value - before[i]);
  const change = gradientAfter.map((value, i) => value - gradientBefore[i]);
  if (!(dot(step, change) > 1e-14)) return;
  steps.push(step);
  changes.push(change);
  if (steps.length <= MEMORY) return;
  steps.shift();
  changes.shift();
}

function moved(at: Float64Array, direction: Float64Array, step: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(at, (value, i) => value + step * direction[i]);
}

function add(to: Float64Array, what: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] += factor * what[i];
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
