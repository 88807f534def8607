import { describe, expect, it } from 'vitest';
import { sayingOf, spoken } from '../../src-main/contract/errors.js';
import type { CleanedReport } from '../../src-main/contract/report.js';
import { cleanedFacts } from '../../src-renderer/report/report-facts.js';

const fieldOfCoil: CleanedReport = {
  name: 'bias',
  did: 'removed',
  why: null,
  sure: 0.99,
  amount: 12,
  left: 2,
  unit: '%',
  facts: { coarse: 4 },
  trust: null,
};
const bias: CleanedReport = { ...fieldOfCoil, facts: { coarse: 4, cjvBefore: 44, cjvWithout: 5.6 } };
const unproven: CleanedReport['trust'] = {
  verdict: 'warn',
  reasons: [
    {
      test: 'signs',
      verdict: 'warn',
      value: 4,
      limit: 3,
      ...spoken(sayingOf('trust/cleaning-unproven', { largest: 4 })),
    },
  ],
  psnr: 30,
  structure: 0,
  kept: 99,
  lesions: 20,
  signs: [],
  largest: 4,
  places: [],
};

describe('artifacts on the report page', () => {
  it('tell how much less tissues differ in themselves without a field', () => {
    expect(cleanedFacts([bias])[0].value).toContain(
      'joint variation of tissues (CJV) 44 %, 5.6 % without the field',
    );
    const left = cleanedFacts([{ ...bias, did: 'left', facts: { cjvWithout: 5.6 } }])[0];
    expect(left.value).toContain('unknown, 5.6 % if the field were taken away');
    expect(cleanedFacts([fieldOfCoil])[0].value).not.toContain('CJV');
  });

  it('say why a removal did not pass', () => {
    expect(cleanedFacts([{ ...bias, trust: unproven }])[0].note).toMatch(
      /changed by up to 4 times its noise/,
    );
  });
});
