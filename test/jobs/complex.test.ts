import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src-main/contract/report.js';
import { readAttributes } from '../../src-main/dicom/elements/attributes.js';
import { findElement, walkElements } from '../../src-main/dicom/elements/elements.js';
import { runJob } from '../../src-main/jobs/run.js';
import { type DrawnFrame, drawEnhanced } from '../dicom/enhanced.js';
import { makeDicom } from '../dicom/support.js';
import {
  AREA,
  classic,
  magnitudes,
  noisyPlanes,
  type Plane,
  phases,
  plane,
  SIDE,
  SIGMA,
  SLICES,
} from './complex-images.js';
import { denoiseRequest, derive, removeFolders, temporaryFolder } from './fixtures.js';

afterAll(removeFolders);

function storedOf(bytes: Uint8Array): number[] {
  const pixels = findElement(walkElements(bytes).elements, 0x7fe00010);
  if (pixels === undefined) throw new Error('no pixels');
  const view = new DataView(
    bytes.buffer,
    bytes.byteOffset + pixels.valueStart,
    pixels.end - pixels.valueStart,
  );
  return Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i, true));
}

async function filesIn(folder: string): Promise<Buffer[]> {
  const names = (await fs.readdir(folder)).sort();
  return Promise.all(names.map((name) => fs.readFile(path.join(folder, name))));
}

const attributesOf = (bytes: Uint8Array) => readAttributes(bytes, walkElements(bytes));

function rms(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe('magnitude and phase in two series', () => {
  let output: string;
  let alone: string;
  let report: Report;

  beforeAll(async () => {
    const root = await temporaryFolder();
    const files = classic(noisyPlanes());
    for (const folder of ['both', 'magnitude']) await fs.mkdir(path.join(root, folder));
    for (const [i, bytes] of files.entries()) {
      await fs.writeFile(path.join(root, 'both', `${i}.dcm`), bytes);
      if (i % 2 === 0) await fs.writeFile(path.join(root, 'magnitude', `${i}.dcm`), bytes);
    }
    [output, alone] = [path.join(root, 'out'), path.join(root, 'alone')];
    const nlm = { model: { kind: 'nlm' } } as const;
    expect((await runJob(denoiseRequest(path.join(root, 'both'), output, nlm), () => {})).exitCode).toBe(0);
    await runJob(denoiseRequest(path.join(root, 'magnitude'), alone, nlm), () => {});
    report = JSON.parse(await fs.readFile(path.join(output, 'report.json'), 'utf8'));
  });

  it('are one stack of Gaussian noise, written as two derived series', async () => {
    expect(report.series).toMatchObject([
      { status: 'done', input: { instances: 2 * SLICES }, geometry: { slices: SLICES, frames: 1 } },
    ]);
    expect(report.series[0].noise?.distribution).toBe('gaussian');
    const [magnitude, phase] = await Promise.all(
      ['series-001', 'series-001-phase'].map((name) => filesIn(path.join(output, name))),
    );
    expect([magnitude.length, phase.length]).toEqual([SLICES, SLICES]);
    const [a, b] = [attributesOf(magnitude[1]), attributesOf(phase[1])];
    expect(a.text('x0020000e')).not.toBe(b.text('x0020000e'));
    expect([a, b].map((one) => one.texts('x00080008'))).toEqual([
      ['DERIVED', 'SECONDARY', 'M'],
      ['DERIVED', 'SECONDARY', 'P', 'ND'],
    ]);
    // Each was made of both.
    const [own, other] = a.items('x00082112').map((item) => item.text('x00081155'));
    const [first, second] = b.items('x00082112').map((item) => item.text('x00081155'));
    expect([first, second]).toEqual([other, own]);
    expect(report.series[0].outputs.map(({ role }) => role).sort()).toEqual([
      ...Array(SLICES).fill('denoised'),
      'error-map',
      ...Array(SLICES).fill('partner'),
    ]);
  });

  it('are told as halves of one image, and the phase alone as refused', async () => {
    const folder = path.dirname(output);
    const inspect = async (name: string) => {
      const result = await runJob({ type: 'inspect', paths: [path.join(folder, name)] }, () => {});
      return 'series' in result && result.command === 'inspect' ? result.series : [];
    };
    const [magnitude, phase, ...others] = [...(await inspect('both'))].sort((a, b) =>
      (a.complex?.part ?? '') < (b.complex?.part ?? '') ? -1 : 1,
    );
    const denoisedAs = magnitude.id;
    expect(others).toEqual([]);
    expect([magnitude, phase]).toMatchObject([
      { eligible: true, why: null, complex: { part: 'magnitude', denoisedAs } },
      { eligible: true, why: null, complex: { part: 'phase', denoisedAs } },
    ]);
    // Who asks for the phase gets both.
    const request = denoiseRequest(path.join(folder, 'both'), path.join(folder, 'asked'), {
      model: { kind: 'nlm' },
      only: [phase.id],
    });
    expect(await runJob(request, () => {})).toMatchObject({
      series: [{ series: denoisedAs, status: 'done' }],
    });
    await fs.mkdir(path.join(folder, 'phase'));
    for (const [i, bytes] of classic(noisyPlanes()).entries())
      if (i % 2 === 1) await fs.writeFile(path.join(folder, 'phase', `${i}.dcm`), bytes);
    const [alone] = await inspect('phase');
    expect(alone).toMatchObject({ eligible: false, why: { code: 'E_NOT_ELIGIBLE' } });
    expect(alone.complex).toBeUndefined();
  });

  it('lose more noise than the magnitudes alone, and the bias of the air', async () => {
    const truth = magnitudes(plane(null));
    const errors = async (folder: string) => {
      const made = (await filesIn(path.join(folder, 'series-001'))).map(storedOf);
      return {
        all: rms(made.flatMap((values) => values.map((value, i) => value - truth[i]))),
        air: made.reduce((sum, values) => sum + values[0] + values[SIDE - 1], 0) / (2 * SLICES),
      };
    };
    const [complex, magnitude] = [await errors(output), await errors(alone)];
    expect(complex.all).toBeLessThan(0.9 * magnitude.all);
    // The mean of Rician noise alone is 1.25 of its level.
    expect(complex.air).toBeLessThan(0.6 * SIGMA);
    const clean = plane(null);
    const made = (await filesIn(path.join(output, 'series-001-phase'))).map(storedOf);
    const apart = (values: readonly number[]) =>
      phases(clean, 4096).flatMap((right, i) => {
        if (Math.hypot(clean.re[i], clean.im[i]) === 0) return [];
        const turns = (values[i] - right) / 4096;
        return [turns - Math.round(turns)];
      });
    const before = phases(noisyPlanes()[0], 4096);
    expect(rms(apart(made[0]))).toBeLessThan(0.6 * rms(apart(before)));
  });
});

describe('halves of a complex image', () => {
  it('come back as they were where nothing is done', async () => {
    const planes = noisyPlanes();
    const { folder, images } = await derive(classic(planes), 0);
    const made = await filesIn(path.join(folder, 'out', 'series-001-phase'));
    expect(images.map(storedOf)).toEqual(planes.map(magnitudes));
    expect(made.map(storedOf)).toEqual(planes.map((one) => phases(one, 4096)));
  });

  const enhanced = (kind: 'polar' | 'cartesian', echoes: readonly number[]): DrawnFrame[] =>
    echoes.flatMap((echoTime) => {
      const planes = noisyPlanes();
      const half = (component: string, valuesOf: (one: Plane) => readonly number[], more = {}) =>
        planes.map((one, slice) => ({
          values: valuesOf(one),
          position: [0, 0, 3 * slice],
          echoTime,
          component,
          ...more,
        }));
      if (kind === 'polar')
        return [
          ...half('MAGNITUDE', magnitudes),
          // Thousandths of a radian, as Philips and GE write them.
          ...half('PHASE', (one) => phases(one, 4096), {
            slope: (2000 * Math.PI) / 4096,
            intercept: -3141.59,
          }),
        ];
      const offset = { intercept: -2000 };
      const shifted = (values: readonly number[]) => values.map((value) => Math.round(value) + 2000);
      return [
        ...half('REAL', ({ re }) => shifted(re), offset),
        ...half('IMAGINARY', ({ im }) => shifted(im), offset),
      ];
    });

  it.each(['polar', 'cartesian'] as const)(
    'in one file are denoised together, each echo (%s)',
    async (kind) => {
      const frames = enhanced(kind, [2.5, 5]);
      const { images, report } = await derive([drawEnhanced({ rows: SIDE, columns: SIDE, frames })]);
      expect(report.series).toMatchObject([
        { status: 'done', noise: { distribution: 'gaussian' }, input: { instances: 1 } },
        { status: 'done', noise: { distribution: 'gaussian' } },
      ]);
      expect(images).toHaveLength(1);
      const stored = storedOf(images[0]);
      frames.forEach(({ values }, i) => {
        expect(stored.slice(i * AREA, (i + 1) * AREA)).not.toEqual(values);
      });
      const top = attributesOf(images[0]);
      expect(top.text('x00080008', 0)).toBe('DERIVED');
      expect(JSON.stringify(report)).not.toContain('as they were');
      const derivation = top.items('x52009230')[1].items('x00089124')[0];
      const sources = derivation.items('x00082112').map((one) => one.text('x00081160', 0));
      expect(sources).toEqual(['2', String(SLICES + 2)]);
      const none = await derive([drawEnhanced({ rows: SIDE, columns: SIDE, frames })], 0);
      expect(storedOf(none.images[0])).toEqual(frames.flatMap(({ values }) => values));
    },
  );

  it('in two enhanced series name the series of each source', async () => {
    const frames = enhanced('polar', [5]);
    const files = [0, 1].map((half) =>
      drawEnhanced({
        rows: SIDE,
        columns: SIDE,
        frames: frames.slice(half * SLICES, (half + 1) * SLICES),
        series: `1.2.3.${half + 5}`,
      }),
    );
    const { folder } = await derive(files);
    const [phase] = await filesIn(path.join(folder, 'out', 'series-001-phase'));
    const [evidence] = attributesOf(phase).items('x00089154').slice(-1);
    expect(
      evidence
        .items('x00081115')
        .map((one) => one.text('x0020000e'))
        .sort(),
    ).toEqual(['1.2.3.5', '1.2.3.6']);
  });
});

describe('what is no half of a complex image', () => {
  const codes = (report: Report) => report.series.map(({ status, problem }) => problem?.code ?? status);

  it('is a phase alone', async () => {
    const onlyPhases = classic(noisyPlanes()).filter((_, i) => i % 2 === 1);
    const magnitude = makeDicom({
      rows: SIDE,
      columns: SIDE,
      frameOfReference: '1.2.3.9',
      values: magnitudes(noisyPlanes()[0]),
    });
    expect(codes((await derive([...onlyPhases, magnitude])).report).sort()).toEqual([
      'E_NOT_ELIGIBLE',
      'done',
    ]);
  });

  it('is a phase of another time, echo or place, or of a map of velocities', async () => {
    for (const other of [
      { acquisitionTime: '130000' },
      { echoTime: 7 },
      { spacing: '2.1\\2.1' },
      { study: '1.2.4' },
      { imageType: 'ORIGINAL\\PRIMARY\\VELOCITY MAP\\P\\PCA' },
    ]) {
      const { report } = await derive(classic(noisyPlanes(), {}, other));
      expect(codes(report).sort()).toEqual(['E_NOT_ELIGIBLE', 'done']);
    }
  });

  it('is the difference of the phases of two echoes', async () => {
    const first = classic(noisyPlanes(), { echoTime: 2.5 }).filter((_, i) => i % 2 === 0);
    const { report } = await derive([...first, ...classic(noisyPlanes())]);
    expect(codes(report).sort()).toEqual(['E_NOT_ELIGIBLE', 'done', 'done']);
    expect(report.series[0].noise?.distribution).toBe('rician');
  });

  it('is a map of the field, which is left out though its values are called real', async () => {
    const frames = [
      ...noisyPlanes().map((one, slice) => ({ values: magnitudes(one), position: [0, 0, 3 * slice] })),
      ...noisyPlanes().map((one, slice) => ({
        values: phases(one, 4096),
        position: [0, 0, 3 * slice],
        component: 'REAL',
        frameType: 'ORIGINAL\\PRIMARY\\T1\\FIELD_MAP',
      })),
    ];
    const { report, images } = await derive([drawEnhanced({ rows: SIDE, columns: SIDE, frames })]);
    expect(codes(report).sort()).toEqual(['E_NOT_ELIGIBLE', 'done']);
    expect(storedOf(images[0]).slice(SLICES * AREA)).toEqual(
      frames.slice(SLICES).flatMap(({ values }) => values),
    );
  });

  it('is a phase whose values fill no turn: the magnitudes are denoised, which is told', async () => {
    const { report, result } = await derive(
      classic(noisyPlanes(), {}, { values: phases(noisyPlanes()[0], 1500) }),
    );
    expect(result.exitCode).toBe(0);
    expect(report.series).toMatchObject([{ status: 'done', noise: { distribution: 'rician' } }]);
    expect(report.series[0].warnings.map(({ code }: { code: string }) => code)).toContain('W_PHASE');
    expect(report.series[0].outputs.map(({ role }: { role: string }) => role)).not.toContain('partner');
  });

  it('is a real part alone, whose noise is Gaussian however few of its values are negative', async () => {
    const files = noisyPlanes().map((one, slice) =>
      makeDicom({
        rows: SIDE,
        columns: SIDE,
        position: [0, 0, 3 * slice],
        spacing: '2\\2',
        frameOfReference: '1.2.3.9',
        imageType: 'ORIGINAL\\PRIMARY\\R',
        values: magnitudes(one),
      }),
    );
    const { report } = await derive(files);
    expect(report.series).toMatchObject([{ status: 'done', noise: { distribution: 'gaussian' } }]);
  });
});
