/**
 * What the viewports show, drawn once more on a canvas in the pixels of the screen: images, overlays, measurements and
 * what stands on them, so that nothing is in it that is not on screen (hidden patients stay hidden). A notice is burned
 * into every viewport.
 *
 * @param viewports their common element
 */
export function pictureOf(viewports: HTMLElement, notice: string): HTMLCanvasElement {
  const whole = viewports.getBoundingClientRect();
  const ratio = window.devicePixelRatio;
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(whole.width * ratio);
  canvas.height = Math.round(whole.height * ratio);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This window cannot draw on a canvas.');
  context.scale(ratio, ratio);
  context.fillRect(0, 0, whole.width, whole.height);
  for (const viewport of viewports.querySelectorAll<HTMLElement>('.viewport')) {
    const box = viewport.getBoundingClientRect();
    context.save();
    context.translate(box.left - whole.left, box.top - whole.top);
    context.beginPath();
    context.rect(0, 0, box.width, box.height);
    context.clip();
    drawViewport(context, viewport, box);
    words(context, notice, box.width / 2, box.height - 34, {
      font: '600 13px sans-serif',
      colour: '#ffd33d',
      align: 'center',
    });
    context.restore();
  }
  return canvas;
}

export function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob === null ? reject(new Error('no picture')) : resolve(blob)), 'image/png');
  });
}

function drawViewport(context: CanvasRenderingContext2D, viewport: HTMLElement, origin: DOMRect): void {
  for (const layer of viewport.querySelectorAll('canvas')) {
    const box = layer.getBoundingClientRect();
    const [x, y] = [box.left - origin.left, box.top - origin.top];
    const cut = /inset\(\S+ \S+ \S+ ([\d.]+)%\)/.exec(
      layer.closest<HTMLElement>('.stage')?.style.clipPath ?? '',
    );
    context.save();
    context.beginPath();
    context.rect(cut === null ? 0 : (origin.width * Number(cut[1])) / 100, 0, origin.width, origin.height);
    context.clip();
    if (layer.width > 0 && layer.height > 0) context.drawImage(layer, x, y, box.width, box.height);
    context.restore();
  }
  for (const path of viewport.querySelectorAll('svg path')) drawPath(context, path, origin);
  for (const bar of viewport.querySelectorAll('.legend .bar')) drawLegend(context, bar, origin);
  for (const bar of viewport.querySelectorAll('.scale')) {
    const { left, right, top, bottom } = bar.getBoundingClientRect();
    const [l, r, t, b] = [left - origin.left, right - origin.left, top - origin.top, bottom - origin.top];
    stroke(context, new Path2D(`M${l} ${t}V${b}H${r}V${t}`), '#e4e9ee', 1);
  }
  for (const text of viewport.querySelectorAll('.text, .letter, .marks span, figcaption, svg text, select'))
    drawText(context, text, origin);
}

function drawPath(context: CanvasRenderingContext2D, path: Element, origin: DOMRect): void {
  const box = path.closest('svg')?.getBoundingClientRect();
  if (box === undefined) return;
  const { stroke: colour, strokeWidth } = getComputedStyle(path);
  context.save();
  context.translate(box.left - origin.left, box.top - origin.top);
  stroke(context, new Path2D(path.getAttribute('d') ?? ''), colour, Number.parseFloat(strokeWidth));
  context.restore();
}

function stroke(context: CanvasRenderingContext2D, path: Path2D, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

function drawLegend(context: CanvasRenderingContext2D, bar: Element, origin: DOMRect): void {
  const { left, top, bottom, width, height } = bar.getBoundingClientRect();
  const colours = getComputedStyle(bar).backgroundImage.match(/rgba?\([^)]*\)/g) ?? [];
  const gradient = context.createLinearGradient(0, bottom - origin.top, 0, top - origin.top);
  colours.forEach((colour, i) => {
    gradient.addColorStop(i / Math.max(1, colours.length - 1), colour);
  });
  context.fillStyle = gradient;
  context.fillRect(left - origin.left, top - origin.top, width, height);
}

function drawText(context: CanvasRenderingContext2D, element: Element, origin: DOMRect): void {
  const shown = element instanceof HTMLSelectElement ? element.selectedOptions[0]?.text : element.textContent;
  const { left, top, height } = element.getBoundingClientRect();
  const { font, color, fill } = getComputedStyle(element);
  words(context, shown?.trim() ?? '', left - origin.left, top - origin.top + height / 2, {
    font,
    colour: element instanceof SVGElement ? fill : color,
    align: 'left',
  });
}

function words(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  look: { readonly font: string; readonly colour: string; readonly align: CanvasTextAlign },
): void {
  context.font = look.font;
  context.textAlign = look.align;
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.strokeStyle = '#000';
  context.lineWidth = 3;
  context.strokeText(text, x, y);
  context.fillStyle = look.colour;
  context.fillText(text, x, y);
}
