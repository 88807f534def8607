import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { probeCommand } from '../../src-main/cli/commands/encoders/probe.js';
import { segmentCommand } from '../../src-main/cli/commands/encoders/segment.js';
import { latentCommand } from '../../src-main/cli/commands/latent.js';
import type { Start } from '../../src-main/cli/terminal/run.js';
import type { JobRequest } from '../../src-main/contract/requests/requests.js';

/** What a command line asks for; or what is wrong with it. */
function asked(commandOf: (start: Start) => Command, line: string): JobRequest | string {
  let request: JobRequest | undefined;
  const command = commandOf(async (one) => {
    request = one;
  });
  let said = '';
  command.exitOverride().configureOutput({
    writeErr: (text) => {
      said += text;
    },
  });
  try {
    command.parse(line.split(' '), { from: 'user' });
  } catch {
    // What commander throws repeats what it has said.
    return said.trim();
  }
  return request ?? 'nothing';
}

describe('limpid latent', () => {
  it('asks for a map, an addition to an index or a search', () => {
    const of = (line: string) => asked(latentCommand, line);
    expect(of('m in --out map')).toMatchObject({
      type: 'latent',
      inputs: ['in'],
      output: 'map',
      traverse: false,
    });
    expect(of('m in --out map --traverse --clusters 3')).toMatchObject({ traverse: true, clusters: 3 });
    expect(of('m a b --index dir --series 1.2')).toMatchObject({
      type: 'index',
      inputs: ['a', 'b'],
      index: 'dir',
      series: ['1.2'],
    });
    expect(of('m --like one --index dir')).toMatchObject({
      type: 'like',
      slice: null,
      count: 11,
      pictures: null,
    });
    expect(of('m --like one --index dir --slice 3 --count 2 --out out')).toMatchObject({
      slice: 2,
      count: 2,
      pictures: 'out',
    });
    expect(of('m --like one --index dir --series 1.2')).toMatchObject({ series: ['1.2'] });
  });

  it('says what does not go together', () => {
    const of = (line: string) => asked(latentCommand, line);
    expect(of('m in')).toMatch(/--out <DIR>/);
    expect(of('m --out map')).toMatch(/missing required argument 'in'/);
    expect(of('m --like one')).toMatch(/--like needs --index/);
    expect(of('m in --like one --index dir')).toMatch(/takes no inputs/);
    expect(of('m in --index dir --out map')).toMatch(/--out for a map, or --index/);
    for (const option of ['--slice 2', '--count 3'])
      for (const use of ['in --out map', 'in --index dir'])
        expect(of(`m ${use} ${option}`)).toBe(
          `error: ${option.slice(0, -2)}: only of a search (--like <FILE> with --index <DIR>)`,
        );
    for (const option of ['--clusters 3', '--nearest one', '--traverse', '--seed 1'])
      for (const use of ['in --index dir', '--like one --index dir'])
        expect(of(`m ${use} ${option}`)).toMatch(
          new RegExp(`^error: ${option.split(' ')[0]}: only of a map \\(`),
        );
    expect(of('m in --index dir --traverse --clusters 3')).toMatch(/^error: --clusters, --traverse: only/);
  });
});

describe('limpid probe', () => {
  it('asks to learn, or to apply', () => {
    const of = (line: string) => asked(probeCommand, line);
    expect(of('m in --out o --labels l.csv --column c --group g --kind numbers')).toMatchObject({
      type: 'probe',
      labels: 'l.csv',
      column: 'c',
      group: 'g',
      kind: 'numbers',
      predict: null,
      slices: 24,
    });
    expect(of('m in --out o --predict probe.json')).toMatchObject({ labels: null, predict: 'probe.json' });
    expect(of('m in --out o --kind letters')).toMatch(/Allowed choices/);
    for (const option of ['--labels l', '--column c', '--group g', '--kind numbers', '--seed 1'])
      expect(of(`m in --out o --predict probe.json ${option}`)).toBe(
        `error: ${option.split(' ')[0]}: only of learning (--labels <CSV>, without --predict)`,
      );
  });
});

describe('limpid segment', () => {
  it('takes labels, clusters or a segmenter, and a model or none', () => {
    const of = (line: string) => asked(segmentCommand, line);
    expect(
      of(
        'none in --out o --labels a.nii b.dcm --background --names 1=grey,2=white --features intensity,place --frame 2',
      ),
    ).toMatchObject({
      type: 'segment',
      model: null,
      labels: ['a.nii', 'b.dcm'],
      background: true,
      names: [
        { label: 1, name: 'grey' },
        { label: 2, name: 'white' },
      ],
      features: ['intensity', 'place'],
      frame: 1,
    });
    expect(of('m in --out o --clusters 4')).toMatchObject({
      model: 'm',
      clusters: 4,
      features: null,
      frame: null,
    });
    expect(of('m in --out o --clusters 4 --background')).toMatch(/^error: --background: only of/);
    expect(of('m in --out o --predict s.json --seed 2')).toMatch(/^error: --seed: only of learning/);
    expect(of('m in --out o --clusters 4 --features edges')).toMatch(/They are latent/);
    expect(of('m in --out o --labels l --names grey')).toMatch(/as 1=grey/);
  });
});
