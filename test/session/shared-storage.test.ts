import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { SessionRecord } from "../../projections/session-record.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { createSessionProvider } from "../../src/session/create-session-provider.js";
import type { SessionDbState } from "../../src/session/database-storage.js";
import { SessionStorage } from "../../src/session/session-storage.js";
import { SessionStore } from "../../src/session/session-store.js";
import { StorageBackendFactory } from "../../src/session/storage-backend-factory.js";
import { record } from "./records.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-shared-"));
afterAll(async () => {
  await StorageBackendFactory.getInstance().closeAll();
  rmSync(folder, { recursive: true, force: true });
});

function oneStorage(): SessionStorage {
  const open = async () => new SessionStore(new MemoryLog(), { actor: "ada" });
  return new SessionStorage(open, { location: "here", baseDir: "/base" });
}

async function stateOf(storage: SessionStorage): Promise<SessionDbState> {
  const { data } = await storage.readState();
  if (data === undefined) throw new Error("no state");
  return data;
}

type Edit = (state: SessionDbState) => SessionDbState;
const withBranch = (one: SessionRecord) => (one.session === "a" ? { ...one, branch: "x" } : one);

describe.each<[string, Edit]>([
  ["in place", (state) => Object.assign(state, { sessions: state.sessions.map(withBranch) })],
  ["as a copy", (state) => ({ ...state, sessions: state.sessions.map(withBranch) })],
  ["as a copy of only some sessions", (state) => ({ ...state, sessions: state.sessions.map(withBranch).slice(0, 2) })],
])("a state that is written %s", (_how, edit) => {
  test("keeps what another user of the same storage wrote after it was read", async () => {
    const storage = oneStorage();
    await storage.writeState({ sessions: [record("a"), record("b"), record("c")], baseDir: "/base" });
    const [mine, theirs] = [await stateOf(storage), await stateOf(storage)];
    const [first, ...others] = theirs.sessions;
    const changed = { ...record("a"), ...first, status: "ACTIVE" };
    await storage.writeState({ ...theirs, sessions: [changed, ...others, record("d")] });
    const written = edit(mine);
    expect(await storage.writeState(written)).toMatchObject({ success: true });
    const ids = [...written.sessions.map(({ session }) => session), "d"];
    expect((await storage.getEntities()).map(({ session }) => session)).toEqual(ids);
    expect(await storage.getEntity("a")).toEqual(record("a", { status: "ACTIVE", branch: "x" }));
  });
});

test("a state of nothing but copies counts as the one that was read last", async () => {
  const storage = oneStorage();
  await storage.writeState({ sessions: [record("a"), record("b")], baseDir: "/base" });
  const copy = structuredClone(await stateOf(storage));
  await storage.writeEntity(record("c"));
  expect(await storage.writeState({ ...copy, sessions: copy.sessions.slice(1) })).toMatchObject({ success: true });
  expect((await storage.getEntities()).map(({ session }) => session)).toEqual(["b", "c"]);
});

test.each([{ baseDir: "/base" }, null, { sessions: [null] }, { sessions: { a: 1 } }])(
  "%j is no state, and writes nothing",
  async (state) => {
    const storage = oneStorage();
    await storage.writeState({ sessions: [record("a")], baseDir: "/base" });
    const result = await storage.writeState(state as never);
    expect(result).toMatchObject({ success: false, error: { code: "SESSION_RECORD_INVALID" } });
    expect(await storage.getEntities()).toHaveLength(1);
  },
);

test("a provider that was closed is no obstacle for the next one", async () => {
  const config = { backend: "jsonl", json: { filePath: join(folder, "s.jsonl") } } as const;
  const first = createSessionProvider({ config });
  await first.addSession(record("a"));
  await first.close();
  await expect(first.listSessions()).rejects.toMatchObject({ code: "LOG_CLOSED" });
  expect(await createSessionProvider({ config }).listSessions()).toEqual([record("a")]);
});

test("an order that is neither asc nor desc is refused", async () => {
  const result = await oneStorage().listEntities({ orderDirection: "down" } as never);
  expect(result).toMatchObject({ success: false, error: { code: "QUERY_INVALID" } });
});
