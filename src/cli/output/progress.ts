import stringWidth from "string-width";
import type { Streams } from "./streams.js";

const EVERY_MS = 100;
const MAX_BAR_CELLS = 30;

/** A progress bar with rate and remaining time on stderr, drawn at most ten times a second, and only on a terminal. */
export function progressLine(streams: Streams, what: string): (done: number, total: number) => void {
  const began = Date.now();
  let drawn = 0;
  return (done, total) => {
    const now = Date.now();
    if (now - drawn < EVERY_MS) return;
    drawn = now;
    const rate = Math.round((done * 1000) / Math.max(1, now - began));
    const left = rate === 0 ? "" : `  ${Math.ceil((total - done) / rate)} s left`;
    const numbers = `${done}/${total}  ${rate}/s${left}`;
    const room = streams.progressWidth - stringWidth(`${what}  ${numbers}`);
    streams.progress(`${what} ${bar(done, total, room)} ${numbers}`);
  };
}

/** In a narrow terminal the bar gives way first. */
function bar(done: number, total: number, room: number): string {
  const width = Math.max(0, Math.min(MAX_BAR_CELLS, room));
  const cells = total === 0 ? width : Math.round((width * done) / total);
  return "━".repeat(cells) + "·".repeat(width - cells);
}
