import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import type { Results, Row } from "./results-file.js";

const PERFORMANCE_MD = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));

/** The marks between which a part of docs/performance.md is written by `npm run bench -- --write`. */
export type Part = "measured" | "growth";

export function machine(): string {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return `Node ${process.version}, ${type()} ${release()}, ${cpus().length} × ${cpu?.model ?? "unknown processor"}, ${memory}`;
}

/** The machines, and a table for each group in the order given; groups that are not named come last. */
export function reportLines({ rows, remarks }: Pick<Results, "rows" | "remarks">, order: readonly string[]): string[] {
  const groups = [...new Set([...order, ...rows.map(({ group }) => group)])];
  const parts = groups.flatMap((group) => {
    const own = rows.filter((row) => row.group === group);
    if (own.length === 0) return [];
    const said = remarks.filter((remark) => remark.group === group).map(({ text }) => text);
    return ["", `### ${group}`, "", ...tableLines(own), ...said.flatMap((text) => ["", text])];
  });
  return [...measuredOn(rows), ...parts];
}

/** Where and when; and how busy the machine was with other things, which moves figures more than ratios. */
function measuredOn(rows: readonly Row[]): string[] {
  return [...new Set(rows.map((row) => row.machine))].map((machine) => {
    const own = rows.filter((row) => row.machine === machine);
    const days = own.map((row) => row.measuredOn).sort();
    const [first, last] = [days[0], days.at(-1)];
    return `${machine}. Measured ${first === last ? `on ${first}` : `between ${first} and ${last}`}.${loadText(own)}`;
  });
}

function loadText(rows: readonly Row[]): string {
  const loads = rows.flatMap(({ load }) => (load === undefined ? [] : [load]));
  if (loads.length === 0) return "";
  return ` Load average meanwhile: ${Math.min(...loads)} to ${Math.max(...loads)}, where it was noted.`;
}

/** A Markdown table. The ratio is the peer's time (or bytes) divided by ours, so above 1 we are ahead. */
function tableLines(rows: readonly Row[]): string[] {
  return [
    "| work | sessiondb | against | peer | ratio (spread) | promised | durability |",
    "|---|--:|---|--:|--:|---|---|",
    ...rows.map((row) => `| ${cells(row).join(" | ")} |`),
  ];
}

function cells(row: Row): string[] {
  const { name, peer, durability, ours, theirs, unit, ratio, ratioMin, ratioMax, atLeast, rounds } = row;
  const verdict = atLeast === undefined ? "" : ratio >= atLeast ? `≥ ${atLeast}: yes` : `≥ ${atLeast}: **no**`;
  const spread = `**${ratio.toFixed(2)}** (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)}, n=${rounds})`;
  return [name, `${figure(ours)} ${unit}`, peer, `${figure(theirs)} ${unit}`, spread, verdict, durability];
}

export function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

/** Puts the lines between the two marks of a part of docs/performance.md. */
export function writeReport(part: Part, lines: readonly string[]): void {
  const [begin, end] = [`<!-- ${part}: begin (npm run bench -- --write) -->`, `<!-- ${part}: end -->`];
  const text = readFileSync(PERFORMANCE_MD, "utf8");
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`docs/performance.md has lost the marks of "${part}"`);
  writeFileSync(PERFORMANCE_MD, `${before}${begin}\n\n${lines.join("\n")}\n\n${end}${after}`);
}

/** Small figures keep two digits that count. */
export function figure(value: number): string {
  return value >= 10 ? Math.round(value).toLocaleString("en") : Number(value.toPrecision(2)).toString();
}
