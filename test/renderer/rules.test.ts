import { describe, expect, it } from 'vitest';
import { parseCondition } from '../../src-main/base/condition.js';
import { type Rule, Rules } from '../../src-main/contract/requests/rules.js';
import { fits } from '../../src-main/contract/schema/schema.js';
import {
  choicesOf,
  isRuleName,
  jobsByRules,
  newChoices,
  requestOfJob,
  ruleOf,
  withTest,
} from '../../src-renderer/batch/rules/rules.js';
import { card, input } from './cards.js';

const DENOISE: Rule = {
  name: 'heads',
  do: 'denoise',
  where: 'Modality=MR',
  model: 'dct',
  clean: ['spike'],
  strength: 0.8,
  errorMap: true,
};
const OWN: Rule = { name: 'own', do: 'denoise', model: { file: 'ab12' }, strength: 1, errorMap: false };
const CLEAN: Rule = {
  name: 'rings',
  do: 'clean',
  clean: 'auto',
  model: 'auto',
  strength: 1,
  errorMap: false,
};
const SKIP: Rule = { name: 'rest', do: 'skip', model: 'auto', strength: 1, errorMap: false };

describe('a rule', () => {
  it('is the same after it was edited and nothing was changed', () => {
    for (const rule of [DENOISE, OWN, CLEAN, SKIP]) {
      const { name, where = null } = rule;
      const again = ruleOf({ name, where }, choicesOf(rule));
      expect(again).toEqual(rule);
      expect(fits(Rules, [again])).toBe(true);
    }
  });

  it('is none while something of it is missing', () => {
    const named = { name: 'a', where: null };
    expect(ruleOf({ ...named, name: '' }, newChoices())).toBeNull();
    expect(ruleOf({ ...named, where: '  ' }, newChoices())).toBeNull();
    expect(ruleOf(named, { ...newChoices(), model: 'file' })).toBeNull();
    expect(ruleOf(named, { ...newChoices(), model: 'none', clean: [] })).toBeNull();
    expect(ruleOf(named, newChoices())).toMatchObject({ do: 'denoise', model: 'auto' });
  });

  it('has a name that can be one of a folder, in any language', () => {
    for (const name of ['Schädel T2', 'mr-1.5T', 'A']) expect(isRuleName(name)).toBe(true);
    for (const name of ['', ' a', 'a ', 'a/b', '../a', 'a\nb', 'x'.repeat(41)])
      expect(isRuleName(name)).toBe(false);
  });

  it('gets tests that are read as they were chosen, whatever their value holds', () => {
    let where = withTest('', 'Modality', '=', 'MR');
    where = withTest(where, 'SeriesDescription', '!~', ' t2 "tra" (fs)\\ ');
    where = withTest(where, 'StationName', '=', 'or');
    expect(parseCondition(where)).toMatchObject({
      kind: 'and',
      parts: [
        { name: 'Modality', comparison: { operator: '=', value: 'MR' } },
        { name: 'SeriesDescription', comparison: { operator: '!~', value: 't2 "tra" (fs)\\' } },
        { name: 'StationName', comparison: { operator: '=', value: 'or' } },
      ],
    });
  });
});

describe('jobs by rules', () => {
  const series = ['a', 'b', 'c', 'd'].map((id) => card({ id, key: `i1.${id}` }));
  const far = card({ id: 'a', key: 'i2.a', input: 'i2' });
  const inputs = [input({ series }), input({ id: 'i2', paths: ['/x', '/y'], series: [far] })];
  const matches = [
    { series: 'i1.a', rule: 1 },
    { series: 'i1.b', rule: 0 },
    { series: 'i1.c', rule: 2 },
    { series: 'i1.d', rule: null },
    { series: 'i2.a', rule: 1 },
  ];

  it('are one for each rule that decides over series of an input, and none for what is left alone', () => {
    const jobs = jobsByRules([DENOISE, CLEAN, SKIP], matches, inputs);
    expect(jobs.map(({ rule, input: { id }, only }) => [rule.name, id, only])).toEqual([
      ['heads', 'i1', ['b']],
      ['rings', 'i1', ['a']],
      ['rings', 'i2', ['a']],
    ]);
  });

  it('ask for what their rule says of these series alone', () => {
    const [heads, rings, further] = jobsByRules([DENOISE, CLEAN, SKIP], matches, inputs).map((job) =>
      requestOfJob(job, '/out', 'cpu'),
    );
    expect(heads).toMatchObject({
      ...{ input: '/in', output: '/out', only: ['b'], device: 'cpu' },
      ...{ model: { kind: 'dct' }, clean: ['spike'], strength: 0.8, errorMap: true },
    });
    expect(rings).toMatchObject({ model: { kind: 'none' }, clean: 'auto', only: ['a'] });
    expect(further).toMatchObject({ input: '/x', more: ['/y'] });
  });
});
