/** Linear warm-up, then half a cosine down to `floor` times the peak (Loshchilov and Hutter 2017). */
export interface Schedule {
  readonly peak: number;
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly floor: number;
}

/** Learning rate of step `step`, counted from 0. */
export function learningRate(schedule: Schedule, step: number): number {
  const { peak, warmupSteps, totalSteps, floor } = schedule;
  const warm = Math.min(1, (step + 1) / Math.max(1, warmupSteps));
  const progress = Math.min(1, step / Math.max(1, totalSteps));
  return peak * warm * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
