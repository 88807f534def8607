import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { expect } from 'vitest';
import { describeResult } from '../../src-main/cli/terminal/describe.js';
import type { Report } from '../../src-main/contract/report.js';
import type { OutputsResult } from '../../src-main/contract/results.js';
import type { UnitRecord } from '../../src-main/series/journal.js';
import { hashesBelow } from './fixtures.js';

/** Name of the tool's own folder in an output folder. */
const OWN = '.limpid';
const REPORTS = ['report.html', 'report.json'];

/** What is visible in an output folder: hashes of its files by their paths. */
export async function filesIn(output: string): Promise<Record<string, string>> {
  const all = Object.entries(await hashesBelow(output));
  return Object.fromEntries(all.filter(([file]) => !file.startsWith(OWN)));
}

/** The same with the names of results only. */
export async function resultsIn(output: string): Promise<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(await filesIn(output)).filter(([file]) => !REPORTS.includes(file)),
  );
}

/**
 * Compares what the JSON result, the words for the terminal, report.json and the journal tell of the outputs of a
 * finished run with what is in the folder: names, files and hashes.
 *
 * @param stem what `*` stands for in the names of NIfTI files
 */
export async function expectToldIsThere(output: string, result: OutputsResult, stem = '*'): Promise<void> {
  const named = (name: string) => name.replace('*', stem);
  const files = await filesIn(output);
  const results = await resultsIn(output);
  const tops = [...new Set(Object.keys(results).map((file) => file.split(path.sep)[0]))].sort();
  const told = [...new Set(result.series.flatMap(({ outputs }) => outputs.map(named)))].sort();
  expect(told).toEqual(tops);
  expect(wordsOf(result)).toEqual(tops);
  const reports = REPORTS.filter((name) => name in files);
  expect(reports).toEqual(result.report === null ? [] : REPORTS);
  expect(await journalled(output, named)).toEqual(results);
  if (result.report !== null) expect(await reported(output, named)).toEqual(results);
}

function wordsOf(result: OutputsResult): string[] {
  const lines = describeResult(result).split('\n');
  return lines.flatMap((line) => /^(?:wrote|there from an earlier run:) (.+)$/.exec(line)?.[1] ?? []).sort();
}

async function reported(output: string, named: (name: string) => string): Promise<Record<string, string>> {
  const report: Report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
  return Object.fromEntries(
    report.series.flatMap(({ outputs }) => outputs.map((one) => [named(one.path), one.sha256])),
  );
}

/**
 * Files of the stacks that the journal calls published; of an interrupted run also of those that it was about to
 * publish, which it notes before it moves the first: they may be visible already.
 */
export async function journalled(
  output: string,
  named: (name: string) => string = (name) => name,
  interrupted = false,
): Promise<Record<string, string>> {
  const folder = path.join(output, OWN, 'series');
  const files: [string, string][] = [];
  const names = await fs.readdir(folder).catch(() => []);
  // A killed run leaves a part of what it was writing.
  for (const name of names.filter((one) => one.endsWith('.json'))) {
    const { published, stacks, state }: UnitRecord = JSON.parse(
      await fs.readFile(path.join(folder, name), 'utf8'),
    );
    const isMoving = interrupted && state === 'publishing';
    for (const id of isMoving ? Object.keys(stacks) : published)
      for (const one of stacks[id].report.outputs) files.push([named(one.path), one.sha256]);
  }
  return Object.fromEntries(files);
}
