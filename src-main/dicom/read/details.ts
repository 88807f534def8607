import { type Attributes, readAttributes } from '../elements/attributes.js';
import { type ElementFile, walkElements } from '../elements/elements.js';

/** What a file says besides its pixels: for the person at the screen, and how to show it. */
export interface Details {
  /** Names, dates and texts: shown, never logged. */
  readonly forPerson: {
    readonly patient: string;
    readonly study: string;
    /** YYYYMMDD as written. */
    readonly studyDate: string;
    readonly description: string;
  };
  /** Window Center and Width (PS3.3 C.11.2.1.2), first one first. */
  readonly windows: readonly DisplayWindow[];
  /** Series Instance UIDs of the series it refers to as its source. */
  readonly sourceSeries: readonly string[];
  /** Derivation Description (PS3.3 C.7.6.1.1.3); '' for none. */
  readonly derivation: string;
  /** SOP Instance UIDs of its source images. */
  readonly sourceImages: readonly string[];
}

export interface DisplayWindow {
  readonly center: number;
  readonly width: number;
  readonly name: string;
}

/** `walked` are the elements of `bytes` where they are known already. @throws LimpidError those of `walkElements` and `readAttributes` */
export function readDetails(bytes: Uint8Array, walked: ElementFile | null = null): Details {
  const attributes = readAttributes(bytes, walked ?? walkElements(bytes));
  const references = attributes.items('x00081115');
  const listed = references.flatMap((series) => series.items('x0008114a'));
  // Source Image Evidence Sequence: an enhanced image names its sources frame by frame, and all of them here.
  const evidence = attributes
    .items('x00089154')
    .flatMap((study) => study.items('x00081115'))
    .flatMap((series) => series.items('x00081199'));
  return {
    forPerson: {
      patient: personName(attributes.label('x00100010') ?? attributes.label('x00100020') ?? ''),
      study: attributes.label('x00081030') ?? '',
      studyDate: attributes.text('x00080020') ?? '',
      description: attributes.label('x0008103e') ?? '',
    },
    windows: readWindows(attributes),
    derivation: attributes.text('x00082111') ?? '',
    sourceSeries: uidsOf(references, 'x0020000e'),
    sourceImages: uidsOf([...attributes.items('x00082112'), ...evidence, ...listed], 'x00081155'),
  };
}

/** The alphabetic group of a Person Name (PS3.5 section 6.2.1), its parts with commas. */
function personName(text: string): string {
  return text
    .split('=')[0]
    .split('^')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .join(', ');
}

/** Windows of an image, or of the Frame VOI LUT macro. A width under 1 means nothing (PS3.3 C.11.2.1.2.1). */
export function readWindows(attributes: Attributes): DisplayWindow[] {
  const centers = attributes.texts('x00281050').map(Number);
  const widths = attributes.texts('x00281051').map(Number);
  const names = attributes.texts('x00281055');
  return centers.flatMap((center, i) => {
    const width = widths[i];
    if (!Number.isFinite(center) || width === undefined || !Number.isFinite(width) || width <= 0) return [];
    return [{ center, width, name: names[i] ?? '' }];
  });
}

/**
 * Windows of each frame where the frames have their own (Frame VOI LUT macro, PS3.3 C.7.6.16.2.10), else one list for
 * all of them.
 */
export function readFrameWindows(attributes: Attributes, frames: number): DisplayWindow[][] {
  const own = attributes.items('x52009230').slice(0, frames).map(macroWindows);
  const shared = attributes.items('x52009229').flatMap(macroWindows);
  const common = shared.length > 0 ? shared : readWindows(attributes);
  if (own.every((windows) => windows.length === 0)) return [common];
  return Array.from({ length: frames }, (_, i) => (own[i]?.length > 0 ? own[i] : common));
}

function macroWindows(groups: Attributes): DisplayWindow[] {
  return groups.items('x00289132').flatMap(readWindows);
}

function uidsOf(items: readonly Attributes[], tag: string): string[] {
  return items.map((item) => item.text(tag)).filter((uid) => uid !== undefined);
}
