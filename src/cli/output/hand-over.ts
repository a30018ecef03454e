import { setImmediate as nextTurn } from "node:timers/promises";
import type { Streams } from "./streams.js";

/** After an abort, for a reader that reads and only has not come to it yet. */
const GRACE_MS = 200;

/**
 * Gives text to stdout and waits until it is taken, so that nothing piles up before a slow reader.
 *
 * @returns "failed" where nobody reads or stdout failed; "stuck" where the signal came while the reader did not read
 */
export async function handOver(text: string, streams: Streams, signal: AbortSignal) {
  let timer: NodeJS.Timeout | undefined;
  // A listener for each text and no race with one long promise, which would remember every text.
  let onAbort = () => undefined as unknown;
  const stuck = new Promise<"stuck">((resolve) => {
    onAbort = () => {
      timer = setTimeout(() => resolve("stuck"), GRACE_MS);
    };
  });
  signal.addEventListener("abort", onAbort);
  try {
    const taken = streams.taken(text).then((ok) => (ok ? ("taken" as const) : ("failed" as const)));
    const outcome = await Promise.race([taken, stuck]);
    if (outcome === "failed") await nextTurn(); // whoever is told of errors of stdout has been told then
    return outcome;
  } finally {
    signal.removeEventListener("abort", onAbort);
    clearTimeout(timer);
  }
}
