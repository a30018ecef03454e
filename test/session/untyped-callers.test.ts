import { expect, test } from "vitest";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { audit } from "../../src/inspect/audit.js";
import { blame } from "../../src/inspect/blame.js";
import { diff } from "../../src/inspect/diff.js";
import { logHealth } from "../../src/inspect/log-health.js";
import { pathHistory } from "../../src/inspect/path-history.js";
import { sessionLog } from "../../src/inspect/session-log.js";
import { stateAt } from "../../src/inspect/state-at.js";
import { whatIf } from "../../src/inspect/what-if.js";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { tempDir } from "../support/temp.js";

async function storeOf() {
  const store = new SessionStore(await openLog("memory:"), { actor: "user:test" });
  await store.create({ session: "a", branch: "main" });
  await store.update("a", { prState: { branchName: "pr", exists: true } } as never);
  return store;
}

/** What TypeScript would not let through, from a caller in JavaScript. */
const any = (value: unknown) => value as never;

test.each([null, "text", 3, ["x"], undefined])(
  "a change that is %j is refused, and nothing is stored",
  async (change) => {
    const store = await storeOf();
    await expect(store.update("a", any(change))).rejects.toMatchObject({ code: "SESSION_RECORD_INVALID" });
    expect((await store.log.tail()).offset).toBe(2);
  },
);

test("a reason that is no text is refused, and nothing is stored", async () => {
  const store = await storeOf();
  await expect(store.update("a", { branch: "b" }, { reason: any(3) })).rejects.toMatchObject({ code: "META_INVALID" });
  expect((await store.log.tail()).offset).toBe(2);
});

test("an offset that is no number is refused, rather than taken for now or never", async () => {
  const { log } = await storeOf();
  for (const offset of [Number.NaN, 1.5, any("1")]) {
    await expect(stateAt(log, "a", offset)).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  }
});

test.each([undefined, null, 3])("openLog(%j) says what an address is", async (url) => {
  await expect(openLog(any(url))).rejects.toMatchObject({ code: "STORE_URL_INVALID" });
});

test("questions take a place as people write it, and as a pointer", async () => {
  const { log } = await storeOf();
  const [written] = await blame(log, "a", { path: "prState.exists" });
  expect(written).toEqual((await blame(log, "a", { path: "/prState/exists" }))[0]);
  expect((await diff(log, "a", { from: 1, to: 2, path: "prState.exists" })).changes).toHaveLength(1);
  expect((await pathHistory(log, "a", "prState.exists")).changes).toHaveLength(1);
  await expect(blame(log, "a", { path: "a..b" })).rejects.toMatchObject({ code: "FIELD_PATH_INVALID" });
});

test.each([-1, 1.5, Number.NaN, "2"])(
  "a depth, a head and a batch of %j are mistakes of the program",
  async (count) => {
    const { log } = await storeOf();
    await expect(blame(log, "a", { depth: any(count) })).rejects.toThrow(TypeError);
    await expect(audit(log, {}, { head: any(count) }).next()).rejects.toThrow(TypeError);
    await expect(logHealth(log, { maxLag: any(count) })).rejects.toThrow(TypeError);
    const migrator = new CrossDatabaseMigrator({ actor: "user:test" });
    const [source, target] = [`jsonl:${tempDir()}/s.jsonl`, `sqlite:${tempDir()}/s.db`];
    const written = await openLog(source);
    await written.append({ stream: "s", events: [{ type: "t", data: {} }] }, { actor: "user:test" });
    await written.close();
    const plan = await migrator.planMigration(source, target);
    for (const batchEvents of [any(count), 0]) {
      await expect(migrator.executeMigration(plan, { batchEvents })).rejects.toThrow(TypeError);
    }
    expect((await migrator.executeMigration(plan, { batchEvents: 1 })).events).toBe(1);
  },
);

test("a place that is none, and an end that the log does not have, have codes wherever they are asked for", async () => {
  const { log } = await storeOf();
  const none = { offset: 2, path: "a..b", value: 1 };
  await expect(whatIf(log, "a", { set: [none] })).rejects.toMatchObject({ code: "FIELD_PATH_INVALID" });
  const imagined = await whatIf(log, "a", { set: [{ ...none, path: "prState.exists" }] });
  expect(imagined.record).toMatchObject({ prState: { exists: 1 } });
  await expect(pathHistory(log, "a", "branch", 3)).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
  await expect(sessionLog(log, "a", { toOffset: 3 }).next()).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
});
