/** The viewer alone in a page, on the series that serve.ts offers. `?pair=none|after|all` says which. */
import '../../../src-renderer/ui/theme.css';
import './page.css';
import { mount } from 'svelte';
import { fromStore, writable } from 'svelte/store';
import { privacy } from '../../../src-renderer/state/privacy.svelte.js';
import Viewer from '../../../src-renderer/viewer/Viewer.svelte';

const query = new URLSearchParams(location.search);
const cards = await (await fetch('/series')).json();
const set = cards[query.get('set') ?? 'brain'] ?? {};
const wanted = query.get('pair') ?? 'all';
const drawn = [];
const asked = writable(null);
const place = fromStore(asked);

const viewer = mount(Viewer, {
  target: document.body,
  props: {
    bridge: {
      resourceUrl: ({ kind, series, index }) => `/${kind}/${series}/${index}`,
      subscribe: () => () => {},
      api: {
        keptView: async () => null,
        keepView: async () => {},
        arrangements: async () => [],
        keepArrangements: async () => {},
      },
    },
    before: set.before ?? null,
    after: wanted === 'none' ? null : (set.after ?? null),
    errorMap: wanted === 'all' ? (set.errorMap ?? null) : null,
    get place() {
      return place.current;
    },
    ondrawn: (milliseconds) => drawn.push(milliseconds),
  },
});
const hidePatients = (hidden) => {
  privacy.hidden = hidden;
};
/** As a list of places beside the viewer asks for one. */
const lookAt = (wanted) => asked.set(wanted);
Object.assign(window, { viewer, drawn, hidePatients, lookAt });
