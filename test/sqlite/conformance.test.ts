import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { SqliteLog } from "../../src/log/sql/sqlite/sqlite-log.js";
import { conformanceSuite } from "../../src/testing.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("SqliteLog keeps the promises of EventLog", () => {
  conformanceSuite(test, {
    open: (name, options) => SqliteLog.open(join(folder, `${name}.db`), { ...options, pollMs: 10 }),
  });
});
