import { describe, expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import type { EventLog } from "../../src/log/event-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SessionStore } from "../../src/session/session-store.js";
import { BACKENDS, opened } from "../read-model/backends.js";

/** Far longer than any backend lets others wait. */
const LIMIT_MS = 10_000;

async function walked(log: EventLog): Promise<void> {
  for await (const _page of log.readAll());
}

/** What programs ask again and again while they wait for something else. */
const QUESTIONS: ReadonlyArray<readonly [string, (store: SessionStore, model: ReadModel<object>) => Promise<unknown>]> =
  [
    ["tail", ({ log }) => log.tail()],
    ["readAll", ({ log }) => walked(log)],
    ["readLast", ({ log }) => log.readLast("session-auth")],
    ["offsetAt", ({ log }) => log.offsetAt(new Date())],
    ["get", (store) => store.get("auth")],
    ["list", (store) => store.list()],
    ["query", (_store, model) => model.query({ where: { status: "CREATED" } })],
  ];

describe.each(BACKENDS)("%s:", (_name, fresh) => {
  test.each(QUESTIONS)("who asks for %s in a loop hears of everything else in his program", async (_what, ask) => {
    const store = new SessionStore(await opened(await fresh()), { actor: "user:ada" });
    const model = new ReadModel(store.log, sessions);
    await store.create({ session: "auth", status: "CREATED" });
    await ask(store, model);
    let isHeard = false;
    setTimeout(() => {
      isHeard = true;
    }, 1);
    const end = performance.now() + LIMIT_MS;
    while (!isHeard && performance.now() < end) await ask(store, model);
    expect(isHeard).toBe(true);
  });
});
