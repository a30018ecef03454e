import { readdirSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test } from "vitest";
import type { SealedEvent } from "../../src/log/event.js";
import { BackgroundCheckpoints } from "../../src/log/sql/sqlite/append/background-checkpoints.js";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { spawnWorker, workerOutput } from "../support/worker.js";

const PAGE_BYTES = 4096;
/** Of SQLite itself, and beside a thread. */
const [ALONE, BESIDE_THREAD] = [1000, 4000];

/** What the thread is to be told of: about so many pages of the -wal file. */
const written = (pages: number) => [{ dataText: "x".repeat(pages * 2_200), metaText: "{}" } as SealedEvent];

interface Ground {
  readonly file: string;
  readonly db: Database.Database;
  readonly checkpoints: BackgroundCheckpoints;
  /** Pages of the -wal file after which a commit writes it back itself. */
  limit(): number;
  /** Commits so many pages. */
  write(pages: number): void;
}

function ground(): Ground {
  const file = join(tempDir(), "s.db");
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE t (bytes BLOB)");
  const checkpoints = new BackgroundCheckpoints(db);
  onTestFinished(async () => {
    await checkpoints.close();
    db.close();
  });
  return {
    file,
    db,
    checkpoints,
    limit: () => db.pragma("wal_autocheckpoint", { simple: true }) as number,
    write: (pages) => db.prepare("INSERT INTO t VALUES (zeroblob(?))").run(pages * PAGE_BYTES),
  };
}

/** Has so much written that there is a thread, and waits for it. */
async function untilThread({ checkpoints, limit }: Ground): Promise<void> {
  checkpoints.wrote(written(BESIDE_THREAD));
  await until("the thread is there", () => limit() === BESIDE_THREAD);
}

describe.skipIf(availableParallelism() < 2)("writing back beside the appends", () => {
  test("begins when much was written, and not before", async () => {
    const place = ground();
    place.checkpoints.wrote(written(BESIDE_THREAD / 2));
    expect(place.limit()).toBe(ALONE);
    await untilThread(place);
  });

  test("brings what was committed into the database", async () => {
    const place = ground();
    await untilThread(place);
    place.write(2 * ALONE);
    expect(statSync(place.file).size).toBeLessThan(ALONE * PAGE_BYTES);
    place.checkpoints.wrote(written(2 * ALONE));
    await until("it is in the database", () => statSync(place.file).size > 2 * ALONE * PAGE_BYTES);
  });

  test("comes back for what a reader has held up", async () => {
    const place = ground();
    await untilThread(place);
    const reader = new Database(place.file);
    onTestFinished(() => {
      reader.close();
    });
    reader.exec("BEGIN");
    reader.prepare("SELECT count(*) FROM t").get();
    place.write(2 * ALONE);
    place.checkpoints.wrote(written(2 * ALONE));
    reader.exec("COMMIT");
    await until("it is in the database", () => {
      place.checkpoints.wrote(written(2 * ALONE));
      return statSync(place.file).size > 2 * ALONE * PAGE_BYTES;
    });
  });

  test("is SQLite's own again where the thread cannot be", async () => {
    const place = ground();
    rmSync(place.file);
    place.checkpoints.wrote(written(BESIDE_THREAD));
    place.db.pragma("wal_autocheckpoint = 1"); // so that it is seen when it is set again
    await until("the thread has failed", () => place.limit() === ALONE);
    place.checkpoints.wrote(written(BESIDE_THREAD)); // nothing is asked of it any more
    expect(place.limit()).toBe(ALONE);
  });
});

/** Addresses that Node reserves for itself, but not for a thread besides. */
const ENOUGH_FOR_ONE_KIB = Number.parseInt(process.versions.node, 10) < 24 ? 1_500_000 : 2_000_000;

const ACTOR = { actor: "user:test" };
const hundred = { stream: "session-a", events: Array.from({ length: 100 }, (_, n) => ({ type: "t", data: { n } })) };

/** Appends of a hundred, enough for a thread and for some of its rounds. */
async function appendMuch(log: SqliteLog): Promise<void> {
  for (let n = 0; n < 600; n++) await log.append(hundred, ACTOR);
}

test("a log that was written to at length is whole, and leaves one file", async () => {
  const folder = tempDir();
  const log = await SqliteLog.open(join(folder, "s.db"));
  await appendMuch(log);
  expect(await verifyLog(log)).toMatchObject({ ok: true, verified: 60_000 });
  await log.close();
  expect(readdirSync(folder)).toEqual(["s.db"]);
});

test("what was confirmed before a kill -9 is there, whatever the thread was doing", async () => {
  const file = join(tempDir(), "s.db");
  let confirmed = 0;
  for (const lines of [300, 400, 500]) {
    const worker = spawnWorker("append-hundreds", [file]);
    let seen = 0;
    for await (const line of worker.lines) {
      confirmed = Number(line);
      if (++seen === lines) worker.kill9();
    }
    expect(await worker.exit).toMatchObject({ signal: "SIGKILL" });
    const log = await SqliteLog.open(file);
    expect((await log.tail()).offset).toBeGreaterThanOrEqual(confirmed);
    expect(await verifyLog(log)).toMatchObject({ ok: true });
    await log.close();
  }
});

test.runIf(process.platform === "linux")(
  "where addresses are limited there is no thread, which could end the process",
  async () => {
    const options = { addressKib: ENOUGH_FOR_ONE_KIB };
    const printed = await workerOutput("append-hundreds", [join(tempDir(), "s.db"), "500"], options);
    expect(printed.at(-1)).toBe(50_000);
  },
);

test("the thread keeps no process alive", async () => {
  const worker = spawnWorker("append-hundreds", [join(tempDir(), "s.db"), "500"]);
  for await (const _line of worker.lines);
  expect(await worker.exit).toMatchObject({ code: 0, stderr: "" });
});
