import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { DRIVER_BUSY_MS, retryWhileBusy } from "../../src/log/sql/sqlite/busy-retry.js";
import { cleanUp } from "../support/clean-up.js";
import { tempDir } from "../support/temp.js";

const WAITING = 32;

test("many who wait for a lock in one process leave its holder the turns to give it back", async () => {
  const file = join(tempDir(), "s.db");
  const opened = () => {
    const db = new Database(file, { timeout: DRIVER_BUSY_MS });
    cleanUp(() => void db.close());
    return db;
  };
  const holder = opened();
  holder.exec("CREATE TABLE t (n INTEGER)");
  holder.exec("BEGIN EXCLUSIVE");
  const waiting = Array.from({ length: WAITING }, () => {
    const db = opened();
    return retryWhileBusy(5_000, () => db.prepare("INSERT INTO t VALUES (1)").run());
  });
  const heldWhileReading = async () => {
    await readFile(fileURLToPath(import.meta.url)); // as the first open of a new log, which loads what makes its tables
    holder.exec("COMMIT");
  };
  await Promise.all([heldWhileReading(), ...waiting]);
  expect(holder.prepare("SELECT count(*) FROM t").pluck().get()).toBe(WAITING);
});
