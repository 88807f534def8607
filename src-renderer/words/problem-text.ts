import type { Problem } from '../../src-main/contract/errors.js';

/** What the copy button copies. @param remedy as the window says it */
export function problemText(problem: Problem, remedy = problem.remedy): string {
  const lines = [`${problem.code}: ${problem.message}`, remedy];
  if (problem.place !== undefined) lines.push(problem.place);
  return lines.join('\n');
}
