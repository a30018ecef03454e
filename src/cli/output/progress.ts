import type { Streams } from "./streams.js";

const EVERY_MS = 100;
const BAR_CELLS = 30;

/** A progress bar with rate and remaining time on stderr, drawn at most ten times a second, and only on a terminal. */
export function progressLine(streams: Streams, what: string): (done: number, total: number) => void {
  const began = Date.now();
  let drawn = 0;
  return (done, total) => {
    const now = Date.now();
    if (now - drawn < EVERY_MS) return;
    drawn = now;
    const cells = total === 0 ? BAR_CELLS : Math.round((BAR_CELLS * done) / total);
    const bar = "━".repeat(cells) + "·".repeat(BAR_CELLS - cells);
    const rate = Math.round((done * 1000) / Math.max(1, now - began));
    const left = rate === 0 ? "" : `  ${Math.ceil((total - done) / rate)} s left`;
    streams.progress(`${what} ${bar} ${done}/${total}  ${rate}/s${left}`);
  };
}
