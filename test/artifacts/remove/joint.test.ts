import { describe, expect, it } from 'vitest';
import { jointVariation } from '../../../src-main/artifacts/remove/n4/joint.js';
import { Random } from '../../../src-main/base/random.js';

/** Two tissues of deviation 20, at 400 and 600, under a field of so much. */
function tissues(field: number): Float32Array {
  const random = new Random(3);
  return Float32Array.from(
    { length: 20_000 },
    (_, i) => ((i % 5 < 2 ? 600 : 400) + 20 * random.normal()) * (1 + field * (random.uniform() - 0.5)),
  );
}

describe('the coefficient of joint variation', () => {
  it('is the deviations of two tissues over what lies between them', () => {
    expect(jointVariation(tissues(0))).toBeCloseTo(0.2, 1);
  });

  it('grows with a field', () => {
    expect(jointVariation(tissues(0.2))).toBeGreaterThan(1.2 * (jointVariation(tissues(0)) ?? 0));
  });

  it('is not known of one tissue, of two that a field has mixed, and of few values', () => {
    const random = new Random(4);
    expect(
      jointVariation(Float32Array.from({ length: 20_000 }, () => 500 + 20 * random.normal())),
    ).toBeNull();
    expect(jointVariation(tissues(1.5))).toBeNull();
    expect(jointVariation(tissues(0).subarray(0, 500))).toBeNull();
    expect(jointVariation(new Float32Array(20_000))).toBeNull();
  });
});
