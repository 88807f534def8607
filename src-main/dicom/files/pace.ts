/** First reads of a source, that tell how quick its disk is. */
const TRIALS = 8;
/** Milliseconds that one of them may take in the mean: more, and the disk is not tried in place for long. */
const QUICK_TRIAL = 20;
/** Milliseconds a read in place in the mean; a network drive or a turning disk takes more. */
const QUICK_READ = 1;
/** Times that, as which a single read counts at most: three in a row are a slow disk. */
const LONGEST = 8;
/** Share of the last read in the running mean. */
const SHARE = 1 / 16;
/** Reads that wait after a slow disk was met, the first time; each time twice as many. */
const FIRST_PAUSE = 64;

/**
 * Whether files are read in place. To ask a thread of the pool for each step of a read (resolve, look, open, look, read,
 * close) takes some ten times as long as the steps do where the disk has them at hand. A disk that makes the process
 * wait must not be read so: nothing else would be done meanwhile.
 */
export class Pace {
  #waits = TRIALS;
  #trials = 0;
  #trialTime = 0;
  #pause = FIRST_PAUSE;
  #mean = 0;

  get inPlace(): boolean {
    return this.#waits === 0;
  }

  /** A read that others did not wait for, in milliseconds. */
  waited(milliseconds: number): void {
    this.#waits = Math.max(0, this.#waits - 1);
    if (this.#trials === TRIALS) return;
    this.#trials++;
    this.#trialTime += milliseconds;
    if (this.#trials === TRIALS && this.#trialTime > TRIALS * QUICK_TRIAL) this.#stop();
  }

  /** A read in place, in milliseconds. */
  took(milliseconds: number): void {
    // A single long one is a busy machine rather than a slow disk.
    this.#mean += SHARE * (Math.min(milliseconds, LONGEST * QUICK_READ) - this.#mean);
    if (this.#mean > QUICK_READ) this.#stop();
  }

  #stop(): void {
    this.#mean = 0;
    this.#waits = this.#pause;
    this.#pause *= 2;
  }
}
