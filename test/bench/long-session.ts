import type { EventLog } from "../../src/log/event-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { BENCH_ACTOR } from "./events.js";
import type { Comparison } from "./measure.js";

const CHANGES = 200;
const LONG_EVENTS = 10_000;
const SHORT_EVENTS = 100;

/** A change is decided on the present state, so it reads the session first: of a long one only what is new. */
export async function longSession(log: EventLog): Promise<Comparison> {
  const store = new SessionStore(log, BENCH_ACTOR);
  const shorts = Array.from({ length: CHANGES }, (_, i) => `short-${i}`);
  await prepare(store, "long", LONG_EVENTS);
  for (const session of shorts) await prepare(store, session, SHORT_EVENTS);
  let n = 0;
  const change = (session: string) => store.update(session, { branch: `b${n++}` });
  return {
    name: `SQLite, a change of a session of ${LONG_EVENTS.toLocaleString("en-US")} events`,
    peer: `the same of one of ${SHORT_EVENTS}`,
    durability: "WAL, synchronous=FULL, both",
    unit: "changes/s",
    atLeast: 0.77,
    amount: CHANGES,
    ours: async () => {
      for (let i = 0; i < CHANGES; i++) await change("long");
    },
    theirs: async () => {
      for (const session of shorts) await change(session);
    },
  };
}

async function prepare(store: SessionStore, session: string, events: number): Promise<void> {
  await store.create({ session, branch: "a" });
  const changes = Array.from({ length: events }, (_, i) => ({
    type: "session.updated",
    data: { patch: [{ op: "replace", path: "/branch", value: `a${i}` }] },
  }));
  await store.log.append({ stream: `session-${session}`, events: changes }, BENCH_ACTOR);
}
