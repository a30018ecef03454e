/** As Node's callbacks: the error, or null and the value. */
export type Callback<T> = (error: unknown, value?: T) => void;

/**
 * Gives a result to a callback, outside the promise, so that what the callback throws is its own; or to whoever waits for
 * the promise. Frameworks call without either (`req.session.destroy()`), and a server must not end by that: then only
 * `onLost` hears of a failure.
 */
export function answer<T>(
  result: Promise<T>,
  callback: Callback<T> | undefined,
  onLost: (error: unknown) => void,
): Promise<T> {
  if (typeof callback === "function") {
    result.then(
      (value) => process.nextTick(callback, null, value),
      (error: unknown) => process.nextTick(callback, error),
    );
  } else {
    result.catch(onLost);
  }
  return result;
}
