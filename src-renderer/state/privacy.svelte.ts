/** Whether the window hides who patients are, and what may name them: for whatever shows a place or a name, however deep it stands. */
export const privacy = $state({ hidden: false });
