/**
 * `npm run bench`: ratios between sessiondb and its peers, side by side in one run. Times alone mean nothing on a shared
 * machine. `npm run bench -- --only NAME` runs some; `--write` also puts the table into docs/performance.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startPostgres } from "../support/postgres.js";
import { jsonlComparisons } from "./jsonl.js";
import { type Comparison, type Measured, measure } from "./measure.js";
import { postgresComparisons } from "./postgres.js";
import { readComparison, readOnce, writeLargeLog } from "./read-1m.js";
import { environment, memoryLine, tableLines, writeReport } from "./report.js";
import { sqliteComparisons } from "./sqlite.js";

const { values } = parseArgs({
  options: { only: { type: "string", default: "" }, rounds: { type: "string", default: "7" }, write: { type: "boolean", default: false } },
});
const rounds = Number(values.rounds);
const wanted = (name: string) => name.toLowerCase().includes(values.only.toLowerCase());

const folder = mkdtempSync(join(tmpdir(), "sessiondb-bench-"));
const results: Measured[] = [];
const remarks: string[] = [];
try {
  await runAll(await sqliteComparisons(folder));
  await runAll(await jsonlComparisons(folder));
  if (wanted("postgres")) await withPostgres(async (url) => runAll(await postgresComparisons(url)));
  if (wanted("read")) await readLargeLog();
} finally {
  rmSync(folder, { recursive: true });
}
const report = [...environment(), "", ...tableLines(results), "", ...remarks];
console.log(report.join("\n"));
if (values.write) writeReport(report);
process.exit(0);

async function runAll(comparisons: readonly Comparison[]): Promise<void> {
  for (const comparison of comparisons.filter(({ name }) => wanted(name))) {
    process.stderr.write(`${comparison.name} …\n`);
    results.push(await measure(comparison, rounds));
  }
}

async function withPostgres(act: (url: string) => Promise<void>): Promise<void> {
  const server = await startPostgres();
  try {
    await act(server.url);
  } finally {
    await server.stop("fast");
  }
}

async function readLargeLog(): Promise<void> {
  const path = join(folder, "large.jsonl");
  writeLargeLog(path);
  await runAll([readComparison(path)]);
  remarks.push(memoryLine(readOnce("ours", path).maxRssBytes, readOnce("bare", path).maxRssBytes));
}
