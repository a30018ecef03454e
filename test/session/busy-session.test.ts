import { expect, test } from "vitest";
import { CollaborativeSessions } from "../../src/collab/collaborative-sessions.js";
import { SessionStore } from "../../src/session/session-store.js";
import { BACKENDS, opened } from "../read-model/backends.js";
import { openedSessions, sessionOf } from "../web/web-stores.js";

/** More than a change tries again: each round of a race lets one writer through. */
const MANY = 100;
const all = <T>(act: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: MANY }, (_, n) => act(n)));

test.each(BACKENDS)(
  "%s: a hundred changes of one session at once all come in, in their order",
  async (_name, fresh) => {
    const store = new SessionStore(await opened(await fresh()), { actor: "ada" });
    await store.create({ session: "a" });
    const results = await all((n) => store.update("a", { commitCount: n, [`field${n}`]: n }));
    expect(results.map(({ document }) => document.version)).toEqual(results.map((_, n) => n + 2));
    const { record } = await store.get("a");
    expect([record.commitCount, Object.keys(record).filter((key) => key.startsWith("field")).length]).toEqual([
      99,
      MANY,
    ]);
  },
);

test("a change that fails holds up none of those that wait behind it", async () => {
  const store = new SessionStore(await opened("memory:"), { actor: "ada" });
  await store.create({ session: "a" });
  const results = await Promise.allSettled([
    store.update("a", () => {
      throw new Error("not today");
    }),
    store.update("a", { status: "x" }, { expectedVersion: 7 }),
    store.update("a", { status: "OPEN" }, { expectedVersion: 1 }),
    store.delete("a"),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
});

test("a hundred changes of one collaborative session at once all come in", async () => {
  const collab = new CollaborativeSessions(await opened(await (BACKENDS[1] as (typeof BACKENDS)[number])[1]()));
  await collab.sessions.create("a", { title: "T" });
  await all((n) => collab.sessions.update("a", { title: `T${n}` }));
  expect((await collab.sessions.get("a")).title).toBe("T99");
});

test("a hundred requests of one browser that save at once all come in", async () => {
  const store = await openedSessions(await (BACKENDS[1] as (typeof BACKENDS)[number])[1]());
  await store.set("sid", sessionOf({ user_id: 1 }));
  await all((n) => store.set("sid", sessionOf({ user_id: 1, n })));
  expect(await store.get("sid")).toMatchObject({ user_id: 1 });
});
