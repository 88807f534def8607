import { patientsOf } from '../../analysis/probe/folds.js';
import type { Target } from '../../analysis/probe/learners.js';
import type { ProbeTarget } from '../../contract/encoders/probe.js';
import { fault, problemOf } from '../../contract/errors.js';
import type { ProbeRequest } from '../../contract/requests/encoders.js';
import { type Label, readLabels } from '../../series/asked/labels.js';
import type { SeriesRead } from '../train/train-input.js';
import type { ProbeWork } from './work.js';

/** Series with labels, and what each is. */
export interface Labelled {
  readonly reads: readonly SeriesRead[];
  readonly target: ProbeTarget;
  /** Class or number of each. */
  readonly values: readonly number[];
  /** Patient of each, from 0. */
  readonly patients: readonly number[];
  readonly patientsFrom: 'labels' | 'images';
  /** Part of each as the table tells it; null: it does not. */
  readonly folds: readonly number[] | null;
}

/** More values than these that differ are numbers and no classes. */
const MOST_CLASSES = 10;

/**
 * The series that the table has labels for.
 *
 * @throws LimpidError E_LABELS where nothing can be learnt of them and judged on other patients; as `readLabels`
 */
export async function labelSeries(
  { request, reads, told }: Pick<ProbeWork, 'request' | 'reads' | 'told'>,
  file: string,
): Promise<Labelled> {
  const found = await readLabels(
    file,
    { label: request.column, group: request.group },
    reads.map(({ stack, given }) => ({ ...stack, given })),
  );
  const used = reads.flatMap((read, i) => {
    const label = found.labels[i];
    return label === null ? [] : [{ read, label }];
  });
  const without = reads.length - used.length;
  if (found.unmatched > 0 || without > 0)
    told(problemOf('W_SKIPPED/labels', { rows: found.unmatched, series: without }));
  const labels = used.map(({ label }) => label);
  const { target, values } = targetOf(labels, request.kind);
  const byLabels = labels.some(({ patient }) => patient !== null);
  const ofImages = used.map(({ read }) => read.stack.group);
  const names = labels.map(({ patient }, i) => (patient === null ? ofImages[i] : `label ${patient}`));
  const split = byLabels ? splitPatients(names, ofImages) : 0;
  if (split > 0) told(problemOf('W_SKIPPED/patients', { patients: split }));
  const patients = numbered(names);
  refuseFew(target, values, patients);
  return {
    reads: used.map(({ read }) => read),
    target,
    values,
    patients,
    patientsFrom: byLabels ? 'labels' : 'images',
    folds: foldsOf(labels, patients),
  };
}

/** @throws LimpidError E_LABELS for one class, one number, and what should be a number and is none */
function targetOf(
  labels: readonly Label[],
  kind: ProbeRequest['kind'],
): { readonly target: ProbeTarget; readonly values: number[] } {
  const different = new Set(labels.map(({ value }) => value));
  const numbers = labels.map(({ value }) => (value.trim() === '' ? Number.NaN : Number(value)));
  const areNumbers = numbers.every(Number.isFinite);
  if (kind === 'numbers' || (kind === 'auto' && areNumbers && different.size > MOST_CLASSES)) {
    const wrong = numbers.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw fault('E_LABELS/no-number', { line: labels[wrong].line });
    if (new Set(numbers).size < 2) throw fault('E_LABELS/same-numbers');
    return { target: { kind: 'numbers' }, values: numbers };
  }
  if (different.size < 2) throw fault('E_LABELS/one-class');
  const classes = [...different].sort();
  return {
    target: { kind: 'classes', classes },
    values: labels.map(({ value }) => classes.indexOf(value)),
  };
}

/** @throws LimpidError E_LABELS for classes that no other patient could be told by */
function refuseFew(target: ProbeTarget, values: readonly number[], patients: readonly number[]): void {
  if (new Set(patients).size < 2) throw fault('E_LABELS/one-patient');
  const few = patientsOf({
    groups: Int32Array.from(patients),
    target: learningTarget(target, values),
  }).filter((count) => count < 2).length;
  if (few > 0) throw fault('E_LABELS/few-patients', { classes: few });
}

export function learningTarget(target: ProbeTarget, values: readonly number[]): Target {
  return target.kind === 'classes'
    ? { kind: 'classes', labels: Int32Array.from(values), classes: target.classes.length }
    : { kind: 'numbers', values: Float64Array.from(values) };
}

/** Patients of the images that the table makes several of. */
function splitPatients(names: readonly string[], ofImages: readonly string[]): number {
  const named = new Map<string, Set<string>>();
  ofImages.forEach((image, i) => {
    named.set(image, (named.get(image) ?? new Set()).add(names[i]));
  });
  return [...named.values()].filter(({ size }) => size > 1).length;
}

/** @throws LimpidError E_LABELS for a column of folds that is not whole, or divides a patient */
function foldsOf(labels: readonly Label[], patients: readonly number[]): number[] | null {
  const names = labels.flatMap(({ fold }) => fold ?? []);
  if (names.length === 0) return null;
  if (names.length < labels.length || new Set(names).size < 2) throw fault('E_LABELS/folds');
  const folds = numbered(names);
  const ofPatient = new Map<number, Set<number>>();
  patients.forEach((patient, i) => {
    ofPatient.set(patient, (ofPatient.get(patient) ?? new Set()).add(folds[i]));
  });
  const divided = [...ofPatient.values()].filter(({ size }) => size > 1).length;
  if (divided > 0) throw fault('E_LABELS/patient-in-folds', { patients: divided });
  return folds;
}

/** Names as numbers from 0, in the order of their first appearance. */
function numbered(names: readonly string[]): number[] {
  const known = new Map<string, number>();
  return names.map((name) => {
    const number = known.get(name) ?? known.size;
    known.set(name, number);
    return number;
  });
}
