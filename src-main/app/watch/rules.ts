import { fault, type Problem, problemFrom, problemOf } from '../../contract/errors.js';
import type { Rule } from '../../contract/requests/rules.js';
import type { RuleCheck, RuleMatch } from '../../contract/window/rules.js';
import { readRules } from '../../node/rules.js';
import { requireModel } from '../../store/model-store.js';

/** Whether rules can be used, and which of them decides over which open series. */
export async function checkRules(
  rules: readonly Rule[],
  match: (rules: readonly Rule[]) => Promise<readonly RuleMatch[]>,
): Promise<RuleCheck> {
  const unread = rules.map(whyUnread);
  const problems = await Promise.all(rules.map((rule, i) => unread[i] ?? whyWithoutModel(rule)));
  const doubled = rules.map(({ name }, i) => rules.findIndex((one) => one.name === name) < i);
  return {
    problems: problems.map((one, i) => one ?? (doubled[i] === true ? problemOf('E_USAGE/rule-name') : null)),
    matches: unread.every((one) => one === null) ? await match(rules) : [],
  };
}

/** @throws LimpidError why the first rule that cannot be used cannot */
export async function requireRules(rules: readonly Rule[]): Promise<void> {
  if (rules.length === 0) throw fault('E_USAGE/no-rules');
  readRules(rules);
  for (const { name, ...rule } of rules) {
    await requireModelOf(rule);
    if (rules.filter((one) => one.name === name).length > 1) throw fault('E_USAGE/rule-name');
  }
}

function whyUnread(rule: Rule): Problem | null {
  try {
    readRules([rule]);
    return null;
  } catch (error) {
    return problemFrom(error);
  }
}

async function whyWithoutModel(rule: Rule): Promise<Problem | null> {
  try {
    await requireModelOf(rule);
    return null;
  } catch (error) {
    return problemFrom(error);
  }
}

async function requireModelOf({ do: does, model }: Pick<Rule, 'do' | 'model'>): Promise<void> {
  if (does === 'denoise' && typeof model !== 'string') await requireModel(model.file);
}
