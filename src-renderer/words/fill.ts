export type Values = Readonly<Record<string, string | number>>;

import { formFor } from '../../src-main/contract/words/template.js';

const PLACE = /\{(\w+)((?:\|[^{}|]*)+)?\}/g;

/**
 * Puts values into {name} places, numbers in the manner of the language, and words that a number chooses into
 * {name|one|others}, as in sentences with facts. An unknown place stays as it is.
 */
export function fill(template: string, values: Values, language: string): string {
  return template.replace(PLACE, (place, name: string, forms?: string) => {
    const value = values[name];
    if (value === undefined) return place;
    if (forms !== undefined) return typeof value === 'number' ? formFor(value, forms, language) : place;
    return typeof value === 'number' ? value.toLocaleString(language) : value;
  });
}

/** The names of the places of a text, each once, sorted: translations must have the same. */
export function placesOf(template: string): string[] {
  return [...new Set([...template.matchAll(PLACE)].flatMap(([, name]) => name ?? []))].sort();
}
