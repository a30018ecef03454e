import type { OffsetScale } from "./scale.js";

const MAX_PX = 9;
const MIN_PX = 3;

/**
 * Where the box of a bucket is drawn, in pixels: in the middle of its offsets, so that with few events it stands below the
 * bar and the line of its event.
 *
 * @param first offset of the bucket
 * @param width offsets in it
 */
export function laneBox(scale: OffsetScale, first: number, width: number): { left: number; wide: number } {
  const cell = scale.leftOf(first + width) - scale.leftOf(first);
  const wide = Math.max(MIN_PX, Math.min(MAX_PX, cell - 1));
  return { left: scale.leftOf(first) + Math.max(0, (cell - wide) / 2), wide };
}
