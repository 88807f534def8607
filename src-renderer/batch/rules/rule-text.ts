import type { Rule } from '../../../src-main/contract/requests/rules.js';
import type { Models } from '../../state/models.svelte.js';
import { baseName } from '../../state/paths.js';
import { currentLanguage, t, tName } from '../../words/text.svelte.js';

/** What a rule does, in a line: `Denoise · Shipped model · Strength 80 % · Artifacts: Spikes`. */
export function ruleText(rule: Rule, models: Models): string {
  if (rule.do === 'skip') return t('rules.do.skip');
  const percent = new Intl.NumberFormat(currentLanguage(), { style: 'percent' }).format(rule.strength);
  const parts =
    rule.do === 'clean'
      ? [t('clean')]
      : [t('denoise'), modelText(rule.model, models), `${t('denoise.strength')} ${percent}`];
  return [...parts, ...cleanText(rule)].join(' · ');
}

function modelText(model: Rule['model'], models: Models): string {
  if (typeof model === 'string') return tName('model', model);
  return models.entries?.find(({ id }) => id === model.file)?.name ?? baseName(model.file);
}

function cleanText({ do: does, clean }: Rule): string[] {
  const what = clean ?? (does === 'clean' ? 'auto' : null);
  if (what === null) return [];
  const named = what === 'auto' ? t('clean.auto') : what.map((name) => tName('artifact', name)).join(', ');
  return [`${t('clean.artifacts')}: ${named}`];
}
