/** Under which a dragged series travels: its key. Nothing outside of the window knows it. */
export const DRAGGED = 'application/x-limpid-series';
