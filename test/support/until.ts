/** Often enough that nobody waits for the poll, seldom enough that two cores can do the work that is waited for. */
const POLL_MS = 10;

/** Waits until `condition` holds. @throws Error that names what was waited for, after `limitMs` */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  limitMs = 20_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${limitMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
