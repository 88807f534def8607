import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Library, openLibrary } from '../../src-main/app/library/library.js';
import { checkRules, requireRules } from '../../src-main/app/watch/rules.js';
import type { Rule } from '../../src-main/contract/requests/rules.js';
import type { OpenInput } from '../../src-main/contract/window/opened.js';
import { writeNiftiFromVolume } from '../../src-main/imaging/nifti.js';
import { volumeOf } from '../imaging/support.js';
import { removeFolders, temporaryFolder } from '../jobs/fixtures.js';
import { drawSeries } from '../node/support.js';

afterAll(removeFolders);

function rule(name: string, more: Partial<Rule> = {}): Rule {
  return { name, do: 'denoise', model: 'auto', strength: 1, errorMap: false, ...more };
}

describe('rules before anything is queued', () => {
  it('say what is wrong with each: a condition, a model that is gone, a name that another has', async () => {
    const asked: unknown[] = [];
    const { problems, matches } = await checkRules(
      [
        rule('good', { where: 'Modality=MR and files>3 and kind=dicom' }),
        rule('mark', { where: 'Modality=' }),
        rule('name', { where: 'Nonsense=1' }),
        rule('file', { model: { file: '/no/such/model.onnx' } }),
        rule('kept', { model: { file: 'no-such-model' } }),
        rule('alone', { do: 'skip', model: { file: '/no/such/model.onnx' } }),
        rule('good'),
      ],
      async (rules) => {
        asked.push(rules);
        return [];
      },
    );
    expect(problems.map((one) => one && `${one.code}/${one.reason?.split('/')[1] ?? ''}`)).toEqual([
      null,
      'E_USAGE/condition-value',
      'E_USAGE/condition',
      expect.stringMatching(/^E_NOT_FOUND\//),
      'E_NOT_FOUND/model',
      null,
      'E_USAGE/rule-name',
    ]);
    // A condition that cannot be read decides over nothing, and what follows it cannot be told.
    expect([asked, matches]).toEqual([[], []]);
    await expect(requireRules([rule('a'), rule('b', { where: '(' })])).rejects.toMatchObject({
      code: 'E_USAGE',
    });
    await expect(requireRules([rule('a'), rule('a')])).rejects.toMatchObject({ reason: 'E_USAGE/rule-name' });
    await expect(requireRules([])).rejects.toMatchObject({ reason: 'E_USAGE/no-rules' });
    await requireRules([rule('a'), rule('b')]);
  });

  it('tell which decides over which open series, the first that fits', async () => {
    const folder = await temporaryFolder();
    for (const [i, description] of ['T2 tra', 'Localizer', 'FLAIR'].entries())
      for (const file of drawSeries({ description, slices: i === 1 ? 2 : 4, seed: i + 1 }).files)
        await fs.copyFile(file, path.join(folder, path.basename(file)));
    await fs.writeFile(
      path.join(folder, 'a.nii'),
      writeNiftiFromVolume(volumeOf(new Float32Array(8 * 8 * 4).fill(1), [8, 8, 4]), { gzip: false }),
    );
    let library: Library | undefined;
    const { series } = await new Promise<OpenInput>((resolve) => {
      library = openLibrary((input) => {
        if (input.state !== 'scanning') resolve(input);
      });
      library.open('one', [folder]);
    });
    const rules = [
      rule('few', { do: 'skip', where: 'files<3 and kind=dicom' }),
      rule('t2', { where: 'SeriesDescription~t2' }),
      rule('nifti', { where: 'kind=nifti', model: 'nlm' }),
    ];
    const { matches, problems } = await checkRules(
      rules,
      async (asked) => (await library?.rules(asked)) ?? [],
    );
    expect(problems).toEqual([null, null, null]);
    const told = matches.map(({ series: key, rule: place }) => [
      series.find((one) => one.key === key)?.forPerson.description,
      place,
    ]);
    expect(new Map(told.map(([what, place]) => [what, place]))).toEqual(
      new Map<unknown, unknown>([
        ['T2 tra', 1],
        ['Localizer', 0],
        ['FLAIR', null],
        ['a.nii', 2],
      ]),
    );
  });
});
