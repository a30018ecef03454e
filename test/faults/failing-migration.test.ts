import { chmodSync, chownSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import pg from "pg";
import { describe, expect, onTestFinished, test } from "vitest";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { PostgresLog } from "../../src/log/sql/postgres/postgres-log.js";
import { executeMigration } from "../../src/migrate/execute-migration.js";
import { planMigration } from "../../src/migrate/plan-migration.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { addSessions, allLines, everyByte, freshStore, type Kind, opened, withLog } from "../migrate/stores.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { tempDir } from "../support/temp.js";
import { spawnWorker, workerOutput } from "../support/worker.js";

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const migrator = new CrossDatabaseMigrator({
  actor: "user:test",
  open: { lockTimeoutMs: 500, connectTimeoutMs: 2000 },
});

interface Said {
  readonly code?: string;
  readonly obstacles?: string[];
  readonly done?: unknown;
}

function pathOf(url: string): string {
  return url.slice(url.indexOf(":") + 1);
}

/** A source, and a target that has its first two events. */
async function begun(to: Kind, sessions = 3): Promise<[string, string]> {
  const [source, target] = [await freshStore("jsonl"), await freshStore(to)];
  await addSessions(source, 1);
  await migrator.executeMigration(await migrator.planMigration(source, target));
  await addSessions(source, sessions, "more");
  return [source, target];
}

function giveAway(url: string): void {
  const folder = dirname(pathOf(url));
  for (const path of [
    folder,
    ...readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  ]) {
    chownSync(path, NOBODY, NOBODY);
  }
}

describe.runIf(process.platform === "linux" && isRoot)("a target that may only be read", () => {
  test.each(["jsonl", "sqlite"] as const)(
    "%s: the plan says so, executing is refused, nothing is changed",
    async (kind) => {
      const [source, target] = await begun(kind);
      giveAway(source);
      giveAway(target);
      for (const name of readdirSync(dirname(pathOf(target)))) chmodSync(join(dirname(pathOf(target)), name), 0o500);
      chmodSync(dirname(pathOf(target)), 0o500);
      const before = await everyByte(target);
      const said = (await workerOutput("migrator", [source, target, "5", String(NOBODY)])) as Said[];
      chmodSync(dirname(pathOf(target)), 0o700);
      const codes = said.flatMap(({ code, obstacles = [] }) => [...obstacles, ...(code === undefined ? [] : [code])]);
      expect(codes.length).toBeGreaterThan(0);
      // SQLite cannot even be read there without its two files beside it.
      for (const code of codes) expect(["STORAGE_READ_ONLY", "STORAGE_UNREADABLE"]).toContain(code);
      expect(await everyByte(target)).toEqual(before);
    },
  );
});

describe("a disk that is full", () => {
  test.each(["jsonl", "sqlite"] as const)(
    "%s: what was copied is a valid beginning, and it goes on with room",
    async (kind) => {
      const [source, target] = await begun(kind, 400);
      const limit = { fileBlocks: 200 }; // 100 or 200 KiB
      const said = (await workerOutput("migrator", [source, target, "50"], limit)) as Said[];
      expect(said.at(-1)?.code).toMatch(/^(DISK_FULL|STORAGE_IO_ERROR|APPEND_OUTCOME_UNKNOWN)$/);
      const { verified } = await withLog(target, (log) => verifyLog(log));
      expect(verified).toBeGreaterThanOrEqual(2);
      expect(await allLines(target)).toEqual((await allLines(source)).slice(0, verified));
      await migrator.executeMigration(await migrator.planMigration(source, target));
      expect(await allLines(target)).toEqual(await allLines(source));
    },
  );
});

describe("a Postgres target", () => {
  test("that loses the connection now and then gets everything, once", async () => {
    const [source, target] = await begun("postgres", 50);
    const proxy = await TcpProxy.start(target);
    onTestFinished(() => proxy.close());
    let pieces = 0;
    proxy.decide = () => (++pieces % 9 === 0 ? "cut" : "pass");
    await migrator.executeMigration(await migrator.planMigration(source, proxy.url), { batchEvents: 10 });
    expect(proxy.cuts).toBeGreaterThan(3);
    expect(await allLines(target)).toEqual(await allLines(source));
  });

  test("whose server goes away for good: unreachable, and it goes on when it is back", {
    timeout: 120_000,
  }, async () => {
    const [source, target] = await begun("postgres", 50);
    const proxy = await TcpProxy.start(target);
    const [from, to] = [await opened(source), await PostgresLog.open(proxy.url, { retryLimitMs: 300 })];
    onTestFinished(() => to.close());
    const plan = await planMigration(from, to);
    let batches = 0;
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === "copying" && ++batches === 2) void proxy.close();
    };
    const settings = { actor: "user:test", saveFolder: tempDir(), batchEvents: 10, onProgress };
    const failed = executeMigration(plan, from, to, settings);
    await expect(failed).rejects.toMatchObject({ name: "UnavailableError" });
    const lines = await allLines(target);
    expect(lines).toEqual((await allLines(source)).slice(0, lines.length));
    expect(lines.length).toBeGreaterThanOrEqual(22);
    // The journal could not be told that it failed, and nobody has to wait for that.
    await migrator.executeMigration(await migrator.planMigration(source, target));
    expect(await allLines(target)).toEqual(await allLines(source));
  });

  test("whose tables are dropped meanwhile fails, and makes no new ones", async () => {
    const [source, target] = await begun("postgres", 50);
    const client = await admin(target);
    const plan = await migrator.planMigration(source, target);
    let dropped: Promise<unknown> | undefined;
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === "copying")
        dropped ??= client.query(`DROP SCHEMA "${new URL(target).searchParams.get("schema")}" CASCADE`);
    };
    await expect(migrator.executeMigration(plan, { batchEvents: 5, onProgress })).rejects.toMatchObject({
      code: expect.stringMatching(/^(LOG_NOT_FOUND|STORAGE_FAILED|LOG_LOCKED)$/),
    });
    await dropped;
  });

  test("with a wrong password, database or port is told as such, and the source stays as it is", async () => {
    const [source, target] = await begun("postgres");
    const bytes = await everyByte(source);
    const wrong = (change: (url: URL) => void) => {
      const url = new URL(target);
      change(url);
      return migrator.planMigration(source, url.href);
    };
    await expect(wrong((url) => Object.assign(url, { pathname: "/nowhere" }))).rejects.toMatchObject({
      code: "DATABASE_NOT_FOUND",
    });
    await expect(wrong((url) => Object.assign(url, { port: "1" }))).rejects.toMatchObject({ code: "CONNECT_REFUSED" });
    const client = await admin(target);
    await client.query("CREATE ROLE stranger LOGIN PASSWORD 'right'").catch(() => undefined);
    await expect(
      wrong((url) => Object.assign(url, { username: "nobody_at_all", password: "hunter2" })),
    ).rejects.toMatchObject({
      code: "AUTH_FAILED",
      message: expect.not.stringContaining("hunter2"),
    });
    expect(await everyByte(source)).toEqual(bytes);
  });

  test("where this user may not write is told by the plan, and not touched", async () => {
    const [source, target] = await begun("postgres");
    const schema = new URL(target).searchParams.get("schema");
    const client = await admin(target);
    await client.query(`DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT USAGE ON SCHEMA "${schema}" TO reader;
      GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO reader`);
    onTestFinished(async () => void (await client.query("DROP OWNED BY reader; DROP ROLE reader")));
    const url = new URL(target);
    url.username = "reader";
    const before = await everyByte(target);
    const plan = await migrator.planMigration(source, url.href);
    expect(plan.obstacles).toMatchObject([{ code: "STORAGE_READ_ONLY" }]);
    await expect(migrator.executeMigration(plan)).rejects.toMatchObject({ code: "STORAGE_READ_ONLY" });
    expect(await everyByte(target)).toEqual(before);
  });
});

test("a target of a newer program is refused and not touched", async () => {
  const [source, target] = await begun("sqlite");
  const db = new Database(pathOf(target));
  db.exec("INSERT INTO schema_migrations VALUES ('9999-future', '2030')");
  db.close();
  const before = await everyByte(target);
  await expect(migrator.planMigration(source, target)).rejects.toMatchObject({ code: "SCHEMA_NEWER" });
  expect(await everyByte(target)).toEqual(before);
});

test.each(["sqlite", "jsonl"] as const)(
  "a %s target that somebody keeps locked: LOG_LOCKED, nothing changed",
  async (kind) => {
    const [source, target] = await begun(kind);
    const plan = await migrator.planMigration(source, target);
    const lines = await allLines(target);
    const holder = spawnWorker("lock-holder", [pathOf(target)]);
    for await (const line of holder.lines) if (line === "held") break;
    await expect(migrator.executeMigration(plan)).rejects.toMatchObject({
      name: "UnavailableError",
      code: "LOG_LOCKED",
    });
    holder.kill9();
    await holder.exit;
    expect(await allLines(target)).toEqual(lines);
    expect(await migrator.executeMigration(await migrator.planMigration(source, target))).toMatchObject({ events: 6 });
  },
);

test("a SQLite source that somebody keeps for himself: LOG_LOCKED, and no target is made", async () => {
  const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
  await addSessions(source, 1);
  const holder = spawnWorker("lock-holder", [pathOf(source), "exclusive"]);
  for await (const line of holder.lines) if (line === "held") break;
  await expect(migrator.planMigration(source, target)).rejects.toMatchObject({ code: "LOG_LOCKED" });
  holder.kill9();
  await holder.exit;
  expect(await everyByte(target)).toEqual([]);
});

test("a source that is changed between the plan and its execution is found out by its hashes", async () => {
  const [source, target] = await begun("sqlite");
  const plan = await migrator.planMigration(source, target);
  const lines = readFileSync(pathOf(source), "utf8").split("\n");
  writeFileSync(
    pathOf(source),
    [...lines.slice(0, 4), (lines[4] as string).replace("main", "evil"), ...lines.slice(5)].join("\n"),
  );
  await expect(migrator.executeMigration(plan)).rejects.toMatchObject({ code: "CHAIN_BREAK" });
  const { verified, ok } = await withLog(target, (log) => verifyLog(log));
  expect([verified, ok]).toEqual([2, true]);
});

async function admin(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}
