import { Command } from 'commander';
import type { PlanResult } from '../../contract/results.js';
import type { Start } from '../terminal/run.js';
import { CONDITIONS, requestOf, type SettingOptions, withSettings } from './denoise.js';

export function planCommand(start: Start): Command {
  return withSettings(new Command('plan'))
    .summary('write down what would be done with each series, to be edited and run')
    .description(
      'Scans inputs once and prints a plan as JSON: of every series what would be done, with which settings, its files, and how much memory and time it takes. Edit it (the action "denoise" or "skip", and settings of single series) and run it, as a whole or in shares, with `limpid denoise --plan`. A plan holds file names, so keep it as you keep the images.',
    )
    .argument('<in...>', 'folders of DICOM, NIfTI and zip archives, single such files, DICOMDIRs')
    .addHelpText(
      'after',
      `
Examples:
  limpid plan archive/ > plan.json
  limpid plan archive/ --where "Modality=MR" --model dct > plan.json
  limpid denoise --plan plan.json clear/
  limpid denoise --plan plan.json clear-3/ --shard 3/8

A series with settings of its own:
  { "id": "2d3c...", "action": "denoise", "settings": { "model": { "kind": "mppca" }, "strength": 0.8 }, ... }

${CONDITIONS}`,
    )
    .action(([input, ...more]: [string, ...string[]], options: SettingOptions) =>
      start(
        {
          ...requestOf(options, input, { more, output: '-' }),
          dryRun: true,
          planFile: true,
        },
        {
          json: false,
          describe: (result) => (result.command === 'plan' ? planText(result) : ''),
        },
      ),
    );
}

function planText({ forPerson }: PlanResult): string {
  return `${JSON.stringify(forPerson?.plan ?? null, null, 1)}\n`;
}
