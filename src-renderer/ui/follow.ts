/**
 * Tells an effect what a promise gives, until the effect runs again or ends: by then the component may be gone, and what
 * it derived is not to be read any more.
 * @returns the teardown of the effect
 */
export function follow<T>(
  promise: Promise<T>,
  found: (value: T) => void,
  failed?: (error: unknown) => void,
): () => void {
  let current = true;
  const ifCurrent =
    <V>(tell: (value: V) => void) =>
    (value: V) => {
      if (current) tell(value);
    };
  promise.then(ifCurrent(found), failed === undefined ? undefined : ifCurrent(failed));
  return () => {
    current = false;
  };
}
