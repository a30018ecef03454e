import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GROWTH_BACKENDS, type GrowthPoint, type GrowthRow } from "./growth.js";
import { timeText } from "./growth-report.js";
import { escaped, svgDocument } from "./svg.js";

const PATH = fileURLToPath(new URL("../../docs/performance-growth.svg", import.meta.url));
const PANEL = 350;
const LEFT = 62;
const [TOP, BOTTOM] = [58, 330];
const HEIGHT = 430;
/** ms, the ends of the axis. */
const [FROM, TO] = [0.01, 200_000];
const TICKS = [0.01, 0.1, 1, 10, 100, 1_000, 10_000, 100_000];
const [LEAST, MOST] = [10_000, 10_000_000];
/** As many as kinds of work: a colour told twice would tell nothing. */
const COLOURS = ["--ahead", "--two", "--three", "--behind", "--missed", "--text", "--four"];

const shortNumber = new Intl.NumberFormat("en", { notation: "compact" });

/** docs/performance-growth.svg: a panel for each backend, a line for each kind of work, both axes logarithmic. */
export function drawGrowth(rows: readonly GrowthRow[]): void {
  if (rows.length === 0) return;
  const works = [...new Set(rows.map(({ work }) => work))];
  const parts = [
    `<text class="title" x="12" y="20">How the time of one piece of work grows with the log (sessions of 100 events)</text>`,
    ...GROWTH_BACKENDS.flatMap((backend, i) => panel(rows, backend, works, LEFT + i * PANEL)),
    ...works.map((work, i) => legend(work, i)),
  ];
  writeFileSync(
    PATH,
    svgDocument(LEFT + GROWTH_BACKENDS.length * PANEL, HEIGHT, "Growth of docs/performance.md", parts),
  );
}

function panel(rows: readonly GrowthRow[], backend: string, works: readonly string[], x: number): string[] {
  const width = PANEL - 70;
  const ticks = TICKS.map(
    (ms) =>
      `<line class="tick" x1="${x}" x2="${x + width}" y1="${yOf(ms)}" y2="${yOf(ms)}"/><text class="left" x="${x - 6}" y="${yOf(ms) + 4}">${timeText(ms)}</text>`,
  );
  const lines = rows
    .filter((row) => row.backend === backend)
    .map((row) => line(row, works.indexOf(row.work), x, width));
  const sizes = [...new Set(rows.flatMap(({ points }) => points.map(({ events }) => events)))].map(
    (events) =>
      `<text class="axis" x="${xOf(events, x, width)}" y="${BOTTOM + 18}">${shortNumber.format(events)}</text>`,
  );
  return [
    `<text class="axis" x="${x + width / 2}" y="${TOP - 12}">${backend}, events</text>`,
    ...ticks,
    ...lines,
    ...sizes,
  ];
}

/** The sizes whose sessions are as long; the one with more sessions stands in the table. */
function line({ points }: GrowthRow, work: number, x: number, width: number): string {
  const places = points
    .filter(({ events, sessions }) => events / sessions === 100)
    .map((point): [number, number] => [xOf(point.events, x, width), yAt(point)]);
  const colour = `var(${COLOURS[work % COLOURS.length]})`;
  const dots = places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" style="fill:${colour}"/>`);
  const path = places.map(([px, py]) => `${px},${py}`).join(" ");
  return `<polyline points="${path}" style="fill:none;stroke:${colour};stroke-width:1.8"/>${dots.join("")}`;
}

function legend(work: string, i: number): string {
  const [x, y] = [LEFT + (i % 3) * PANEL, BOTTOM + 52 + Math.floor(i / 3) * 22];
  const colour = `var(${COLOURS[i % COLOURS.length]})`;
  return `<line x1="${x}" x2="${x + 22}" y1="${y - 4}" y2="${y - 4}" style="stroke:${colour};stroke-width:3"/><text x="${x + 28}" y="${y}">${escaped(work)}</text>`;
}

function xOf(events: number, x: number, width: number): number {
  return Number((x + 20 + (Math.log10(events / LEAST) / Math.log10(MOST / LEAST)) * (width - 40)).toFixed(1));
}

function yAt({ ms }: GrowthPoint): number {
  return yOf(Math.min(Math.max(ms, FROM), TO));
}

function yOf(ms: number): number {
  const share = Math.log(ms / FROM) / Math.log(TO / FROM);
  return Number((BOTTOM - share * (BOTTOM - TOP)).toFixed(1));
}
