/** What was told by us, and is forgotten where it is no longer cut. */
const told = new WeakSet<Element>();
/** How far up from what is pointed at the box may be that cuts it. */
const STEPS = 3;

/** The text that an element has no room for; null: it shows all of it, or cuts nothing. */
function cutText(element: HTMLElement): string | null {
  if (element instanceof HTMLSelectElement) {
    const text = element.selectedOptions[0]?.text ?? '';
    return widthFor(element) > element.offsetWidth ? text : null;
  }
  const isCut =
    getComputedStyle(element).textOverflow === 'ellipsis' && element.scrollWidth > element.clientWidth;
  return isCut ? element.innerText : null;
}

/** Pixels that a list of choices would take if the chosen one were its only one. */
function widthFor(select: HTMLSelectElement): number {
  const alone = document.createElement('select');
  alone.className = select.className;
  alone.add(new Option(select.selectedOptions[0]?.text ?? ''));
  Object.assign(alone.style, { position: 'absolute', visibility: 'hidden' });
  alone.ariaHidden = 'true';
  select.after(alone);
  const { offsetWidth } = alone;
  alone.remove();
  return offsetWidth;
}

/**
 * Tells by a title what is pointed at and cut, as names of data, which may be of any length, are: for a listener to
 * `pointerover` of the whole window, so that no place of such a name needs one of its own.
 */
export function tellCutText({ target }: Event): void {
  let at = target instanceof HTMLElement ? target : null;
  for (let step = 0; at !== null && step < STEPS; step++, at = at.parentElement) {
    if (at.title !== '' && !told.has(at)) return;
    const text = cutText(at);
    if (text === null && told.delete(at)) at.removeAttribute('title');
    if (text === null) continue;
    const above = at.parentElement?.closest<HTMLElement>('[title]')?.title ?? '';
    if (above.includes(text)) return;
    at.title = text;
    told.add(at);
    return;
  }
}
