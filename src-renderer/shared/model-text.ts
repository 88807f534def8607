import type { ModelEntry } from '../../src-main/contract/models.js';
import { day, inLanguage, listed, NONE, number } from '../words/format.js';
import { currentLanguage, t, tName, tn } from '../words/text.svelte.js';
import type { FactValue } from './card-facts.js';

/** Words for models, in the language of the window. */

export function tasksText({ tasks }: ModelEntry): string {
  return tasks.map((task) => tName('task', task)).join(', ');
}

export function familyText({ family }: ModelEntry): string {
  return tName('family', family);
}

/** Whether images are made of its latents: a masked model rebuilds parts of an image from others instead. */
export function decodes({ family, tasks }: Pick<ModelEntry, 'family' | 'tasks'>): boolean {
  return family !== 'masked' && (tasks.includes('latent') || tasks.includes('generate'));
}

/** What a model was trained on, without patient data. */
export function dataText({ origin, data }: ModelEntry): string {
  if (origin === 'shipped') return t('models.data.drawn');
  if (data === null || data.series === 0) return t('models.data.unknown');
  const parts = [data.modalities.join(' + '), tn('models.data.series', data.series)].filter(Boolean);
  if (data.trainingPlanes > 0) parts.push(tn('models.data.planes', data.trainingPlanes));
  return parts.join(', ');
}

export function addedText({ addedAt }: ModelEntry): string {
  if (addedAt === null) return t('models.shipped');
  return day(addedAt, currentLanguage());
}

/** kB and MB of a thousand and a million bytes. */
export function sizeText(bytes: number): string {
  const language = currentLanguage();
  return bytes < 1e6 ? `${number(bytes / 1e3, language)} kB` : `${number(bytes / 1e6, language)} MB`;
}

export function valueText(value: FactValue | null): string {
  if (value === null) return NONE;
  switch (value.kind) {
    case 'number':
      return Number.isInteger(value.number)
        ? value.number.toLocaleString(currentLanguage())
        : number(value.number, currentLanguage(), 4);
    case 'flag':
      return value.flag ? t('yes') : t('no');
    case 'list':
      return listed(
        value.items.map((item) => inLanguage(item, currentLanguage())),
        currentLanguage(),
      );
    case 'text':
      return value.text;
    case 'many':
      return tn('models.values', value.count);
  }
}

/** `training.peakRate` in words; where there are none, the last part of the path as it stands in the file. */
export function pathText(path: string): string {
  if (path.startsWith('settings.')) return tName('setting', path.slice('settings.'.length));
  const words = tName('card', path);
  return words === path ? path.slice(path.lastIndexOf('.') + 1) : words;
}

export function groupText(group: string): string {
  return group === '' ? t('cardGroup.model') : tName('cardGroup', group);
}
