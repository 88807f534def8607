import type { ResultEvent } from '../../contract/events.js';
import type {
  CompressResult,
  GenerateResult,
  LatentResult,
  ModelsResult,
  PretrainResult,
  TrainResult,
  WrittenForPerson,
} from '../../contract/model-results.js';
import type { RunStatus } from '../../contract/report.js';
import type {
  AnomalyResult,
  ComplexHalf,
  EvaluateResult,
  EvaluationNumbers,
  FetchResult,
  InspectedSeries,
  InspectResult,
  OutputsResult,
  PlanResult,
  SendResult,
  SeriesOutcome,
  StoppedResult,
} from '../../contract/results.js';
import { englishTraits } from '../../contract/words/traits.js';
import { describeIndex, describeLike, describeProbe, describeSegment } from './describe-encoders.js';
import { describeMotion } from './describe-motion.js';
import { duration, printable, table } from './format.js';
import { toldLine } from './words.js';

/** A result as text for standard output. */
export function describeResult(result: Exclude<ResultEvent, StoppedResult>): string {
  switch (result.command) {
    case 'inspect':
      return describeInspect(result);
    case 'send':
      return describeSend(result);
    case 'fetch':
      return describeFetch(result);
    case 'evaluate':
      return describeEvaluate(result);
    case 'pretrain':
      return describePretrain(result);
    case 'train':
      return describeTrain(result);
    case 'anomaly':
      return describeAnomaly(result);
    case 'motion':
      return describeMotion(result);
    case 'latent':
      return describeLatent(result);
    case 'probe':
      return describeProbe(result);
    case 'segment':
      return describeSegment(result);
    case 'index':
      return describeIndex(result);
    case 'like':
      return describeLike(result);
    case 'generate':
      return describeGenerate(result);
    case 'compress':
      return describeCompress(result);
    case 'decompress':
      return `rebuilt ${result.columns}x${result.rows}x${result.slices}: lossy\n${wrote(result.forPerson)}Not for diagnostic use.\n`;
    case 'models':
      return describeModels(result);
    case 'plan':
      return describePlan(result);
    case 'echo':
    case 'check-training':
    case 'families':
      // Answers to a window, which no command asks for.
      return '';
    default:
      return describeOutputs(result);
  }
}

function describeSend({ sent, held, failed, others, bytes, seconds, problems }: SendResult): string {
  const lines = [`sent ${sent} instances (${(bytes / 1e6).toFixed(1)} MB) in ${duration(seconds)}`];
  if (held > 0) lines.push(`held ${held}: their trust report fails (--all sends them too)`);
  if (failed > 0) lines.push(`not sent: ${failed}`);
  if (others > 0) lines.push(`${others} other files`);
  for (const { code, message, remedy } of problems) lines.push(`${code}: ${message} ${remedy}`);
  return `${lines.join('\n')}\n`;
}

function describeFetch({ series, kept, fetched, failed, seconds, problems }: FetchResult): string {
  if (series.length === 0) return 'The archive has nothing that matches.\n';
  const rows = series.map((one) => [
    one.forPerson?.date ?? '',
    one.modality ?? '-',
    one.seriesNumber === null ? '-' : String(one.seriesNumber),
    one.fetched === null ? String(one.instances ?? '?') : `${one.fetched} of ${one.instances ?? '?'}`,
    one.seriesInstanceUid,
    printable(one.forPerson?.description ?? ''),
  ]);
  const lines = [table(['date', 'modality', 'number', 'images', 'series', 'what'], rows).trimEnd()];
  if (series.some((one) => one.fetched !== null)) {
    lines.push(`fetched ${fetched} images in ${duration(seconds)}`);
    if (kept > 0) lines.push(`${kept} were there already`);
    if (failed > 0) lines.push(`not fetched: ${failed}`);
  }
  for (const { code, message, remedy } of problems) lines.push(`${code}: ${message} ${remedy}`);
  return `${lines.join('\n')}\n`;
}

function describeInspect({ series }: InspectResult): string {
  if (series.length === 0) return 'No series found.\n';
  const studies = new Map<string, InspectedSeries[]>();
  for (const one of series) {
    const key = one.studyInstanceUid ?? 'NIfTI';
    studies.set(key, [...(studies.get(key) ?? []), one]);
  }
  return [...studies].map(([study, members]) => describeStudy(study, members)).join('\n');
}

function describeStudy(study: string, members: readonly InspectedSeries[]): string {
  const head = ['series', 'number', 'modality', 'files', 'grid', 'spacing (mm)', 'noise', 'denoise', 'what'];
  const rows = members.map((one) => [
    one.id,
    one.seriesNumber === null ? '-' : String(one.seriesNumber),
    one.modality ?? '-',
    String(one.instances),
    `${one.columns}x${one.rows}x${one.slices}${one.frames > 1 ? `x${one.frames}` : ''}`,
    one.spacing.map((mm) => mm.toFixed(2)).join(' '),
    describeNoise(one),
    one.complex === undefined ? (one.eligible ? 'yes' : 'no') : 'complex',
    printable([one.forPerson?.description ?? '', englishTraits(one.traits ?? [])].filter(Boolean).join(', ')),
  ]);
  const details = members.flatMap((one) => [
    ...(one.transferSyntaxes.length === 0
      ? []
      : [`  ${one.id}: transfer syntax ${one.transferSyntaxes.join(', ')}`]),
    ...(one.bValues === undefined ? [] : [`  ${one.id}: ${describeBValues(one.bValues)}`]),
    ...(one.complex === undefined ? [] : [`  ${one.id}: ${describeHalf(one.id, one.complex, members)}`]),
    ...[...(one.why === null ? [] : [one.why]), ...one.warnings].map(
      (problem) => `  ${one.id}: ${toldLine(problem)}`,
    ),
  ]);
  return `study ${study}\n${table(head, rows)}${details.map((line) => `${line}\n`).join('')}`;
}

/** Scanners of high-field studies state as many b-values as directions: their range tells more. */
const MOST_B_VALUES = 8;

function describeBValues(values: readonly number[]): string {
  const named =
    values.length <= MOST_B_VALUES
      ? values.join(', ')
      : `${values.length} from ${values[0]} to ${values.at(-1)}`;
  return `${values.length === 1 ? 'b-value' : 'b-values'} ${named} s/mm2`;
}

/** Of both halves of a complex image, which series the other one is. */
function describeHalf(
  id: string,
  { part, denoisedAs }: ComplexHalf,
  members: readonly InspectedSeries[],
): string {
  const other =
    members.find((one) => one.id !== id && one.complex?.denoisedAs === denoisedAs)?.id ?? 'another';
  const { own, with: its } = HALVES[part];
  return `${own}, denoised with its ${its} (${other}) as one complex image`;
}

const HALVES: Readonly<Record<ComplexHalf['part'], { readonly own: string; readonly with: string }>> = {
  magnitude: { own: 'magnitude', with: 'phase' },
  phase: { own: 'phase', with: 'magnitude' },
  real: { own: 'real part', with: 'imaginary part' },
  imaginary: { own: 'imaginary part', with: 'real part' },
};

function describeNoise({ noise }: InspectedSeries): string {
  if (noise === null) return '-';
  const kind = noise.correlated ? `${noise.distribution}, correlated` : noise.distribution;
  return `${noise.sigma.toPrecision(3)} (${noise.relative.toFixed(1)} %, ${kind})`;
}

/** What would be done; a run for artifacts alone has no denoiser. */
function doneTo({ action, model }: PlanResult['series'][number]): string {
  if (action !== 'denoise') return 'skipped';
  return model === 'none' ? 'cleaned' : `denoised (${model})`;
}

function describePlan({ series }: PlanResult): string {
  const head = ['series', 'modality', 'files', 'grid', 'would be', 'memory', 'time', 'what'];
  const rows = series.map((one) => [
    one.id,
    one.modality,
    String(one.instances),
    `${one.columns}x${one.rows}x${one.slices}${one.frames > 1 ? `x${one.frames}` : ''}`,
    doneTo(one),
    one.memoryBytes === null ? '-' : `${(one.memoryBytes / 1e9).toFixed(1)} GB`,
    one.seconds === null ? '-' : duration(one.seconds),
    printable(one.forPerson?.description ?? ''),
  ]);
  const details = series.flatMap((one) => [
    ...(one.why === null ? [] : [`  ${one.id}: ${toldLine(one.why)}`]),
    ...one.warnings.map(({ code, message }) => `  ${one.id}: ${code}: ${message}`),
  ]);
  const known = series.flatMap(({ seconds }) => seconds ?? []);
  const total = known.reduce((sum, seconds) => sum + seconds, 0);
  if (known.length > 0)
    details.push(`about ${duration(total)} for ${known.length} series, as such runs took here`);
  const outputs = series.flatMap((one) => one.forPerson?.outputs.map(printable) ?? one.outputs);
  const lines = [...details, ...[...new Set(outputs)].map((output) => `would write ${output}`)];
  return `${table(head, rows)}${lines.map((line) => `${line}\n`).join('')}`;
}

function describeOutputs({ series, report }: OutputsResult): string {
  const counts = new Map<string, number>();
  for (const { status } of series) counts.set(status, (counts.get(status) ?? 0) + 1);
  const summary = [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
  const of = (isOurs: (status: RunStatus) => boolean) => [
    ...new Set(series.filter(({ status }) => isOurs(status)).flatMap(outputNames)),
  ];
  const written = of((status) => status === 'done');
  const there = of((status) => status !== 'done').filter((output) => !written.includes(output));
  const lines = [
    `series: ${summary === '' ? 'none' : summary}`,
    ...written.map((output) => `wrote ${output}`),
    ...there.map((output) => `there from an earlier run: ${output}`),
    ...(report === null ? [] : [`report ${report.html}`]),
    'Not for diagnostic use.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** By their names, where these are known here. */
function outputNames({ outputs, forPerson }: SeriesOutcome): readonly string[] {
  return forPerson?.outputs.map(printable) ?? outputs;
}

function describePretrain({ steps, bestStep, heldOut, seconds, sha256 }: PretrainResult): string {
  const loss = heldOut === null ? '' : `, held-out loss ${heldOut.toPrecision(4)}`;
  return `steps: ${steps}, best at ${bestStep}${loss}, ${duration(seconds)}\nSHA-256 ${sha256}\nNot for diagnostic use.\n`;
}

function describeTrain(result: TrainResult): string {
  const { family, objective, parameters, steps, bestStep, heldOut, measures, seconds } = result;
  const watched = Object.entries(measures).map(([name, value]) => `${name} ${value.toPrecision(4)}`);
  const lines = [
    `family: ${family} (${parameters} parameters), objective: ${objective}`,
    `images: ${result.trainingPlanes} to learn from, ${result.heldOutPlanes} to judge by`,
    `steps: ${steps}, best at ${bestStep}, ${duration(seconds)}`,
    `held-out loss: ${heldOut === null ? '-' : heldOut.toPrecision(4)}${watched.map((one) => `, ${one}`).join('')}`,
    `wrote ${result.forPerson?.file ?? 'the model'} (SHA-256 ${result.sha256.slice(0, 12)})`,
    'Not for diagnostic use.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function describeAnomaly({ family, score, limits, series, scores, report }: AnomalyResult): string {
  const byFeatures = score === 'features';
  const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;
  const seen = scores.filter(({ slices }) => slices > 0);
  const rows = seen.map(({ series: id, slices, marked }) => [
    id,
    String(slices),
    marked === null ? '-' : percent(marked),
  ]);
  const checks = seen.flatMap(({ series: id, lesions }) =>
    lesions === null
      ? []
      : [
          [id, byFeatures ? 'features of places' : 'rebuild error', lesions.error] as const,
          [id, 'intensity baseline', lesions.intensity] as const,
        ],
  );
  const checked = checks.map(([id, name, { auroc, auprc, dice, bestDice }]) => [
    id,
    name,
    ...[auroc, auprc, dice, bestDice].map((value) => value.toFixed(3)),
  ]);
  const head = ['series', 'inserted lesions by', 'AUROC', 'AUPRC', 'Dice', 'best Dice'];
  const lines = [
    byFeatures
      ? `features of places, limit ${limits.error.toPrecision(3)} standard deviations (baseline ${percent(limits.intensity)} of the intensity range)`
      : `${family} model, limit ${percent(limits.error)} of the intensity range (baseline ${percent(limits.intensity)})`,
    ...new Set(series.flatMap(outputNames)),
    report.html,
  ];
  return [
    rows.length === 0 ? '' : table(['series', 'slices', 'marked'], rows),
    checked.length === 0 ? '' : table(head, checked),
    ...lines.map((line, i) => `${i === 0 ? '' : 'wrote '}${line}\n`),
    'Unlike the training images, for whatever reason: no lesion detector. Not for diagnostic use.\n',
  ].join('');
}

function describeLatent(result: LatentResult): string {
  const { family, series, slices, length, explained, clusters, silhouette, queries, files } = result;
  const shares = explained.map((share) => `${(100 * share).toFixed(1)} %`).join(' and ');
  const lines = [
    `${slices} slices of ${series} series, ${length} numbers each (${family})`,
    `principal components: ${shares} of the variance`,
    `clusters: ${clusters.join(', ')} slices${silhouette === null ? '' : `, silhouette ${silhouette.toFixed(2)}`}`,
    ...(queries === 0 ? [] : [`nearest slices of ${queries}`]),
    ...files.map((name) => `wrote ${name}`),
    'Not for diagnostic use.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function describeGenerate({ family, prior, count, rows, columns, files }: GenerateResult): string {
  const lines = [
    `${count} synthetic images of ${columns}x${rows} (${family}, drawn from: ${prior})`,
    ...files.map((name) => `wrote ${name}`),
    'SYNTHETIC: of no patient. Not for diagnostic use.',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function describeCompress({ bytes, bitsPerPixel, psnr, forPerson }: CompressResult): string {
  const quality = psnr === null ? 'equal' : `${psnr.toFixed(2)} dB`;
  return `${bytes} bytes, ${bitsPerPixel.toFixed(3)} bits a pixel, PSNR ${quality}\n${wrote(forPerson)}Lossy. Not for diagnostic use.\n`;
}

/** The line that names the file. */
function wrote(forPerson: WrittenForPerson | undefined): string {
  return forPerson === undefined ? '' : `wrote ${printable(forPerson.file)}\n`;
}

function describeModels({ action, models, card, forPerson }: ModelsResult): string {
  if (action === 'show') return `${JSON.stringify(card, null, 2)}\n`;
  if (action === 'list' && models.length === 0) return 'No models are kept.\n';
  const done = { list: '', show: '', import: 'kept', export: '', delete: 'deleted' }[action];
  const rows = models.map((one) => [
    one.id,
    printable(one.name),
    printable(one.family),
    printable(one.objective),
    one.tasks.join(' '),
    one.heldOut === null ? '-' : one.heldOut.toPrecision(4),
    `${(one.bytes / 1e6).toFixed(1)} MB`,
  ]);
  const head = ['id', 'name', 'family', 'objective', 'tasks', 'held-out loss', 'size'];
  return `${wrote(forPerson)}${done === '' ? '' : `${done}\n`}${table(head, rows)}`;
}

function describeEvaluate({
  test,
  noisy,
  protocol,
  peak,
  maskVoxels,
  voxels,
  pairs = [],
}: EvaluateResult): string {
  const row = (name: string, numbers: EvaluationNumbers) => [
    name,
    numbers.psnr === null ? 'equal' : numbers.psnr.toFixed(2),
    numbers.ssim.toFixed(4),
    numbers.nrmse.toFixed(5),
  ];
  const means = pairs.length === 0 ? '' : 'mean of ';
  const rows = [
    ...pairs.map((one) => row(printable(one.forPerson?.description ?? one.series), one.test)),
    row(`${means}test`, test),
    ...(noisy === null ? [] : [row(`${means}noisy`, noisy)]),
  ];
  const lines = [
    `peak: ${peak} (${protocol.peak})`,
    `mask: ${protocol.mask}, ${maskVoxels} of ${voxels} voxels`,
    `SSIM: ${protocol.ssim}`,
    `NRMSE: ${protocol.nrmse}`,
  ];
  return `${table(['image', 'PSNR (dB)', 'SSIM', 'NRMSE'], rows)}${lines.map((line) => `${line}\n`).join('')}`;
}
