import type { ProbeLearnt, ProbeTold } from '../../contract/encoders/probe.js';
import type { IndexResult, LikeResult, ProbeResult } from '../../contract/model-results.js';
import type { SegmentResult } from '../../contract/results.js';
import { printable, table } from './format.js';

const FEATURES = { latent: 'latents', pca: 'principal components', raw: 'raw statistics' } as const;
const METHODS = { linear: 'linear', nearest: 'nearest neighbours' } as const;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What a probe learnt and how well, or what it tells. */
export function describeProbe({ family, series, slices, learnt, told, files }: ProbeResult): string {
  return [
    `${family} model, ${slices} slices of ${series} series\n`,
    learnt === null ? describeTold(told) : describeLearnt(learnt),
    ...files.map((file) => `wrote ${file}\n`),
    'Not for diagnostic use.\n',
  ].join('');
}

function describeLearnt({ target, patients, folds, lines, comparisons }: ProbeLearnt): string {
  const measure = target === 'classes' ? 'balanced accuracy' : 'variance explained';
  const rows = lines.map(({ features, method, slices, series }) => [
    FEATURES[features],
    METHODS[method],
    percent(slices),
    percent(series),
  ]);
  const words = comparisons.map(({ against, verdict }) =>
    verdict === 'not told apart'
      ? `latents and ${FEATURES[against]} are not told apart\n`
      : `latents are ${verdict} than ${FEATURES[against]}\n`,
  );
  return [
    `${folds} parts of ${patients} patients; ${measure} on patients that were not learnt from:\n`,
    table(['from', 'by', 'slices', 'series'], rows),
    ...words,
  ].join('');
}

function describeTold(told: readonly ProbeTold[]): string {
  const rows = told.map((one) => [
    one.series,
    one.class === null ? (one.value?.toPrecision(4) ?? '-') : printable(one.class),
    one.probability === null ? '-' : percent(one.probability),
    String(one.slices),
    printable(one.forPerson?.description ?? ''),
  ]);
  return table(['series', 'told to be', 'probability', 'slices', 'what'], rows);
}

export function describeIndex({ family, added, kept, series, slices }: IndexResult): string {
  const there = kept > 0 ? `, ${kept} were there already` : '';
  return `${family} model: added ${added} series${there}; the index has ${slices} slices of ${series} series\n`;
}

export function describeLike({ searched, milliseconds, found, files }: LikeResult): string {
  const rows = found.map(({ series, modality, slice, frame, distance, forPerson }) => [
    series,
    modality,
    `${slice + 1}${frame > 0 ? ` of frame ${frame + 1}` : ''}`,
    distance.toPrecision(3),
    printable(forPerson?.description ?? ''),
    printable(forPerson?.place ?? ''),
  ]);
  return [
    table(['series', 'modality', 'slice', 'distance', 'what', 'where'], rows),
    `searched ${searched.slices} slices of ${searched.series} series in ${milliseconds.toFixed(0)} ms\n`,
    ...files.map((file) => `wrote ${file}\n`),
    'Not for diagnostic use.\n',
  ].join('');
}

const share = (dice: number | null | undefined): string => (dice == null ? '-' : dice.toFixed(3));

/** What was marked, how large it is, and how well what was held out was told. */
export function describeSegment(result: SegmentResult): string {
  const { family, features, classes, learnt, series, sizes, files } = result;
  const held = learnt?.heldOut ?? null;
  const told = classes.map(({ label, name }, k) => [
    String(label),
    printable(name),
    ...(learnt === null ? [] : [String(learnt.pixels[k] ?? 0)]),
    ...(held === null ? [] : [share(held.dice[k]), share(held.intensityDice[k])]),
  ]);
  const head = [
    'label',
    'class',
    ...(learnt === null ? [] : ['labelled pixels']),
    ...(held === null ? [] : ['overlap', 'by intensity alone']),
  ];
  const rows = series.flatMap((one) => {
    const own = sizes.find((size) => size.series === one.series)?.segments ?? [];
    if (own.length === 0) return [[one.series, one.status, '', one.problem?.message ?? '']];
    return own.map(({ name, millilitres }) => [
      one.series,
      one.status,
      `${millilitres.toPrecision(3)} ml`,
      printable(name),
    ]);
  });
  return [
    `pixels described by ${features.join(', ')}${family === null ? '' : ` of a ${family} model`}\n`,
    table(head, told),
    held === null ? '' : `overlap (Dice) on ${held.by} that were held out, in ${held.parts} parts\n`,
    table(['series', '', 'volume', 'segment'], rows),
    ...[...new Set(series.flatMap(({ forPerson }) => forPerson?.outputs ?? []))].map(
      (file) => `wrote ${file}\n`,
    ),
    ...files.map((file) => `wrote ${file}\n`),
    'Not for diagnostic use.\n',
  ].join('');
}
