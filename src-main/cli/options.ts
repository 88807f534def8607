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
