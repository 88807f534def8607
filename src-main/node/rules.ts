import { type Condition, meets, parseCondition, testsOf, wrongCondition } from '../base/condition.js';
import { openSource } from '../dicom/files/sources.js';
import { attributeValues, isAttributeName } from '../dicom/read/keywords.js';
import type { NodeConfig, Rule } from './config.js';

/** Rules whose conditions are read. */
export type RuleBook = readonly { readonly rule: Rule; readonly condition: Condition | null }[];

/** @throws LimpidError E_USAGE with the place of what is wrong in a condition */
export function readRules({ rules }: NodeConfig): RuleBook {
  return rules.map((rule) => ({
    rule,
    condition: rule.where === undefined ? null : conditionOf(rule.where),
  }));
}

function conditionOf(where: string): Condition {
  const condition = parseCondition(where);
  for (const { name, at } of testsOf(condition))
    if (!isAttributeName(name)) throw wrongCondition(where, at, 'attribute');
  return condition;
}

/** The first rule that fits an image; null where none does. */
export function ruleFor(book: RuleBook, valuesOf: (name: string) => readonly string[]): Rule | null {
  return book.find(({ condition }) => condition === null || meets(condition, valuesOf))?.rule ?? null;
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
