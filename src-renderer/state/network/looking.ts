const PAUSE_MS = 2000;

/** Looks again and again, until the function that it returns is called. */
export function lookAgain(look: () => Promise<void>): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const next = async (): Promise<void> => {
    // Where the app does not answer, the bar above all screens tells it; what was seen last stays.
    await look().catch(() => undefined);
    if (!isOver) timer = setTimeout(() => void next(), PAUSE_MS);
  };
  void next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
