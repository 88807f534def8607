import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { exists, flush } from '../base/files.js';
import { makeFolder } from '../base/make-folder.js';
import { fault } from '../contract/errors.js';
import { Report } from '../contract/report.js';
import type { SeriesRecord } from '../contract/requests/node.js';
import { readText } from '../contract/schema/schema.js';
import type { Storable } from '../dicom/net/storable.js';
import { described } from '../dicom/write/described.js';
import { encapsulatedPdf } from '../dicom/write/encapsulated-pdf.js';
import { EQUIPMENT } from '../dicom/write/equipment.js';
import type { SeriesFolder } from '../process/node-folder.js';
import { PDF_TITLE, reportPdf } from '../report/report-pdf.js';
import { instancesBelow } from './deliver.js';

/** Of the series of reports: after those of results and maps of usual studies. */
const REPORT_NUMBER = 9900;

/**
 * What is sent of results: where the trust report does not pass, or nothing judged them, with that in SeriesDescription,
 * for whoever reads images in a PACS sees no report. The results themselves stay as they are; what is sent is made once, beside them.
 */
export class Results {
  readonly #making = new Map<string, Promise<void>>();

  /**
   * @param report whether the report goes with them, as a document of the study
   * @throws LimpidError E_IO where the report cannot be read; those of reading DICOM; errors of the disk
   */
  async of(
    { generation, verdict }: Pick<SeriesRecord, 'generation' | 'verdict'>,
    folder: SeriesFolder,
    report: boolean,
  ): Promise<Storable[]> {
    const output = folder.output(generation);
    const told = folder.described(generation);
    const isPassed = verdict === 'pass';
    if (!isPassed)
      await this.#once(told, (part) => describeAll(output, part, `(trust: ${verdict ?? 'none'})`));
    const images = await instancesBelow(isPassed ? output : told);
    if (!report || images[0] === undefined) return images;
    const document = folder.report(generation);
    const [{ path: image }] = images;
    await this.#once(document, (part) => writeReport(output, image, part));
    return [...images, ...(await instancesBelow(document))];
  }

  /** Several deliveries may ask for the same at a time. A folder that is there is whole. */
  async #once(folder: string, make: (part: string) => Promise<void>): Promise<void> {
    const making = this.#making.get(folder) ?? this.#make(folder, make);
    this.#making.set(folder, making);
    try {
      await making;
    } finally {
      this.#making.delete(folder);
    }
  }

  async #make(folder: string, make: (part: string) => Promise<void>): Promise<void> {
    if (await exists(folder)) return;
    const part = `${folder}.part`;
    await fs.rm(part, { recursive: true, force: true });
    await makeFolder(part, 0o700);
    await make(part);
    await fs.rename(part, folder);
    await flush(path.dirname(folder));
  }
}

async function describeAll(output: string, part: string, word: string): Promise<void> {
  for (const { path: file } of await instancesBelow(output))
    await write(path.join(part, path.relative(output, file)), described(await fs.readFile(file), word));
}

async function writeReport(output: string, image: string, part: string): Promise<void> {
  const reading = readText(Report, await fs.readFile(path.join(output, 'report.json'), 'utf8'));
  if (!reading.fits) throw fault('E_IO/unreadable');
  const { createdAt } = reading.value;
  const document = encapsulatedPdf({
    image: await fs.readFile(image),
    pdf: reportPdf(reading.value),
    title: PDF_TITLE,
    seriesNumber: REPORT_NUMBER,
    equipment: EQUIPMENT,
    now: new Date(createdAt),
  });
  await write(path.join(part, 'report', 'report.dcm'), document);
}

async function write(file: string, bytes: Uint8Array): Promise<void> {
  await makeFolder(path.dirname(file), 0o700);
  await fs.writeFile(file, bytes, { mode: 0o600 });
  await flush(file, 'r+');
}
