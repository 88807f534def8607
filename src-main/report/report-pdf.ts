import { cleanedText } from '../contract/cleaned-text.js';
import { type Report, type SeriesReport, verdictOf } from '../contract/report.js';
import { type PdfLine, pdfOf } from './pdf.js';

export const PDF_TITLE = 'Limpid: trust report';

/** What the report of a run tells of its series, for people who read it in a PACS: verdicts and what they rest on. */
export function reportPdf(report: Report): Buffer {
  const { notice, tool, createdAt, request, device } = report;
  return pdfOf(PDF_TITLE, [
    { style: 'title', text: 'Trust report' },
    plain(`${notice}. Limpid ${tool.version}, ${createdAt}, on ${device.name}.`),
    plain(`Model: ${request.model.kind}. Strength: ${request.strength}. Seed: ${request.seed}.`),
    ...report.warnings.map(({ code, message }) => plain(`${code}: ${message}`)),
    ...report.series.flatMap(seriesLines),
  ]);
}

function seriesLines(series: SeriesReport, i: number): PdfLine[] {
  const { modality, status, problem, geometry, noise, trust, cleaned, warnings, outputs } = series;
  return [
    {
      style: 'heading',
      text: `Series ${i + 1} (${modality}): ${verdictOf(series)?.toUpperCase() ?? status}`,
    },
    ...(problem === null ? [] : [plain(`${problem.code}: ${problem.message} ${problem.remedy}`)]),
    ...(geometry === null
      ? []
      : [
          plain(
            `${geometry.columns} x ${geometry.rows} x ${geometry.slices}, ${geometry.frames === 1 ? '1 frame' : `${geometry.frames} frames`}, voxels of ${geometry.spacing.map(rounded).join(' x ')} ${geometry.calibration === 'none' ? 'pixels' : 'mm'}.`,
          ),
        ]),
    ...(noise === null
      ? []
      : [
          plain(
            `Noise: ${rounded(noise.sigma)} ${geometry?.units ?? ''}, ${noise.distribution}, ${rounded(noise.relative)} % of the median foreground${noise.certain ? '' : '; the level is a guess'}.`,
          ),
        ]),
    ...(trust?.reasons ?? []).map(({ test, verdict, message, remedy }) =>
      plain(`${verdict.toUpperCase()} (${test}): ${message} ${remedy}`),
    ),
    ...cleaned.map((one) => {
      const { text, reasons } = cleanedText(one);
      return plain([`Looked for ${one.name}: ${text}.`, ...reasons].join(' '));
    }),
    ...warnings.map(({ code, message }) => plain(`${code}: ${message}`)),
    ...outputs
      .flatMap(({ role, seriesInstanceUid }) =>
        seriesInstanceUid === null ? [] : [`${role}: ${seriesInstanceUid}`],
      )
      .filter((one, k, all) => all.indexOf(one) === k)
      .map((text): PdfLine => ({ style: 'small', text })),
  ];
}

function plain(text: string): PdfLine {
  return { style: 'plain', text };
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(3)));
}
