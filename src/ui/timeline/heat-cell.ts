import type { HeatCell, HeatRow } from "../../inspect/timeline/heat.js";
import type { HeatAnswer } from "../../ui-server/answers.js";
import { go } from "../place.js";

/** The offsets of a cell, inclusive. */
export function spanOf({ from, to, width }: HeatAnswer, { bucket }: HeatCell): { from: number; to: number } {
  const first = from + bucket * width;
  return { from: first, to: Math.min(first + width - 1, to) };
}

/** Looks at that stretch, and at the path's history in the session that wrote it last there. */
export function openCell(answer: HeatAnswer, { path }: HeatRow, cell: HeatCell): void {
  const { from, to } = spanOf(answer, cell);
  // A stretch of one event is that event, and no range to look at.
  const window = to > from ? { from, to } : {};
  go({ ...window, at: cell.offset, path, pane: "watch", session: null });
}

/** The path's history in the session that wrote it last. */
export function openRow({ path, last }: HeatRow): void {
  go({ at: last, path, pane: "watch", session: null });
}
