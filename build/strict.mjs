/**
 * Part of npm run check: in the folders that build/tsconfig.strict.json lists, what an index gives may be undefined
 * (noUncheckedIndexedAccess). tsc alone would hold every file that these import to it, too.
 *
 * The list only grows. Arithmetic over pixels and weights stays out of it (noise, filters, imaging, models, graph and
 * their like): an index there is bound by the loop around it, and a check in the innermost loop costs time and finds
 * nothing.
 */
import * as path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '..');
const file = path.join(root, 'build/tsconfig.strict.json');
const { options, fileNames, errors } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(file, ts.sys.readFile).config,
  ts.sys,
  path.dirname(file),
  undefined,
  file,
);
const program = ts.createProgram(fileNames, options);
const held = new Set(fileNames);
const found = [
  ...errors,
  ...program
    .getSourceFiles()
    .filter(({ fileName }) => held.has(fileName))
    .flatMap((source) => program.getSemanticDiagnostics(source)),
];
if (found.length > 0) {
  const host = {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => '\n',
  };
  process.stdout.write(ts.formatDiagnosticsWithColorAndContext(found, host));
  process.exitCode = 1;
}
