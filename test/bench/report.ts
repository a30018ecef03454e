import { readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { fileURLToPath } from "node:url";
import type { Measured } from "./measure.js";

const PERFORMANCE_MD = fileURLToPath(new URL("../../docs/performance.md", import.meta.url));
const BEGIN = "<!-- measured: begin (npm run bench -- --write) -->";
const END = "<!-- measured: end -->";

export function environment(): string[] {
  const [cpu] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  return [
    `Node ${process.version}, ${type()} ${release()}, ${cpus().length} × ${cpu?.model ?? "unknown processor"}, ${memory}.`,
  ];
}

/** A Markdown table. The ratio is the peer's time divided by ours, so above 1 we are faster. */
export function tableLines(results: readonly Measured[]): string[] {
  const rows = results.map(
    ({ name, peer, durability, ours, theirs, unit, ratio, ratioMin, ratioMax, atLeast, rounds }) => {
      const verdict = atLeast === undefined ? "" : ratio >= atLeast ? `≥ ${atLeast}: yes` : `≥ ${atLeast}: **no**`;
      const cells = [
        name,
        `${whole(ours)} ${unit}`,
        peer,
        `${whole(theirs)} ${unit}`,
        `**${ratio.toFixed(2)}** (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)}, n=${rounds})`,
        verdict,
        durability,
      ];
      return `| ${cells.join(" | ")} |`;
    },
  );
  return [
    "| work | sessiondb | against | peer | ratio (spread) | promised | durability |",
    "|---|--:|---|--:|--:|---|---|",
    ...rows,
  ];
}

export function memoryLine(oursBytes: number, bareBytes: number): string {
  const above = mib(oursBytes - bareBytes);
  return `Reading 1,000,000 events keeps ${above} MiB resident above a bare process (${mib(oursBytes)} against ${mib(bareBytes)} MiB; promised: at most 96).`;
}

export function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

/** Puts the lines between the two marks of docs/performance.md. */
export function writeReport(lines: readonly string[]): void {
  const text = readFileSync(PERFORMANCE_MD, "utf8");
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (after === undefined) throw new Error("docs/performance.md has lost its marks");
  writeFileSync(PERFORMANCE_MD, `${before}${BEGIN}\n\n${lines.join("\n")}\n\n${END}${after}`);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}
