/** The parts of the screen Models, in the order of their tabs. */
export const SECTIONS = ['list', 'map', 'samples'] as const;
export type Section = (typeof SECTIONS)[number];
