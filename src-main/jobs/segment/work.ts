import { startMeter } from '../../base/progress.js';
import type { SegmentClass } from '../../contract/encoders/segment.js';
import { fault, type Problem, problemOf } from '../../contract/errors.js';
import type { Emit } from '../../contract/events.js';
import type { SegmentRequest } from '../../contract/requests/encoders.js';
import type { Volume } from '../../imaging/volume.js';
import { type ScaledStack, scaledStack } from '../../restore/apply.js';
import { gapsProblem } from '../../series/gaps.js';
import type { InputSet, LoadedStack, StackInput, UnitInput } from '../../series/input.js';
import { loadWithin } from '../../series/memory.js';
import type { ModelSource } from '../../store/model-source.js';

/** A series that is to be marked. */
export interface StackToSegment {
  readonly unit: UnitInput;
  readonly stack: StackInput;
  /** The same for all series of a patient. */
  readonly patient: string;
  readonly warn: (problem: Problem) => void;
}

/** One volume of it, read. */
export interface ReadStack {
  readonly loaded: LoadedStack;
  readonly frame: number;
  /** That volume alone. */
  readonly volume: Volume;
  readonly stack: ScaledStack;
}

/** A series with labels. */
export interface Labelled {
  readonly of: StackToSegment;
  /** Voxels of a slice. */
  readonly area: number;
  /** slices * rows * columns: number of a class and 1; 0: nothing is known. */
  readonly labels: Uint16Array;
  /** What the labels say of their classes. */
  readonly classes: readonly SegmentClass[];
}

/** What learning and marking both work with. */
export interface SegmentWork {
  readonly request: SegmentRequest;
  readonly emit: Emit;
  /** null: features that need no model. */
  readonly source: ModelSource | null;
  /** Reads a series; the last one stays. @throws LimpidError E_GEOMETRY for the wrong volume; E_VALUES, E_MEMORY; those of reading */
  load(one: StackToSegment): Promise<ReadStack>;
  /** As the person calls a class, else as usual. */
  nameOf(label: number, usual: string): string;
}

/** One volume of what was loaded. @throws LimpidError E_GEOMETRY, E_VALUES */
function volumeOf(loaded: LoadedStack, asked: number | null): ReadStack {
  const whole = loaded.volume;
  const { frames, columns, rows, slices } = whole;
  if (frames > 1 && asked === null) throw fault('E_GEOMETRY/segment-volumes', { frames });
  const frame = asked ?? 0;
  if (frame >= frames) throw fault('E_GEOMETRY/segment-volume', { frames });
  const length = columns * rows * slices;
  const [from, to] = [frame * length, (frame + 1) * length];
  const volume: Volume = {
    ...whole,
    frames: 1,
    data: whole.data.subarray(from, to),
    measured: whole.measured?.subarray(from, to) ?? null,
  };
  return { loaded, frame, volume, stack: scaledStack(volume) };
}

/** Series that can be marked, and those that cannot with the reason; what was told of each as it went. */
export function usable(
  { units, leftOut }: InputSet,
  force: boolean,
  emit: Emit,
): {
  readonly stacks: readonly StackToSegment[];
  readonly left: readonly { readonly id: string; readonly why: Problem }[];
  readonly warnings: ReadonlyMap<StackToSegment, readonly Problem[]>;
} {
  const stacks: StackToSegment[] = [];
  const left: { id: string; why: Problem }[] = [];
  const warnings = new Map<StackToSegment, Problem[]>();
  for (const unit of units)
    for (const stack of unit.stacks) {
      const why = stack.why ?? (stack.derivedByLimpid && !force ? DERIVED : null);
      if (why !== null) {
        left.push({ id: stack.id, why });
        continue;
      }
      const told: Problem[] = [];
      const warn = (problem: Problem): void => {
        told.push(problem);
        emit({ type: 'warning', series: stack.id, problem });
      };
      for (const problem of stack.warnings) warn(problem);
      const patient = stack.group === '' ? `file ${stack.forPerson.places[0] ?? stack.id}` : stack.group;
      const one = { unit, stack, patient, warn };
      stacks.push(one);
      warnings.set(one, told);
    }
  for (const { id, why } of leftOut) if (why !== null) left.push({ id, why });
  return { stacks, left, warnings };
}

const DERIVED: Problem = problemOf('E_ALREADY_DENOISED/anomaly');

/** Reads series, of which the last one stays: where there is one, it is read once. */
export function loader(frame: number | null, emit: Emit): SegmentWork['load'] {
  let last: { readonly one: StackToSegment; readonly read: ReadStack } | null = null;
  return async (one) => {
    if (last?.one === one) return last.read;
    last = null;
    const { stack } = one;
    const meter = startMeter(emit, {
      series: stack.id,
      stage: 'read',
      unit: 'files',
      total: stack.instances,
    });
    const read = volumeOf(await loadWithin(stack, 'apply', (done) => meter.at(done)), frame);
    const gaps = gapsProblem(stack, read.loaded.volume);
    if (gaps !== null) one.warn(gaps);
    last = { one, read };
    return read;
  };
}
