import type { Problem } from '../../src-main/contract/errors.js';
import type { Told } from './told.js';

/** What the copy button copies. @param told as the window says it */
export function problemText(problem: Problem, { sentence, remedy, detail }: Told): string {
  const lines = [`${problem.code}: ${sentence}`, remedy, detail].filter((line) => line !== null);
  if (problem.place !== undefined) lines.push(problem.place);
  return lines.join('\n');
}
