import { Random } from '../../src-main/base/random.js';

export interface Simulated {
  readonly series: number;
  readonly machines: number;
  /** Series at a time on each. */
  readonly concurrency: number;
  /** Of a series in the middle; they are spread log-normally, by a factor of e^0.8. */
  readonly seconds: number;
  /** Seconds that the queue adds to a series, and its submission takes for each. */
  readonly overhead: number;
  readonly submit: number;
  /** Seconds until others take over what a machine had that vanished. */
  readonly lease: number;
  /** Of a machine; it comes back after ten minutes. */
  readonly daysBetweenFailures: number;
}

const SPREAD = 0.8;
const REPAIR_S = 600;

/** A slot of a machine: when it is free, and when its machine vanishes next. */
interface Slot {
  free: number;
  readonly machine: number;
}

/** Plays through how long a batch takes, series after series in the order of the queue; text. */
export function simulate(asked: Simulated): string {
  const random = new Random(1);
  const work = Array.from({ length: asked.series }, () => asked.seconds * Math.exp(SPREAD * random.normal()));
  const failures = Array.from({ length: asked.machines }, () => nextFailure(random, asked, 0));
  const slots: Slot[] = [];
  for (let machine = 0; machine < asked.machines; machine++)
    for (let i = 0; i < asked.concurrency; i++) slots.push({ free: 0, machine });
  // Series come into the queue once all of the inputs are scanned.
  const from = asked.submit * asked.series;
  const waiting = work.map((seconds) => ({ seconds, from }));
  let [lost, vanished, end] = [0, 0, 0];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const slot = slots.reduce((a, b) => (b.free < a.free ? b : a));
    const start = Math.max(slot.free, next.from);
    const done = start + next.seconds + asked.overhead;
    const failure = failures[slot.machine];
    if (done <= failure) {
      slot.free = done;
      end = Math.max(end, done);
      continue;
    }
    // The machine vanishes meanwhile: the series waits for its lease, and is done again from its start.
    vanished++;
    lost += Math.max(0, failure - start);
    waiting.unshift({ seconds: next.seconds, from: Math.max(failure, start) + asked.lease });
    slot.free = Math.max(failure, start) + REPAIR_S;
    if (slots.every(({ machine, free }) => machine !== slot.machine || free > failure))
      failures[slot.machine] = nextFailure(random, asked, failure + REPAIR_S);
  }
  const total = work.reduce((sum, one) => sum + one, 0);
  const ideal = total / slots.length;
  const hours = (seconds: number) => (seconds / 3600).toFixed(2);
  return [
    `simulated: ${asked.series} series, ${asked.seconds} s in the middle, on ${asked.machines} machines of ${asked.concurrency} at a time`,
    `${(1000 * asked.overhead).toFixed(0)} ms of overhead and ${(1000 * asked.submit).toFixed(0)} ms of submission a series, a machine vanishes every ${asked.daysBetweenFailures} days, lease ${asked.lease} s`,
    `done after ${hours(end)} h; work alone, shared out evenly, would take ${hours(ideal)} h: ${(100 * (end / ideal - 1)).toFixed(2)} % more`,
    `machines vanished with ${vanished} series, ${hours(lost)} h of their work was done twice`,
  ].join('\n');
}

function nextFailure(random: Random, { daysBetweenFailures }: Simulated, from: number): number {
  return from - Math.log(1 - random.uniform()) * daysBetweenFailures * 86_400;
}
