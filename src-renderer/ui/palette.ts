/** Colours for residuals and error maps, in the report and in the viewer. */

export type Colour = readonly [number, number, number];

/** matplotlib's magma (CC0), eleven of its colours evenly spaced. */
const MAGMA = [
  '#000004',
  '#140e36',
  '#3b0f70',
  '#641a80',
  '#8c2981',
  '#b73779',
  '#de4968',
  '#f7705c',
  '#fe9f6d',
  '#fecf92',
  '#fcfdbf',
].map(parse);

/**
 * Crameri's berlin (MIT), with a neutral middle: dark at zero, safe for colour-blind readers. Each colour is made
 * lighter or darker until its lightness is that of the one opposite, so that neither sign stands out.
 */
const BERLIN = [
  '#a8b7ff',
  '#549ace',
  '#276886',
  '#143749',
  '#10161b',
  '#0f0f10',
  '#280e04',
  '#55261b',
  '#905042',
  '#c88178',
  '#f6a6a6',
].map(parse);

/** What each map shows, in sigma. */
export const RESIDUAL_LIMIT = 3;
export const ERROR_LIMIT = 5;
/** Errors under this are what noise makes all over: error maps are clear there. */
export const ERROR_CLEAR = 2;

/** Colour at a share of 0 to 1 along magma: dark for little, bright for much. */
export function sequentialColour(share: number): Colour {
  return at(MAGMA, share);
}

/** Colour at a share of 0 to 1 along berlin: blue, dark at one half, red. */
export function divergingColour(share: number): Colour {
  return at(BERLIN, share);
}

/** Colour of a signed residual in sigma: blue where the output is brighter, red where it is darker. */
export function residualColour(sigmas: number): Colour {
  return at(BERLIN, (sigmas / RESIDUAL_LIMIT + 1) / 2);
}

/** Colour of |residual| in sigma: the darkest where noise makes as much all over. */
export function errorColour(sigmas: number): Colour {
  if (Math.abs(sigmas) < ERROR_CLEAR) return MAGMA[0];
  return at(MAGMA, Math.abs(sigmas) / ERROR_LIMIT);
}

/**
 * One channel's `tableValues` for feFuncR, G or B, which colour one grey picture in two ways: greys stand for -range to
 * +range sigma, 128/255 for 0.
 */
export function tableValues(colour: (sigmas: number) => Colour, channel: 0 | 1 | 2, range: number): string {
  const values = Array.from(
    { length: 256 },
    (_, grey) => colour(((grey - 128) * range) / 127)[channel] / 255,
  );
  return values.map((value) => value.toFixed(3)).join(' ');
}

export function css([r, g, b]: Colour): string {
  return `rgb(${Math.round(r)} ${Math.round(g)} ${Math.round(b)})`;
}

function at(colours: readonly Colour[], share: number): Colour {
  const position = Math.min(1, Math.max(0, share)) * (colours.length - 1);
  const i = Math.min(colours.length - 2, Math.floor(position));
  const t = position - i;
  const [a, b] = [colours[i], colours[i + 1]];
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])];
}

function parse(hex: string): Colour {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
