import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src-main/dicom/files/pace.js';

/** Reads as the pace says, each of so many milliseconds; how many of them were made in place. */
function inPlaceOf(pace: Pace, count: number, milliseconds: number): number {
  let inPlace = 0;
  for (let i = 0; i < count; i++) {
    if (pace.inPlace) {
      inPlace++;
      pace.took(milliseconds);
    } else pace.waited(milliseconds);
  }
  return inPlace;
}

describe('the pace of a disk', () => {
  it('is tried without waiting first, and taken in place where it is quick', () => {
    const pace = new Pace();
    expect(inPlaceOf(pace, 8, 2)).toBe(0);
    expect(inPlaceOf(pace, 1000, 0.05)).toBe(1000);
  });

  it('is left to others where it is slow from the start', () => {
    expect(inPlaceOf(new Pace(), 70, 30)).toBe(0);
  });

  it('is left to others once it becomes slow, and tried again ever more rarely', () => {
    const pace = new Pace();
    inPlaceOf(pace, 500, 0.05);
    expect(inPlaceOf(pace, 10_000, 30)).toBeLessThan(30);
    // A disk that recovers is read in place again.
    inPlaceOf(pace, 40_000, 0.05);
    expect(pace.inPlace).toBe(true);
  });

  it('is not lost by a single read that took long', () => {
    const pace = new Pace();
    inPlaceOf(pace, 20, 0.05);
    pace.took(200);
    expect(pace.inPlace).toBe(true);
  });
});
