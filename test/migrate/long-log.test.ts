import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { ACTOR } from "../../src/conformance/target.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { executeMigration } from "../../src/migrate/execute-migration.js";
import { planMigration } from "../../src/migrate/plan-migration.js";
import { tempDir } from "../support/temp.js";
import { allLines, everyByte, freshStore, withLog } from "./stores.js";

/** Enough pages for a second thread to check the chain. */
const EVENTS = 7_000;
const APPEND = 1_000;

const migrator = new CrossDatabaseMigrator({ actor: "user:test" });

async function fill(log: EventLog): Promise<void> {
  for (let from = 0; from < EVENTS; from += APPEND) {
    const events = Array.from({ length: APPEND }, (_, i) => ({ type: "t", data: { n: from + i } }));
    await log.append({ stream: `other-${from % 3}`, events }, ACTOR);
  }
}

/** One bit of the data of one event. */
function flipBit(url: string, offset: number): void {
  const db = new Database(url.slice("sqlite:".length));
  db.exec("DROP TRIGGER events_no_update");
  const change = db.prepare(`UPDATE events SET data = replace(data, '"n"', '"o"') WHERE "offset" = ?`);
  expect(change.run(offset).changes).toBe(1);
  db.close();
}

describe("a log that is long enough for two threads", () => {
  test("arrives as it is, on Postgres", { timeout: 120_000 }, async () => {
    const [source, target] = [await freshStore("sqlite"), await freshStore("postgres")];
    await withLog(source, fill);
    const report = await migrator.executeMigration(await migrator.planMigration(source, target));
    expect(report).toMatchObject({ events: EVENTS, after: { offset: EVENTS } });
    expect(await allLines(target)).toEqual(await allLines(source));
  });

  test.each([1, 5_500, EVENTS])("with a bit flipped at offset %i is refused, and no target is made", async (offset) => {
    const [source, target] = [await freshStore("sqlite"), await freshStore("jsonl")];
    await withLog(source, fill);
    flipBit(source, offset);
    await expect(migrator.planMigration(source, target)).rejects.toMatchObject({ code: "CHAIN_BROKEN", offset });
    expect(await everyByte(target)).toEqual([]);
  });

  test("is taken back where the target gives another event back", async () => {
    const [source, target] = [new MemoryLog(), new MemoryLog()];
    await fill(source);
    const plan = await planMigration(source, target);
    const readAll: EventLog["readAll"] = async function* (range) {
      for await (const page of target.readAll(range)) {
        yield page.map((one) =>
          one.offset === 6_200 ? Object.assign(Object.create(one), { actor: "user:eve" }) : one,
        );
      }
    };
    const bad = new Proxy<EventLog>(target, {
      get(log, key) {
        const value: unknown = key === "readAll" ? readAll : Reflect.get(log, key);
        return typeof value === "function" ? value.bind(log) : value;
      },
    });
    const options = { actor: "user:test", saveFolder: tempDir() };
    await expect(executeMigration(plan, source, bad, options)).rejects.toMatchObject({
      code: "CHAIN_BROKEN",
      offset: 6_200,
    });
    expect((await target.tail()).offset).toBe(0);
  });
});
