import { describe, expect, it } from 'vitest';
import { type CleanedDid, verdictOf, worstOf } from '../../src-main/contract/report.js';
import type { Verdict } from '../../src-main/contract/trust.js';

const judged = (verdict: Verdict) => ({ verdict });
const cleaned = (did: CleanedDid, verdict: Verdict | null) => ({
  did,
  trust: verdict === null ? null : judged(verdict),
});

describe('verdict of a result', () => {
  it('is the worst of its denoising and of what was removed', () => {
    const report = { trust: judged('pass'), residual: judged('pass'), cleaned: [cleaned('removed', 'warn')] };
    expect(verdictOf(report)).toBe('warn');
  });

  it('is that of the removal where nothing was denoised', () => {
    expect(verdictOf({ trust: null, residual: null, cleaned: [cleaned('removed', 'pass')] })).toBe('pass');
  });

  it('counts no removal that failed, since what it would have taken is still there', () => {
    const report = { trust: judged('pass'), residual: null, cleaned: [cleaned('left', 'fail')] };
    expect(verdictOf(report)).toBe('pass');
    expect(verdictOf({ ...report, trust: null })).toBeNull();
  });

  it('is that of the residual where an older version judged nothing else', () => {
    expect(verdictOf({ trust: null, residual: judged('fail'), cleaned: [] })).toBe('fail');
  });

  it('is none where nothing was judged', () => {
    expect(verdictOf({ trust: null, residual: null, cleaned: [cleaned('absent', null)] })).toBeNull();
    expect(worstOf([null, null])).toBeNull();
    expect(worstOf(['pass', null, 'warn'])).toBe('warn');
  });
});
