import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { agentPostgresBench, agentSqliteBench } from "./agent-thread.js";
import { castoreBench } from "./castore.js";
import { collabBench } from "./collab.js";
import { emmettPostgresBench } from "./emmett-postgres.js";
import { emmettSqliteBench } from "./emmett-sqlite.js";
import { jsonlBench } from "./jsonl.js";
import type { Bench, Comparison } from "./measure.js";
import { migrationBench } from "./migration.js";
import type { Place } from "./place.js";
import { postgresBench } from "./postgres.js";
import { copyToSqlite, readComparison, readOnce, verifyComparisons } from "./read-1m.js";
import { pageComparison, replayBench } from "./replay-1m.js";
import { mib } from "./report.js";
import { sqliteBench } from "./sqlite.js";
import { startupBench } from "./startup.js";
import { webBench } from "./web.js";
import { webSqliteBench } from "./web-sqlite.js";
import { writersBench } from "./writers.js";

/** Rows that are measured together, after one preparation. */
export interface Group {
  /** What `--only` names, and the heading of its table. */
  readonly name: string;
  /** Which of its rows need packages of test/bench/package.json. */
  readonly peers?: "all" | "some";
  open(place: Place): Promise<Bench>;
}

/** Bundled beside this by .ci/run-bundled.js. */
const COMMAND = fileURLToPath(new URL("dist/cli/sessiondb.js", import.meta.url));

/** In the order of their tables in docs/performance.md. */
export const GROUPS: readonly Group[] = [
  { name: "SQLite", open: ({ folder }) => sqliteBench(folder) },
  { name: "SQLite beside emmett", peers: "all", open: ({ folder }) => emmettSqliteBench(folder) },
  { name: "JSONL append", open: ({ folder }) => jsonlBench(folder) },
  { name: "JSONL read", open: readBench },
  { name: "Verification", open: verificationBench },
  { name: "Postgres", open: async (place) => postgresBench(await place.postgres()) },
  { name: "Postgres beside emmett", peers: "all", open: async (place) => emmettPostgresBench(await place.postgres()) },
  { name: "Postgres writers", peers: "all", open: async (place) => writersBench(await place.postgres()) },
  { name: "Postgres beside castore", peers: "all", open: async (place) => castoreBench(await place.postgres()) },
  { name: "Agent thread, SQLite", peers: "all", open: ({ folder }) => agentSqliteBench(folder) },
  { name: "Agent thread, Postgres", peers: "all", open: async (place) => agentPostgresBench(await place.postgres()) },
  { name: "Replay", open: (place) => replayBench(place.largeLog(), join(place.folder, "large.db")) },
  { name: "Page", open: async (place) => only([pageComparison(place.largeLog())]) },
  { name: "Migration", open: moveBench },
  { name: "Web session", peers: "all", open: ({ folder }) => webSqliteBench(folder) },
  { name: "Web session, Postgres", open: async (place) => webBench(await place.postgres()) },
  { name: "Collab", peers: "some", open: async (place) => collabBench(place.folder, await place.postgres()) },
  { name: "Startup", open: ({ folder }) => startupBench(folder, COMMAND) },
];

function only(comparisons: readonly Comparison[]): Bench {
  return { comparisons, close: async () => undefined };
}

async function readBench(place: Place): Promise<Bench> {
  const path = place.largeLog();
  return { ...only([readComparison(path)]), remarks: () => [residentWhileReading(path)] };
}

async function verificationBench(place: Place): Promise<Bench> {
  const database = join(place.folder, "verified.db");
  await copyToSqlite(place.largeLog(), database);
  return only(verifyComparisons(place.largeLog(), database));
}

function residentWhileReading(path: string): string {
  const [ours, bare] = [readOnce("ours", path).maxRssBytes, readOnce("bare", path).maxRssBytes];
  return `Reading 1,000,000 events keeps ${mib(ours - bare)} MiB resident above a bare process (${mib(ours)} against ${mib(bare)} MiB; promised: at most 96).`;
}

async function moveBench(place: Place): Promise<Bench> {
  return migrationBench(await place.postgres(), place.folder);
}
