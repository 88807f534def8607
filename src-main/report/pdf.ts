/** A line of a document. */
export interface PdfLine {
  readonly text: string;
  readonly style: 'title' | 'heading' | 'plain' | 'small';
}

/** A4 in points, and what is left free at each side. */
const [WIDTH, HEIGHT, MARGIN] = [595, 842, 56];
const STYLES = {
  title: { font: 'F2', size: 18, before: 0 },
  heading: { font: 'F2', size: 12, before: 10 },
  plain: { font: 'F1', size: 10, before: 0 },
  small: { font: 'F1', size: 8, before: 0 },
} as const;
const LEADING = 1.35;
/** Bold letters are wider, by a tenth at most. */
const BOLD = 1.1;

/** Widths of Helvetica from space to tilde, in thousandths of its size (Adobe Font Metrics). */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
  556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
  500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
  556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
  278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const WIDEST = 1015;

/**
 * Lines of text as PDF 1.4 (ISO 32000-1), A4, wrapped at words, in Helvetica: one of the 14 fonts that every reader has,
 * so that nothing is embedded. The same bytes for the same lines.
 *
 * @param title of the document, which readers show
 */
export function pdfOf(title: string, lines: readonly PdfLine[]): Buffer {
  const pages = paged(lines);
  const first = 6;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Count ${pages.length} /Kids [${pages.map((_, i) => `${first + 2 * i} 0 R`).join(' ')}] >>`,
    ...['Helvetica', 'Helvetica-Bold'].map(
      (name) => `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`,
    ),
    `<< /Title ${stringOf(title)} /Producer (Limpid) >>`,
    ...pages.flatMap((content, i) => [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${WIDTH} ${HEIGHT}] /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> /Contents ${first + 2 * i + 1} 0 R >>`,
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    ]),
  ];
  return assembled(objects);
}

/** Objects from number 1 on, with the table of where each begins. All text is Latin 1: a character is a byte. */
function assembled(objects: readonly string[]): Buffer {
  let text = '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n';
  const starts = objects.map((object, i) => {
    const start = text.length;
    text += `${i + 1} 0 obj\n${object}\nendobj\n`;
    return start;
  });
  const table = starts.map((start) => `${String(start).padStart(10, '0')} 00000 n \n`).join('');
  const count = objects.length + 1;
  return Buffer.from(
    `${text}xref\n0 ${count}\n0000000000 65535 f \n${table}trailer\n<< /Size ${count} /Root 1 0 R /Info 5 0 R >>\nstartxref\n${text.length}\n%%EOF\n`,
    'latin1',
  );
}

/** What is drawn on each page. */
function paged(lines: readonly PdfLine[]): string[] {
  const pages: string[][] = [[]];
  let y = HEIGHT - MARGIN;
  for (const { text, style } of lines) {
    const { font, size, before } = STYLES[style];
    y -= before;
    for (const line of wrapped(text, (WIDTH - 2 * MARGIN) / (font === 'F2' ? BOLD : 1), size)) {
      y -= LEADING * size;
      if (y < MARGIN) {
        pages.push([]);
        y = HEIGHT - MARGIN - LEADING * size;
      }
      pages.at(-1)?.push(`BT /${font} ${size} Tf ${MARGIN} ${y.toFixed(1)} Td ${stringOf(line)} Tj ET`);
    }
  }
  return pages.map((drawn) => drawn.join('\n'));
}

function wrapped(text: string, width: number, size: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((one) => one !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer, size) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

function widthOf(text: string, size: number): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += WIDTHS[text.charCodeAt(i) - 32] ?? WIDEST;
  return (sum * size) / 1000;
}

/** What WinAnsi has from 0x80 on where Latin 1 has nothing (ISO 32000-1, annex D.2); the gaps are no characters. */
const SIGNS = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';

/**
 * In WinAnsi, which is Latin 1 and some signs. Of a letter with a mark that it lacks the letter is written; what it has in
 * no form becomes a question mark: the fonts that every reader has hold nothing else.
 */
function stringOf(text: string): string {
  const bytes = [...text.normalize('NFC')].map((one) => byteOf(one) ?? byteOf(bare(one)) ?? '?').join('');
  return `(${bytes.replace(/[\\()]/g, '\\$&')})`;
}

/** The Latin 1 character of the byte that WinAnsi has for a character; undefined where it has none. */
function byteOf(one: string): string | undefined {
  if (/^[\x20-\x7e\xa0-\xff]$/.test(one)) return one;
  const at = one === '\0' ? -1 : SIGNS.indexOf(one);
  return at < 0 || one === '' ? undefined : String.fromCharCode(0x80 + at);
}

function bare(one: string): string {
  return one === '\u2212' ? '-' : one.normalize('NFKD').replace(/\p{M}/gu, '');
}
