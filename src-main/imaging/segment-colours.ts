import { segmentColour } from '../contract/encoders/segment-colours.js';

/** The colour of a segment as DICOM encodes CIELab of D50 (PS3.3 section C.10.7.1.1): three numbers from 0 to 65535. */
export function segmentLab(index: number): [number, number, number] {
  const linear = segmentColour(index).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  // sRGB to XYZ, adapted to D50 by Bradford's method (Lindbloom).
  const [x, y, z] = [
    [0.4360747, 0.3850649, 0.1430804],
    [0.2225045, 0.7168786, 0.0606169],
    [0.0139322, 0.0971045, 0.7141733],
  ].map((row) => row.reduce((sum, factor, i) => sum + factor * linear[i], 0));
  const [fx, fy, fz] = [x / 0.9642, y, z / 0.8249].map((t) =>
    t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29,
  );
  const [l, a, b] = [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
  return [
    Math.round((l * 65535) / 100),
    Math.round(((a + 128) * 65535) / 255),
    Math.round(((b + 128) * 65535) / 255),
  ];
}
