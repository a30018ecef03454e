import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { onTestFinished } from "vitest";
import { linesOf } from "../../src/conformance/target.js";
import type { EventLog } from "../../src/log/event-log.js";
import type { OpenLogOptions } from "../../src/log/open-log-options.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";

export type Kind = "jsonl" | "sqlite" | "postgres";
export const KINDS: readonly Kind[] = ["jsonl", "sqlite", "postgres"];
export const PAIRS: readonly [Kind, Kind][] = KINDS.flatMap((from) => KINDS.map((to): [Kind, Kind] => [from, to]));

/** The address of a store that is not there yet. A file's folder holds nothing else. */
export async function freshStore(kind: Kind): Promise<string> {
  if (kind === "postgres") return freshPostgresUrl();
  return `${kind}:${join(tempDir(), kind === "jsonl" ? "s.jsonl" : "s.db")}`;
}

/** Opens a log, and closes it when `act` has ended. */
export async function withLog<T>(
  url: string,
  act: (log: EventLog) => Promise<T>,
  options: OpenLogOptions = {},
): Promise<T> {
  const log = await openLog(url, options);
  try {
    return await act(log);
  } finally {
    await log.close();
  }
}

/** Opens a log that is closed when the test ends. */
export async function opened(url: string, options: OpenLogOptions = {}): Promise<EventLog> {
  const log = await openLog(url, options);
  onTestFinished(() => log.close());
  return log;
}

/** Sessions `<prefix>-1` … with a change of each: two events a session. */
export async function addSessions(url: string, count: number, prefix = "s"): Promise<void> {
  await withLog(url, async (log) => {
    const store = new SessionStore(log, { actor: "user:test" });
    for (let i = 1; i <= count; i++) {
      const session = `${prefix}-${i}`;
      await store.create({ session, repoName: "app", branch: "main", note: "\u2028 \u0000 é🚀" });
      await store.update(session, { branch: `b${i}`, commitCount: i });
    }
  });
}

export async function allLines(url: string): Promise<string[]> {
  return withLog(url, linesOf, { readOnly: true });
}

/** Everything that stands there, byte by byte: all files of the folder, or all rows of all tables. No log may be open. */
export async function everyByte(url: string): Promise<unknown> {
  if (url.startsWith("postgres")) return everyRow(url);
  const folder = dirname(url.slice(url.indexOf(":") + 1));
  if (!existsSync(folder)) return "no folder";
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return names
    .filter((name) => holdsSomething(join(folder, name)))
    .map((name) => [name, contentOf(join(folder, name))]);
}

/** A reader of SQLite that was killed leaves an empty -wal file, and -shm is memory for locks. */
function holdsSomething(path: string): boolean {
  return !path.endsWith("-shm") && !(path.endsWith("-wal") && statSync(path).size === 0);
}

function contentOf(path: string): string {
  return statSync(path).isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "folder";
}

async function everyRow(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const schema = new URL(url).searchParams.get("schema");
    const { rows: tables } = await client.query(
      "SELECT tablename AS t FROM pg_tables WHERE schemaname = $1 ORDER BY 1",
      [schema],
    );
    const dump: unknown[] = [];
    for (const { t } of tables) {
      const { rows } = await client.query(
        `SELECT ctid::text, xmin::text, x::text FROM "${schema}"."${t}" AS x ORDER BY ctid`,
      );
      dump.push([t, rows]);
    }
    return dump;
  } finally {
    await client.end();
  }
}
