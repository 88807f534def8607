/**
 * Run in a page, gives every text on screen that its box cuts, as `text (where)`, less those that say `name` and that a
 * title tells whole once they are pointed at. What can be scrolled to is not cut, but for a line that is wider than what
 * scrolls it; of a list of choices the chosen one is looked at.
 */
globalThis.cutTexts = (name) => {
  const CUTS = new Set(['hidden', 'clip']);
  const SCROLLS = new Set(['auto', 'scroll']);
  // half a pixel is rounding, and the border of a box
  const SLACK = 1;
  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  const visible = (element) =>
    element.checkVisibility({ visibilityProperty: true }) &&
    element.closest('.hidden-visually, [inert]') === null;
  const told = (element, text) => {
    if (!text.includes(name)) return false;
    element.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }));
    for (let at = element; at !== null; at = at.parentElement)
      if (plain(at.getAttribute('title') ?? '').includes(text)) return true;
    return false;
  };
  const where = (element) => {
    const names = [];
    for (let at = element; at !== null && names.length < 4; at = at.parentElement)
      names.unshift(
        at.id !== ''
          ? `#${at.id}`
          : [at.localName, ...at.classList].filter((n) => !n.startsWith('svelte-')).join('.'),
      );
    return names.join(' > ');
  };
  /** Whether boxes reach beyond what cuts them, up to what scrolls. */
  const isCut = (element, boxes) => {
    let [across, down] = [true, true];
    let contained = true;
    for (let at = element; at !== null && (across || down); at = at.parentElement) {
      const style = getComputedStyle(at);
      // what stands apart is cut only by what it is placed in
      if (contained || style.position !== 'static') {
        const box = at.getBoundingClientRect();
        const [left, top] = [box.left + at.clientLeft, box.top + at.clientTop];
        const beyondX = boxes.some((b) => b.left < left - SLACK || b.right > left + at.clientWidth + SLACK);
        const beyondY = boxes.some((b) => b.top < top - SLACK || b.bottom > top + at.clientHeight + SLACK);
        if (across && CUTS.has(style.overflowX) && beyondX) return true;
        if (down && CUTS.has(style.overflowY) && beyondY) return true;
        if (SCROLLS.has(style.overflowX)) {
          if (boxes.some((b) => b.width > at.clientWidth + SLACK)) return true;
          across = false;
        }
        if (SCROLLS.has(style.overflowY)) down = false;
        contained = style.position !== 'absolute' && style.position !== 'fixed';
      }
      if (style.position === 'fixed') break;
    }
    // the page itself does not scroll
    return boxes.some(
      (b) =>
        (across && (b.left < -SLACK || b.right > innerWidth + SLACK)) ||
        (down && (b.top < -SLACK || b.bottom > innerHeight + SLACK)),
    );
  };
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    const text = plain(node.data);
    if (text === '' || element.closest('select, textarea, svg, script, style') !== null || !visible(element))
      continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0);
    const shortened =
      element.scrollWidth > element.clientWidth &&
      CUTS.has(getComputedStyle(element).overflowX) &&
      element.clientWidth > 0;
    // words that run over their box, where nothing cuts them, lie on what stands beside
    const runsOver =
      element.clientWidth > 0 &&
      element.scrollWidth > element.clientWidth + SLACK &&
      getComputedStyle(element).overflowX === 'visible' &&
      boxes.some((box) => box.right > element.getBoundingClientRect().right + SLACK);
    if (runsOver) found.add(`${text}, over its box (${where(element)})`);
    if ((shortened || isCut(element, boxes)) && !told(element, text))
      found.add(`${text} (${where(element)})`);
  }
  for (const select of document.querySelectorAll('select')) {
    const option = select.selectedOptions[0];
    if (!visible(select) || option === undefined) continue;
    const alone = select.cloneNode(false);
    alone.append(option.cloneNode(true));
    alone.removeAttribute('id');
    Object.assign(alone.style, {
      position: 'absolute',
      visibility: 'hidden',
      width: 'auto',
      maxWidth: 'none',
      minWidth: '0',
    });
    select.after(alone);
    const needs = alone.offsetWidth;
    alone.remove();
    if (needs > select.offsetWidth + SLACK && !told(select, plain(option.text)))
      found.add(`${plain(option.text)}, ${needs - select.offsetWidth} px (${where(select)})`);
  }
  const pen = document.createElement('canvas').getContext('2d');
  for (const input of document.querySelectorAll('input[placeholder]')) {
    if (!visible(input) || input.value !== '') continue;
    const style = getComputedStyle(input);
    pen.font = style.font;
    const room =
      input.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight);
    if (pen.measureText(input.placeholder).width > room + SLACK && !told(input, plain(input.placeholder)))
      found.add(`${input.placeholder} (${where(input)})`);
  }
  return [...found];
};
