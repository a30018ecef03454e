import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Row } from "./results-file.js";
import { escaped, svgDocument } from "./svg.js";

const PATH = fileURLToPath(new URL("../../docs/performance.svg", import.meta.url));
const LINE = 19;
const HEAD = 52;
const NAMES = 560;
const WIDTH = 1060;
const RIGHT = 70;
const MAX_NAME = 84;
/** The ends of the axis; a bar that goes further is cut there, and its figure says how far. */
const [FROM, TO] = [0.2, 50];
const TICKS = [0.25, 0.5, 1, 2, 5, 10, 20, 50];

/** docs/performance.svg: a bar for each row, from 1 to its ratio; right is faster than the peer, left is slower. */
export function drawRatios(rows: readonly Row[], order: readonly string[]): void {
  const sorted = order.flatMap((group) => rows.filter((row) => row.group === group));
  const height = HEAD + sorted.length * LINE + 12;
  const parts = [
    `<text class="title" x="12" y="20">sessiondb beside its peers: the peer's time divided by ours, median and spread</text>`,
    ...TICKS.map((tick) => tickMark(tick, height)),
    ...sorted.flatMap((row, i) => bar(row, HEAD + i * LINE)),
  ];
  writeFileSync(PATH, svgDocument(WIDTH, height, "Ratios of docs/performance.md", parts));
}

function tickMark(tick: number, height: number): string {
  const x = xOf(tick);
  return `<line class="${tick === 1 ? "one" : "tick"}" x1="${x}" x2="${x}" y1="${HEAD - 8}" y2="${height - 8}"/><text class="axis" x="${x}" y="${HEAD - 14}">${tick} ×</text>`;
}

function bar(row: Row, y: number): string[] {
  const [one, end] = [xOf(1), xOf(row.ratio)];
  const middle = y + LINE / 2 - 2;
  const kept = row.atLeast === undefined || row.ratio >= row.atLeast;
  const colour = !kept ? "missed" : row.ratio >= 1 ? "ahead" : "behind";
  const what = `${row.name} · ${row.peer}`;
  return [
    `<text class="row" x="${NAMES - 8}" y="${middle + 4}">${escaped(what.length > MAX_NAME ? `${what.slice(0, MAX_NAME - 1)}…` : what)}</text>`,
    `<rect class="${colour}" x="${Math.min(one, end)}" y="${middle - 5}" width="${Math.max(1, Math.abs(end - one)).toFixed(1)}" height="10"/>`,
    `<line class="spread" x1="${xOf(row.ratioMin)}" x2="${xOf(row.ratioMax)}" y1="${middle}" y2="${middle}"/>`,
    ...(row.atLeast === undefined
      ? []
      : [
          `<line class="promise" x1="${xOf(row.atLeast)}" x2="${xOf(row.atLeast)}" y1="${middle - 7}" y2="${middle + 7}"/>`,
        ]),
    `<text class="figure" x="${WIDTH - 10}" y="${middle + 4}">${row.ratio.toFixed(2)}</text>`,
  ];
}

/** A logarithmic axis: twice as fast is as far from 1 as half as fast. */
function xOf(ratio: number): number {
  const kept = Math.min(Math.max(ratio, FROM), TO);
  const share = Math.log(kept / FROM) / Math.log(TO / FROM);
  return Number((NAMES + share * (WIDTH - RIGHT - NAMES)).toFixed(1));
}
