/**
 * `npm run test:faults -- [--long] [--seed N] [--only NAME]`: the scenarios of test/faults/ (those whose file or title holds
 * NAME), and one table of them all at the end.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: { long: { type: "boolean" }, seed: { type: "string" }, only: { type: "string" } },
});
const seed = values.seed ?? String(Date.now() % 2 ** 31);
if (!/^\d{1,10}$/.test(seed)) throw new Error(`--seed takes a whole number, not ${seed}`);

const folder = mkdtempSync(join(tmpdir(), "sessiondb-faults-"));
const report = join(folder, "report.jsonl");
const env = { ...process.env, FAULT_SEED: seed, FAULT_REPORT: report, FAULT_LONG: values.long ? "1" : "0" };
const vitest = join(root, "node_modules/vitest/vitest.mjs");
const filter = values.only === undefined ? [] : ["-t", values.only];
const args = [vitest, "run", "--config", join(root, "test/vitest.config.ts"), "--no-file-parallelism", ...filter];
const { status } = spawnSync(process.execPath, [...args, "test/faults"], { stdio: "inherit", cwd: root, env });
printTable(existsSync(report) ? readFileSync(report, "utf8").trim().split("\n") : []);
rmSync(folder, { recursive: true, force: true });
process.exitCode = status ?? 1;

/** @param {readonly string[]} lines */
function printTable(lines) {
  const head = ["scenario", "trials", "acknowledged", "lost", "doubled", "wrong", "bad trials, 95 %"];
  const rows = [head, ...lines.map((line) => /** @type {string[]} */ (JSON.parse(line)))];
  const widths = head.map((_, i) => Math.max(...rows.map((row) => (row[1] === "NOT RUN" ? 0 : (row[i] ?? "").length))));
  console.log(`\nseed ${seed}${values.long ? ", long form" : ""}`);
  for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  "));
}
