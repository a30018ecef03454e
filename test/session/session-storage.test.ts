import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { isSameJson } from "../../projections/json-patch.js";
import type { EventLog } from "../../src/log/event-log.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { openLog } from "../../src/open-log.js";
import { SessionStorage } from "../../src/session/session-storage.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { nastyFields, record, withFields } from "./records.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-storage-"));
const opened: EventLog[] = [];
let count = 0;

const BACKENDS: ReadonlyArray<readonly [string, () => Promise<EventLog>]> = [
  ["memory", async () => new MemoryLog()],
  ["jsonl", () => openLog(`jsonl:${join(folder, `${count++}.jsonl`)}`)],
  ["sqlite", () => openLog(`sqlite:${join(folder, `${count++}.db`)}`)],
  ["postgres", async () => openLog(await freshPostgresUrl())],
];

afterEach(async () => {
  for (const log of opened.splice(0)) await log.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function storageOf(log: EventLog, actor = "ada"): SessionStorage {
  return new SessionStorage(async () => new SessionStore(log, { actor }), { location: "here", baseDir: "/base" });
}

describe.each(BACKENDS)("%s", (_name, open) => {
  async function twoStorages(): Promise<{ log: EventLog; ada: SessionStorage; bob: SessionStorage }> {
    const log = await open();
    opened.push(log);
    return { log, ada: storageOf(log), bob: storageOf(log, "bob") };
  }

  test("a record read back is the one that was written", async () => {
    const { ada, bob } = await twoStorages();
    const full = record("task#064", {
      prApproved: false,
      prState: null,
      unknown: { deep: [1, { x: null }] },
      status: "",
    });
    expect(await ada.writeEntity(full)).toMatchObject({ success: true });
    expect(await bob.readEntity("task#064")).toEqual({ success: true, data: full });
    expect(await bob.getEntity("task#064")).toEqual(full);
    expect(await bob.readState()).toEqual({ success: true, data: { sessions: [full], baseDir: "/base" } });
  });

  test("two writers of different members both win; of the same member the later one does", async () => {
    const { ada, bob } = await twoStorages();
    await ada.writeEntity(record("a"));
    const [mine, theirs] = [await ada.getEntity("a"), await bob.getEntity("a")];
    await ada.writeEntity({ ...record("a"), ...mine, branch: "x", status: "ACTIVE" });
    await bob.writeEntity({ ...record("a"), ...theirs, taskId: "#1", status: "CLOSED" });
    expect(await ada.getEntity("a")).toEqual(record("a", { branch: "x", taskId: "#1", status: "CLOSED" }));
  });

  test("a written state appends the differences, in one atomic append", async () => {
    const { log, ada, bob } = await twoStorages();
    await ada.writeState({ sessions: [record("a"), record("b"), record("c")], baseDir: "/base" });
    const { data: state } = await ada.readState();
    await bob.writeEntity(record("d"));
    if (state === undefined) throw new Error("no state");
    state.sessions = state.sessions.filter(({ session }) => session !== "b");
    Object.assign(state.sessions[0] as object, { branch: "x" });
    const before = (await log.tail()).offset;
    expect((await ada.writeState({ ...state, baseDir: "/other" })).success).toBe(true);
    const events = [];
    for await (const page of log.readAll({ from: before + 1 })) events.push(...page);
    expect(events.map(({ stream, type }) => `${stream} ${type}`)).toEqual([
      "session-a session.updated",
      "session-b session.deleted",
      "store-settings store.base-dir-set",
    ]);
    expect(new Set(events.map(({ commit }) => commit)).size).toBe(1);
    const { data } = await bob.readState();
    expect(data?.baseDir).toBe("/other");
    expect(data?.sessions.map(({ session }) => session)).toEqual(["a", "c", "d"]);
  });

  test("writing the same again appends nothing", async () => {
    const { log, ada } = await twoStorages();
    await ada.writeState({ sessions: [record("a")], baseDir: "/base" });
    expect(await ada.writeState({ sessions: [record("a")], baseDir: "/base" })).toEqual({
      success: true,
      bytesWritten: 0,
    });
    expect(await ada.writeEntity(record("a"))).toEqual({ success: true, bytesWritten: 0 });
    expect((await log.tail()).offset).toBe(1);
  });

  test("what others deleted stays deleted where the writer did not touch it", async () => {
    const { ada, bob } = await twoStorages();
    await ada.writeState({ sessions: [record("a"), record("b")], baseDir: "/base" });
    const state = (await ada.readState()).data as { sessions: object[] };
    await bob.deleteEntity("a");
    Object.assign(state.sessions[1] as object, { branch: "x" });
    expect((await ada.writeState(state as never)).success).toBe(true);
    expect((await bob.getEntities()).map(({ session }) => session)).toEqual(["b"]);
    expect(await ada.writeEntity(record("a", { branch: "y" }))).toMatchObject({ error: { code: "SESSION_DELETED" } });
    expect(await ada.writeEntity(record("a"), { recreate: true })).toMatchObject({ success: true });
  });

  test("the calls of the deployed system answer as they did", async () => {
    const { ada } = await twoStorages();
    expect(await ada.getEntity("a")).toBeNull();
    expect(await ada.createEntity(record("a", { prApproved: true }))).toEqual(record("a", { prApproved: true }));
    expect(await ada.entityExists("a")).toBe(true);
    const changes = { prApproved: null, createdAt: undefined } as object;
    expect(await ada.updateEntity("a", changes)).toEqual({ session: "a", repoName: "local/minsky", prApproved: null });
    expect(await ada.updateEntity("b", { branch: "x" })).toBeNull();
    expect(await ada.getEntities()).toHaveLength(1);
    expect(await ada.deleteEntity("a")).toMatchObject({ success: true });
    expect(await ada.entityExists("a")).toBe(false);
    expect(await ada.deleteEntity("a")).toMatchObject({ success: false, error: { code: "SESSION_NOT_FOUND" } });
  });
});

test("ids that are names of Object.prototype are ordinary ids", async () => {
  const storage = storageOf(new MemoryLog());
  const ids = ["__proto__", "constructor", "a/b#1", "é", "hasOwnProperty", "x-y-z"];
  const sessions = ids.map((id) => record(id));
  expect((await storage.writeState({ sessions, baseDir: "/base" })).success).toBe(true);
  for (const id of ids) expect(await storage.getEntity(id)).toEqual(record(id));
  expect((await storage.readState()).data?.sessions).toEqual(sessions);
});

test("an absent session is no failure, and a failed read is never an empty answer", async () => {
  const log = new MemoryLog();
  const storage = storageOf(log);
  expect(await storage.readEntity("a")).toEqual({ success: true });
  await log.close();
  for (const result of [await storage.readEntity("a"), await storage.readState(), await storage.listEntities()]) {
    expect(result).toMatchObject({ success: false, error: { code: "LOG_CLOSED" } });
    expect(result.data).toBeUndefined();
  }
  await expect(storage.getEntity("a")).rejects.toMatchObject({ code: "LOG_CLOSED" });
  await expect(storage.getEntities()).rejects.toMatchObject({ code: "LOG_CLOSED" });
  expect(await storage.writeEntity(record("a"))).toMatchObject({ success: false, error: { code: "LOG_CLOSED" } });
});

test("a state that names one id twice writes nothing", async () => {
  const log = new MemoryLog();
  const result = await storageOf(log).writeState({ sessions: [record("a"), record("a")], baseDir: "/base" });
  expect(result).toMatchObject({ success: false, error: { code: "SESSION_TWICE" } });
  expect((await log.tail()).offset).toBe(0);
});

test("an explicit version that does not hold is a conflict", async () => {
  const storage = storageOf(new MemoryLog());
  await storage.writeEntity(record("a"));
  await storage.writeEntity(record("a", { branch: "x" }));
  const result = await storage.writeEntity(record("a", { branch: "y" }), { expectedVersion: 1 });
  expect(result).toMatchObject({ success: false, error: { code: "VERSION_CONFLICT" } });
});

test("a record is compared with what its reader saw, not with what others read later", async () => {
  const storage = storageOf(new MemoryLog());
  await storage.writeEntity(record("a"));
  const early = await storage.getEntity("a");
  await storage.updateEntity("a", { branch: "x" });
  await storage.getEntity("a");
  await storage.writeEntity(Object.assign(early ?? record("a"), { taskId: "#1" }));
  expect(await storage.getEntity("a")).toEqual(record("a", { branch: "x", taskId: "#1" }));
});

test("lists filter by declared fields, order and page", async () => {
  const storage = storageOf(new MemoryLog());
  const sessions = [
    record("a", { taskId: "#064", branch: "z", commitCount: 10 }),
    record("b", { taskId: "md#64", branch: "y", commitCount: 9 }),
    record("c", { branch: "z" }),
  ];
  await storage.writeState({ sessions, baseDir: "/base" });
  const ids = async (options: object) => (await storage.getEntities(options)).map(({ session }) => session);
  expect(await ids({ branch: "z" })).toEqual(["a", "c"]);
  expect(await ids({ taskId: "64" })).toEqual(["a", "b"]);
  expect(await ids({ taskId: "gh#64" })).toEqual(["a", "b"]);
  expect(await ids({ orderBy: "commitCount" })).toEqual(["b", "a", "c"]);
  expect(await ids({ orderBy: "commitCount", orderDirection: "desc" })).toEqual(["a", "b", "c"]);
  expect(await ids({ limit: 1, offset: 1 })).toEqual(["b"]);
  expect(await storage.listEntities({ colour: "red" } as never)).toMatchObject({ error: { code: "QUERY_INVALID" } });
  expect(await storage.listEntities({ limit: -1 })).toMatchObject({ error: { code: "QUERY_INVALID" } });
});

test("write then read gives the same, whatever stood there before", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(nastyFields, { minLength: 1, maxLength: 4 }), async (versions) => {
      const log = new MemoryLog();
      const storage = storageOf(log);
      for (const fields of versions) {
        const written = withFields("s", fields);
        expect(await storage.writeEntity(written)).toMatchObject({ success: true });
        const read = await storageOf(log).getEntity("s");
        expect(isSameJson(read as never, written as never)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test("two writers who change different members both win, in either order", async () => {
  const change = fc.constantFrom(undefined, null, false, 1, "x", [1], { y: 1 });
  await fc.assert(
    fc.asyncProperty(change, change, fc.boolean(), async (mine, theirs, adaFirst) => {
      const log = new MemoryLog();
      const [ada, bob] = [storageOf(log), storageOf(log, "bob")];
      await ada.writeEntity(record("s", { left: 0, right: 0 }));
      const [a, b] = [await ada.getEntity("s"), await bob.getEntity("s")];
      const writes = [
        () => ada.writeEntity({ ...record("s"), ...a, left: mine }),
        () => bob.writeEntity({ ...record("s"), ...b, right: theirs }),
      ];
      for (const write of adaFirst ? writes : writes.reverse()) await write();
      expect(await ada.getEntity("s")).toEqual(JSON.parse(JSON.stringify(record("s", { left: mine, right: theirs }))));
    }),
    { numRuns: 60 },
  );
});
