import { createSubscriber } from 'svelte/reactivity';

const onTheme = createSubscriber((changed) => {
  const watch = new MutationObserver(changed);
  watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => watch.disconnect();
});

/** A colour of the theme, for what is drawn on a canvas; an effect that reads it runs again with another theme. */
export function themeColour(name: string): string {
  onTheme();
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
