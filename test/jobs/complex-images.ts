import { Random } from '../../src-main/base/random.js';
import { makeDicom, type TestImage } from '../dicom/support.js';

/** Drawn complex images, as magnitude and phase. */

export const SIDE = 64;
export const AREA = SIDE * SIDE;
export const SLICES = 4;
export const SIGMA = 40;

export interface Plane {
  readonly re: readonly number[];
  readonly im: readonly number[];
}

/** A head of tissue 200 and 500 in air, whose phase is a ramp that wraps; with noise where a generator is given. */
export function plane(random: Random | null): Plane {
  const re: number[] = [];
  const im: number[] = [];
  for (let i = 0; i < AREA; i++) {
    const [x, y] = [(2 * (i % SIDE)) / SIDE - 1, (2 * Math.floor(i / SIDE)) / SIDE - 1];
    const inside = Math.hypot(x / 0.85, y / 0.9) < 1;
    const magnitude = inside ? (Math.hypot(x - 0.1, y + 0.1) < 0.4 ? 200 : 500) : 0;
    const phase = 3.5 * x + y * y + 1;
    const noise = () => (random === null ? 0 : SIGMA * random.normal());
    re.push(magnitude * Math.cos(phase) + noise());
    im.push(magnitude * Math.sin(phase) + noise());
  }
  return { re, im };
}

export const magnitudes = ({ re, im }: Plane) => re.map((value, i) => Math.round(Math.hypot(value, im[i])));
/** Stored phases, `turn` of them a turn, none below 0. */
export const phases = ({ re, im }: Plane, turn: number) =>
  re.map((value, i) => {
    const part = Math.atan2(im[i], value) / (2 * Math.PI) + 0.5;
    return Math.min(Math.round(part * turn), turn - 1);
  });

export function noisyPlanes(): Plane[] {
  const random = new Random(5);
  return Array.from({ length: SLICES }, () => plane(random));
}

/** Classic images as Siemens writes them: a phase of 4096 steps a turn, slope 2, intercept -4096. */
export function classic(planes: readonly Plane[], more: TestImage = {}, phase: TestImage = {}): Uint8Array[] {
  const common = (slice: number): TestImage => ({
    rows: SIDE,
    columns: SIDE,
    position: [0, 0, 3 * slice],
    spacing: '2\\2',
    thickness: 3,
    echoTime: 5,
    acquisitionTime: `1200${String(slice).padStart(2, '0')}`,
    instanceNumber: slice + 1,
    bitsStored: 12,
    frameOfReference: '1.2.3.9',
    ...more,
  });
  return planes.flatMap((one, slice) => [
    makeDicom({ ...common(slice), series: '1.2.3.5', values: magnitudes(one) }),
    makeDicom({
      ...common(slice),
      series: '1.2.3.6',
      imageType: 'ORIGINAL\\PRIMARY\\P\\ND',
      slope: '2',
      intercept: '-4096',
      values: phases(one, 4096),
      ...phase,
    }),
  ]);
}
