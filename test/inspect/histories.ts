import type { JsonObject } from "../../projections/json-patch.js";
import type { SessionRecord } from "../../projections/session-record.js";
import type { Json } from "../../src/log/canonical.js";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { fc } from "../support/fast-check.js";

export const ID = "a";

/** What the session holds after each change; null deletes it. */
export type States = readonly (JsonObject | null)[];

const key = fc.constantFrom("x", "y", "__proto__", "a/b", "~1", "", "0");

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Json>(null, true, 0, "", "t", [], [1]),
    fc.dictionary(key, tie("value"), { maxKeys: 3 }) as fc.Arbitrary<Json>,
  ),
}));

export const record = fc.dictionary(key, value, { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;

/** Histories that begin with a session; few keys, so that events meet. */
export const states: fc.Arbitrary<States> = fc
  .tuple(record, fc.array(fc.option(record, { freq: 6 }), { maxLength: 7 }))
  .map(([first, rest]) => [first, ...rest]);

/** A log in which the session takes these states, with a stranger's event before each. */
export async function logOf(all: States): Promise<{ log: MemoryLog; store: SessionStore }> {
  const log = new MemoryLog();
  const store = new SessionStore(log, { actor: "ada" });
  for (const state of all) {
    await store.log.append({ stream: "other-1", events: [{ type: "noise", data: {} }] }, { actor: "x" });
    await take(store, state);
  }
  return { log, store };
}

async function take(store: SessionStore, state: JsonObject | null): Promise<void> {
  const there = (await store.load(ID)) !== null;
  if (state === null) {
    if (there) await store.delete(ID);
  } else if (there) await store.update(ID, () => withId(state));
  else await store.create(withId(state), { recreate: true });
}

export function withId(state: JsonObject): SessionRecord {
  return { ...state, session: ID };
}
