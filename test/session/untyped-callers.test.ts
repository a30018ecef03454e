import { expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { CrossDatabaseMigrator } from "../../src/cross-database/cross-database-migrator.js";
import { erase } from "../../src/erasure/erase.js";
import { audit } from "../../src/inspect/audit.js";
import { bisect } from "../../src/inspect/bisect.js";
import { blame } from "../../src/inspect/blame.js";
import { diff } from "../../src/inspect/diff.js";
import { listEvents } from "../../src/inspect/list-events.js";
import { logHealth } from "../../src/inspect/log-health.js";
import { pathHistory } from "../../src/inspect/path-history.js";
import { searchEvents } from "../../src/inspect/search-events.js";
import { searchSessions } from "../../src/inspect/search-sessions.js";
import { sessionLog } from "../../src/inspect/session-log.js";
import { stateAt } from "../../src/inspect/state-at.js";
import { countWebSessions, listWebSessions } from "../../src/inspect/web-sessions.js";
import { whatIf } from "../../src/inspect/what-if.js";
import { openLog } from "../../src/open-log.js";
import { follow } from "../../src/replay/follow.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { subscribe } from "../../src/replay/subscribe.js";
import { previewRevert, revertSession } from "../../src/session/revert-session.js";
import { SessionStorage } from "../../src/session/session-storage.js";
import { SessionStore } from "../../src/session/session-store.js";
import { setMark } from "../../src/session/set-mark.js";
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

test.each([undefined, null, 7, Number.NaN, {}, ["a"]])(
  "an id that is %j is refused, and never the session of that name, or none",
  async (id) => {
    const store = await storeOf();
    if (!Array.isArray(id)) await store.create({ session: String(id) });
    const refused = { code: "SESSION_ID_INVALID" };
    const asked = async () => {
      await expect(store.load(any(id))).rejects.toMatchObject(refused);
      await expect(store.get(any(id), { asOf: 1 })).rejects.toMatchObject(refused);
      await expect(store.history(any(id))).rejects.toMatchObject(refused);
      await expect(stateAt(store.log, any(id))).rejects.toMatchObject(refused);
      await expect(diff(store.log, any(id), { from: 1, to: 2 })).rejects.toMatchObject(refused);
    };
    await asked();
    await store.list(); // from now on the documents are held
    await asked();
  },
);

test.each([Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY, "2", null, "any"])(
  "an expected version of %j is a mistake of the program, not a conflict",
  async (version) => {
    const store = await storeOf();
    const options = { expectedVersion: any(version) };
    const refused = /expectedVersion is a whole number from 0/;
    await expect(store.update("a", { branch: "b" }, options)).rejects.toThrow(refused);
    await expect(store.create({ session: "b" }, options)).rejects.toThrow(refused);
    await expect(store.delete("a", options)).rejects.toThrow(refused);
    await expect(revertSession(store, "a", { event: 2 }, options)).rejects.toThrow(refused);
    expect((await store.log.tail()).offset).toBe(2);
    const updated = await store.update("a", { branch: "b" }, { expectedVersion: 2 });
    expect(updated.document.version).toBe(3);
  },
);

test("a log that nobody has waited for, or that is none, is told apart from one that fails", async () => {
  const { log } = await storeOf();
  const projection = any({ name: "p", revision: 1, fields: {}, idOf: () => undefined, evolve: () => null });
  for (const [wrong, said] of [
    [Promise.resolve(log), /log is what openLog gives, not a promise of one: await it/],
    [undefined, /not undefined$/],
    [null, /not null$/],
    [{}, /not object$/],
  ] as const) {
    expect(() => new SessionStore(any(wrong))).toThrow(said);
    expect(() => new CollaborativeSessions(any(wrong))).toThrow(said);
    expect(() => new ReadModel(any(wrong), projection)).toThrow(said);
    await expect(follow(any(wrong)).next()).rejects.toThrow(said);
  }
});

test("an append that is none says what is missing", async () => {
  const { log } = await storeOf();
  const [event, by] = [{ type: "t", data: {} }, { actor: "user:test" }];
  await expect(log.append({ stream: "s", events: [event] }, any(undefined))).rejects.toThrow(/\{ actor \}/);
  await expect(log.append(any(undefined), by)).rejects.toThrow(/\{ stream, events \}/);
  for (const events of [undefined, null, "text", event]) {
    await expect(log.append({ stream: "s", events: any(events) }, by)).rejects.toThrow(/^events is a list/);
  }
  await expect(log.append({ stream: "s", events: [any(null)] }, by)).rejects.toThrow(/\{ type, data \}/);
  expect((await log.tail()).offset).toBe(2);
});

test.each(["reason", "source", "correlationId", "causationId", "occurredAt"])(
  "a %s of an event that is no text is refused",
  async (name) => {
    const { log } = await storeOf();
    for (const value of [7, null, {}, ["x"], true]) {
      const event = { type: "t", data: {}, meta: { [name]: any(value) } };
      const append = log.append({ stream: "s", events: [event] }, { actor: "user:test" });
      await expect(append).rejects.toMatchObject({ code: "META_INVALID", path: `/meta/${name}` });
    }
    expect((await log.tail()).offset).toBe(2);
  },
);

test.each([Number.NaN, 0, -1, Number.POSITIVE_INFINITY, "10", null])(
  "a follower that should look every %j ms is refused, rather than looking without a pause",
  async (pollMs) => {
    const { log } = await storeOf();
    await expect(follow(log, { pollMs: any(pollMs) }).next()).rejects.toThrow(/^pollMs is a whole number/);
    await expect(subscribe(log, { pollMs: any(pollMs) }).next()).rejects.toThrow(/^pollMs is a whole number/);
  },
);

test.each([Number.NaN, -1, "long", {}])("a patience of %j is refused, rather than endless", async (retryMs) => {
  const { log } = await storeOf();
  await expect(subscribe(log, { retryMs: any(retryMs) }).next()).rejects.toThrow(/^retryMs is a number/);
});

test("a condition that answers neither good nor bad is a mistake of the program, and no event is named", async () => {
  const store = await storeOf();
  for (const status of ["1", "2", "3"]) await store.update("a", { status });
  for (const answer of [undefined, true, "BAD"]) {
    const verdict = ({ offset }: { offset: number }) => (offset === 1 ? "good" : offset === 5 ? "bad" : any(answer));
    await expect(bisect(store.log, "a", { good: 1, bad: 5, verdict })).rejects.toThrow(/^verdict gives/);
  }
});

test.each([undefined, null, 7, "2", {}, { event: "2" }, { event: 2, upTo: 1 }, { event: 2, upTo: Number.NaN }])(
  "%j is nothing to revert, and says so",
  async (target) => {
    const store = await storeOf();
    const refused = { code: "ARGUMENT_INVALID" };
    await expect(previewRevert(store, "a", any(target))).rejects.toMatchObject(refused);
    await expect(revertSession(store, "a", any(target))).rejects.toMatchObject(refused);
  },
);

test.each([undefined, null, 7, {}, ["a"]])("words, paths and patterns of %j are refused by code", async (text) => {
  const { log } = await storeOf();
  const query = { code: "QUERY_INVALID" };
  await expect(searchSessions(log, any(text))).rejects.toMatchObject(query);
  await expect(searchEvents(log, {}, { text: any(text) })).rejects.toMatchObject(query);
  await expect(new CollaborativeSessions(log).search(any(text))).rejects.toMatchObject(query);
  await expect(pathHistory(log, "a", any(text))).rejects.toMatchObject({ code: "FIELD_PATH_INVALID" });
  await expect(listEvents(log, { actors: [any(text)] }).next()).rejects.toMatchObject({ code: "GLOB_INVALID" });
  await expect(setMark(log, any(text))).rejects.toMatchObject({ code: "MARK_NAME_INVALID" });
});

test("a mark at what is no offset is refused by code", async () => {
  const { log } = await storeOf();
  for (const at of [Number.NaN, 1.5, any("1")]) {
    await expect(setMark(log, "m", { at })).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  }
  await expect(setMark(log, "m", { at: -1 })).rejects.toMatchObject({ code: "POINT_OUTSIDE" });
});

test.each([Number.NaN, 1.5, -1, "2", null])("limits and ends of %j are mistakes of the program", async (count) => {
  const { log } = await storeOf();
  const limit = any(count);
  await expect(listEvents(log, {}, { limit }).next()).rejects.toThrow(/^limit is/);
  await expect(searchEvents(log, {}, { text: "a", limit })).rejects.toThrow(/^limit is/);
  await expect(searchEvents(log, {}, { text: "a", before: limit })).rejects.toThrow(/^before is/);
  await expect(searchEvents(log, {}, { text: "a", maxRead: limit })).rejects.toThrow(/^maxRead is/);
  await expect(sessionLog(log, "a", { since: limit }).next()).rejects.toThrow(/^since is/);
  await expect(sessionLog(log, "a", { until: limit }).next()).rejects.toThrow(/^until is/);
  await expect(listWebSessions(log, { limit })).rejects.toThrow(/^limit is/);
});

test.each(["user:test", { length: 0 }, 7])(
  "a filter of %j, which is no list, is no filter that lets all through",
  async (one) => {
    const { log } = await storeOf();
    for (const name of ["actors", "types", "sessions", "paths"]) {
      await expect(audit(log, { [name]: any(one) }).next()).rejects.toThrow(`${name} is a list of texts`);
    }
  },
);

test.each([{ ne: "x" }, {}, null, 7, ["a"]])(
  "a list filtered by %j, as a query string can hold it, is refused",
  async (one) => {
    const { log } = await storeOf();
    const collab = new CollaborativeSessions(log, { actor: "user:test" });
    await collab.sessions.create("c");
    await collab.tasks.create("c", { agentName: "x", taskType: "t" });
    const refused = { code: "COLLAB_INVALID" };
    for (const name of ["session", "agentName", "claimedBy"]) {
      await expect(collab.tasks.list({ [name]: any(one) })).rejects.toMatchObject(refused);
    }
    await expect(collab.artifacts.list("c", { type: any(one) })).rejects.toMatchObject(refused);
    await expect(collab.artifacts.list("c", { taskId: any(one) })).rejects.toMatchObject(refused);
    await expect(collab.agents.list({ type: any(one) })).rejects.toMatchObject(refused);
    await expect(collab.search("x", { type: any(one) })).rejects.toMatchObject(refused);
    await expect(countWebSessions(log, { user: any(one) })).rejects.toThrow(/^a user is named by a text/);
    await expect(listWebSessions(log, { user: any(one), asOf: "1" })).rejects.toThrow(/^a user is named by a text/);
  },
);

test("of kinds and tags that are no lists, none is searched in silence", async () => {
  const { log } = await storeOf();
  const collab = new CollaborativeSessions(log);
  for (const wrong of ["memory", 7, {}]) {
    const refused = { code: "COLLAB_INVALID" };
    await expect(collab.search("x", { kinds: any(wrong) })).rejects.toMatchObject(refused);
    await expect(collab.search("x", { kinds: ["chunk"], tags: any(wrong) })).rejects.toMatchObject(refused);
  }
});

test.each([undefined, null, 7, "a", {}, { path: "/branch", session: undefined }, { session: undefined }, { path: 7 }])(
  "what is to be erased is %j: refused, and nothing is",
  async (target) => {
    const store = await storeOf();
    await expect(erase(store.log, any(target))).rejects.toMatchObject({ code: "REDACTION_INVALID" });
    expect((await store.get("a")).record.branch).toBe("main");
  },
);

test("an expected version of a whole state is refused, rather than passed over", async () => {
  const store = await storeOf();
  const storage = new SessionStorage(async () => any(store), { location: "memory:", baseDir: "/b" });
  const options = any({ expectedVersion: 1 });
  const written = await storage.writeState({ sessions: [{ session: "a", branch: "lost" }], baseDir: "/b" }, options);
  expect(written).toMatchObject({ success: false, error: { code: "ARGUMENT_INVALID" } });
  expect((await store.get("a")).record.branch).toBe("main");
});
