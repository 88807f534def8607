/** Room for the decomposition of matrices of one size, so that a sliding window allocates nothing. */
export interface EigenWorkspace {
  readonly size: number;
  /** In: the symmetric matrix by rows. Out: column k is the eigenvector of values[k], of length 1. */
  readonly matrix: Float64Array;
  /** Ascending. */
  readonly values: Float64Array;
  readonly offDiagonal: Float64Array;
}

export function eigenWorkspace(size: number): EigenWorkspace {
  return {
    size,
    matrix: new Float64Array(size * size),
    values: new Float64Array(size),
    offDiagonal: new Float64Array(size),
  };
}

/** Far more than the two or so that one eigenvalue takes. */
const MOST_SWEEPS = 60;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, in place: Householder reduction to a tridiagonal matrix, then
 * QL with implicit shifts (Martin, Reinsch and Wilkinson 1968; Bowdler et al 1968; EISPACK tred2 and tql2).
 */
export function symmetricEigen(work: EigenWorkspace): void {
  tridiagonalise(work);
  diagonalise(work);
  sortAscending(work);
}

function tridiagonalise({ size: n, matrix: v, values: d, offDiagonal: e }: EigenWorkspace): void {
  for (let j = 0; j < n; j++) d[j] = v[(n - 1) * n + j];
  for (let i = n - 1; i > 0; i--) reflect(v, d, e, n, i);
  accumulate(v, d, n);
  for (let j = 0; j < n; j++) {
    d[j] = v[(n - 1) * n + j];
    v[(n - 1) * n + j] = 0;
  }
  v[n * n - 1] = 1;
  e[0] = 0;
}

/** One Householder reflection, which clears row i left of its subdiagonal. */
function reflect(v: Float64Array, d: Float64Array, e: Float64Array, n: number, i: number): void {
  let scale = 0;
  let h = 0;
  for (let k = 0; k < i; k++) scale += Math.abs(d[k]);
  if (scale === 0) {
    e[i] = d[i - 1];
    for (let j = 0; j < i; j++) {
      d[j] = v[(i - 1) * n + j];
      v[i * n + j] = 0;
      v[j * n + i] = 0;
    }
    d[i] = 0;
    return;
  }
  for (let k = 0; k < i; k++) {
    d[k] /= scale;
    h += d[k] * d[k];
  }
  const f = d[i - 1];
  const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
  e[i] = scale * g;
  h -= f * g;
  d[i - 1] = f - g;
  e.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const fj = d[j];
    v[j * n + i] = fj;
    let gj = e[j] + v[j * n + j] * fj;
    for (let k = j + 1; k < i; k++) {
      gj += v[k * n + j] * d[k];
      e[k] += v[k * n + j] * fj;
    }
    e[j] = gj;
  }
  let sum = 0;
  for (let j = 0; j < i; j++) {
    e[j] /= h;
    sum += e[j] * d[j];
  }
  const hh = sum / (h + h);
  for (let j = 0; j < i; j++) e[j] -= hh * d[j];
  for (let j = 0; j < i; j++) {
    const [fj, gj] = [d[j], e[j]];
    for (let k = j; k < i; k++) v[k * n + j] -= fj * e[k] + gj * d[k];
    d[j] = v[(i - 1) * n + j];
    v[i * n + j] = 0;
  }
  d[i] = h;
}

/** The product of the reflections. */
function accumulate(v: Float64Array, d: Float64Array, n: number): void {
  for (let i = 0; i < n - 1; i++) {
    v[(n - 1) * n + i] = v[i * n + i];
    v[i * n + i] = 1;
    const h = d[i + 1];
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[k * n + i + 1] / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0; k <= i; k++) g += v[k * n + i + 1] * v[k * n + j];
        for (let k = 0; k <= i; k++) v[k * n + j] -= g * d[k];
      }
    }
    for (let k = 0; k <= i; k++) v[k * n + i + 1] = 0;
  }
}

function diagonalise({ size: n, matrix: v, values: d, offDiagonal: e }: EigenWorkspace): void {
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]) + Math.abs(e[l]));
    let m = l;
    while (m < n - 1 && Math.abs(e[m]) > Number.EPSILON * largest) m++;
    for (let sweep = 0; m > l && sweep < MOST_SWEEPS; sweep++) {
      shift += implicitStep(v, d, e, n, l, m);
      if (Math.abs(e[l]) <= Number.EPSILON * largest) break;
    }
    d[l] += shift;
    e[l] = 0;
  }
}

/** One QL sweep over the unreduced block l..m; returns what was taken from its diagonal. */
function implicitStep(
  v: Float64Array,
  d: Float64Array,
  e: Float64Array,
  n: number,
  l: number,
  m: number,
): number {
  const first = d[l];
  let p = (d[l + 1] - first) / (2 * e[l]);
  const r0 = p < 0 ? -Math.hypot(p, 1) : Math.hypot(p, 1);
  d[l] = e[l] / (p + r0);
  d[l + 1] = e[l] * (p + r0);
  const next = d[l + 1];
  const h = first - d[l];
  for (let i = l + 2; i < n; i++) d[i] -= h;
  p = d[m];
  let [c, c2, c3, s, s2] = [1, 1, 1, 0, 0];
  const following = e[l + 1];
  for (let i = m - 1; i >= l; i--) {
    c3 = c2;
    c2 = c;
    s2 = s;
    const g = c * e[i];
    const hi = c * p;
    const r = Math.sqrt(p * p + e[i] * e[i]);
    e[i + 1] = s * r;
    s = e[i] / r;
    c = p / r;
    p = c * d[i] - s * g;
    d[i + 1] = hi + s * (c * g + s * d[i]);
    for (let row = 0, at = i; row < n; row++, at += n) {
      const right = v[at + 1];
      v[at + 1] = s * v[at] + c * right;
      v[at] = c * v[at] - s * right;
    }
  }
  p = (-s * s2 * c3 * following * e[l]) / next;
  e[l] = s * p;
  d[l] = c * p;
  return h;
}

function sortAscending({ size: n, matrix: v, values: d }: EigenWorkspace): void {
  for (let i = 0; i < n - 1; i++) {
    let least = i;
    for (let j = i + 1; j < n; j++) if (d[j] < d[least]) least = j;
    if (least === i) continue;
    [d[i], d[least]] = [d[least], d[i]];
    for (let at = 0; at < n * n; at += n) [v[at + i], v[at + least]] = [v[at + least], v[at + i]];
  }
}
