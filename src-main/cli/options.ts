import { InvalidArgumentError } from 'commander';

/** Parsers of option values: each says what is wrong and what would be right. */

export function wholeNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= greatest))
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}.`);
    return value;
  };
}

export function realNumber(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!(value >= least && value <= greatest))
      throw new InvalidArgumentError(`It must be a number from ${least} to ${greatest}.`);
    return value;
  };
}

/** Whether and for how many steps a shipped model is fine-tuned. */
export function adaptation(text: string): 'off' | 'auto' | number {
  if (text === 'off' || text === 'auto') return text;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= 1 && value <= 100_000))
    throw new InvalidArgumentError('It must be off, auto, or a whole number of steps from 1 to 100000.');
  return value;
}
