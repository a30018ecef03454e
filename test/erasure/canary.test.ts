import { describe, expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { erase } from "../../src/erasure/erase.js";
import type { ErasureTarget } from "../../src/erasure/erasure-target.js";
import { searchSessions } from "../../src/inspect/search-sessions.js";
import { foldLog } from "../../src/replay/fold-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { verifyLog } from "../../src/replay/verify-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { freshStore, KINDS, opened } from "../migrate/stores.js";
import { CANARY, canaryIn } from "./canary.js";

const TARGETS: [string, ErasureTarget][] = [
  ["redacted by path", { path: "/title", session: "told" }],
  ["redacted by event", { events: [3] }],
  ["erased with its session", { session: "told" }],
];

/** 1 other · 2 told is created · 3 told gets the canary · 4 it gets another title, and back · then others. */
async function tell(store: SessionStore): Promise<void> {
  await store.create({ session: "other", title: "harmless" });
  await store.create({ session: "told", title: "harmless", branch: "main" });
  await store.update("told", { title: `the ${CANARY} title`, branch: "next" });
  for (let i = 0; i < 5; i++) await store.update("other", { commitCount: i });
}

/** All that anybody keeps beside the log: read models with search, snapshots, states in the memory of this process. */
async function warm(log: Awaited<ReturnType<typeof opened>>): Promise<void> {
  await new ReadModel(log, sessions).query({ search: "harmless" });
  await searchSessions(log, CANARY);
  await foldLog(log, sessions, (await log.tail()).offset, 2);
}

describe.each(KINDS)("%s", (kind) => {
  test.each(TARGETS)("nothing that is kept holds a value that was %s", async (_name, target) => {
    const url = await freshStore(kind);
    const [log, other] = [await opened(url), await opened(url)];
    const [store, second] = [new SessionStore(log, { actor: "user:ada" }), new SessionStore(other)];
    await tell(store);
    await warm(log);
    await warm(other);
    await second.list();
    expect(await canaryIn(url)).not.toEqual([]);

    const { remains } = await erase(log, target, { reason: "not ours to keep" });

    expect(await canaryIn(url)).toEqual([]);
    expect(remains.some((where) => where.includes("could not"))).toBe(false);
    for (const one of [log, other]) expect((await verifyLog(one)).ok).toBe(true);
    // What another process had in memory, in a table or in a snapshot is folded anew.
    for (const one of [store, second]) {
      expect(JSON.stringify((await one.list()).documents)).not.toContain(CANARY);
      expect((await one.load("other"))?.record).toMatchObject({ title: "harmless", commitCount: 4 });
    }
    expect((await searchSessions(other, CANARY)).documents).toEqual([]);
    expect((await searchSessions(other, "harmless")).documents.map(({ id }) => id)).toContain("other");
    expect((await new ReadModel(other, sessions).check()).differenceCount).toBe(0);
    await warm(other);
    await warm(log);
    await store.update("other", { status: "OPEN" });
    expect(await canaryIn(url)).toEqual([]);
  });
});

test("a snapshot that a slower process writes after the redaction does not stay", async () => {
  const url = await freshStore("jsonl");
  const [log, other] = [await opened(url), await opened(url)];
  const store = new SessionStore(log);
  await tell(store);
  // The other process has read its pages, and stores what it folded when the redaction is over.
  const { sidecar } = other;
  const write = sidecar.write.bind(sidecar);
  let late = false;
  sidecar.write = async (name, text) => {
    if (name.startsWith("snapshots/") && !late) {
      late = true;
      await erase(log, { path: "/title", session: "told" });
    }
    await write(name, text);
  };
  await foldLog(other, sessions, 8, 2);
  expect(late).toBe(true);
  expect(await canaryIn(url)).toEqual([]);
});
