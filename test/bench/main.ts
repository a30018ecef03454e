/**
 * `npm run bench`: ratios between sessiondb and its peers, side by side in one run. Times alone mean nothing on a shared
 * machine. `npm run bench -- --only NAME` runs some; `--write` also puts the table into docs/performance.md.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startPostgres } from "../support/postgres.js";
import { collabBench } from "./collab.js";
import { jsonlBench } from "./jsonl.js";
import { type Bench, type Comparison, type Measured, measure } from "./measure.js";
import { migrationBench } from "./migration.js";
import { postgresBench } from "./postgres.js";
import { readComparison, readOnce, verifyComparison, writeLargeLog } from "./read-1m.js";
import { pageComparison, replayBench } from "./replay-1m.js";
import { environment, memoryLine, tableLines, writeReport } from "./report.js";
import { sqliteBench } from "./sqlite.js";
import { startupBench } from "./startup.js";
import { webBench } from "./web.js";
import { webSqliteBench } from "./web-sqlite.js";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "7" },
    write: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const only = values.only.toLowerCase();
/** `--only` names a row, or the beginning of a group of rows. */
const wanted = (name: string) => name.toLowerCase().includes(only) || only.startsWith(name.toLowerCase());

/** Bundled beside this by .ci/run-bundled.js. */
const COMMAND = fileURLToPath(new URL("dist/cli/sessiondb.js", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "sessiondb-bench-"));
const results: Measured[] = [];
const remarks: string[] = [];
try {
  if (wanted("startup")) await runBench(await startupBench(folder, COMMAND));
  if (wanted("sqlite")) await runBench(await sqliteBench(folder));
  if (wanted("jsonl append")) await runBench(await jsonlBench(folder));
  if (wanted("postgres")) await withPostgres(async (url) => runBench(await postgresBench(url)));
  if (wanted("migration")) await withPostgres(migrations);
  if (wanted("web session")) await webSessions();
  if (wanted("collab")) await withPostgres(async (url) => runBench(await collabBench(folder, url)));
  if (wanted("read") || wanted("replay") || wanted("page")) await largeLog();
} finally {
  rmSync(folder, { recursive: true });
}
const report = [...environment(), "", ...tableLines(results), "", ...remarks];
console.log(report.join("\n"));
if (values.write) writeReport(report);

async function runBench({ comparisons, close }: Bench): Promise<void> {
  try {
    await runAll(comparisons);
  } finally {
    await close();
  }
}

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
    await server.close();
  }
}

async function migrations(url: string): Promise<void> {
  const bench = await migrationBench(url, folder);
  await runBench(bench);
  remarks.push(bench.memory());
}

async function webSessions(): Promise<void> {
  await runBench(await webSqliteBench(folder));
  await withPostgres(async (url) => runBench(await webBench(url)));
}

async function largeLog(): Promise<void> {
  const path = join(folder, "large.jsonl");
  process.stderr.write("writing 1,000,000 events …\n");
  writeLargeLog(path);
  if (wanted("read")) {
    await runAll([readComparison(path), verifyComparison(path)]);
    remarks.push(memoryLine(readOnce("ours", path).maxRssBytes, readOnce("bare", path).maxRssBytes));
  }
  if (wanted("page")) await runAll([pageComparison(path)]);
  if (wanted("replay")) await runBench(await replayBench(path, join(folder, "large.db")));
}
