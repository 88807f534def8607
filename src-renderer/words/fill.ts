export type Values = Readonly<Record<string, string | number>>;

/** Puts values into {name} places; numbers in the manner of the language. An unknown place stays as it is. */
export function fill(template: string, values: Values, language: string): string {
  return template.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === 'number' ? value.toLocaleString(language) : value;
  });
}

/** The {name} places of a text, sorted: translations must have the same. */
export function placesOf(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) => name ?? []).sort();
}
