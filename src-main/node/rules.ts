import { type Condition, meets, parseCondition, testsOf, wrongCondition } from '../base/condition.js';
import { openSource } from '../dicom/files/sources.js';
import { attributeValues, isAttributeName } from '../dicom/read/keywords.js';

/** Rules whose conditions are read. */
export type RuleBook<R> = readonly { readonly rule: R; readonly condition: Condition | null }[];

/** What a condition may ask of a series besides its attributes. */
export interface SeriesFacts {
  readonly kind: 'dicom' | 'nifti';
  readonly files: number;
}
const FACTS: readonly string[] = ['kind', 'files'] satisfies (keyof SeriesFacts)[];

/** @throws LimpidError E_USAGE with the place of what is wrong in a condition */
export function readRules<R extends { readonly where?: string }>(rules: readonly R[]): RuleBook<R> {
  return rules.map((rule) => ({
    rule,
    condition: rule.where === undefined ? null : conditionOf(rule.where),
  }));
}

function conditionOf(where: string): Condition {
  const condition = parseCondition(where);
  for (const { name, at } of testsOf(condition))
    if (!FACTS.includes(name.toLowerCase()) && !isAttributeName(name))
      throw wrongCondition(where, at, 'attribute');
  return condition;
}

/** The first rule that fits a series; null where none does. @param valuesOf attributes of its first image */
export function ruleFor<R>(
  book: RuleBook<R>,
  valuesOf: (name: string) => readonly string[],
  { kind, files }: SeriesFacts,
): R | null {
  const facts = new Map([
    ['kind', [kind]],
    ['files', [String(files)]],
  ]);
  const all = (name: string) => facts.get(name.toLowerCase()) ?? valuesOf(name);
  return book.find(({ condition }) => condition === null || meets(condition, all))?.rule ?? null;
}

/** The values of the attributes of an image. @throws LimpidError those of reading */
export async function valuesOfImage(file: string): Promise<(name: string) => readonly string[]> {
  const source = await openSource(file);
  try {
    for await (const one of source.files()) return await attributeValues(one);
    return () => [];
  } finally {
    await source.close();
  }
}
