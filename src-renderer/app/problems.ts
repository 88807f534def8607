import type { Problem } from '../../src-main/contract/errors.js';

/** What the copy button copies. */
export function problemText(problem: Problem): string {
  const lines = [`${problem.code}: ${problem.message}`, problem.remedy];
  if (problem.place !== undefined) lines.push(problem.place);
  return lines.join('\n');
}
