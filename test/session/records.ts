import type { SessionRecord } from "../../projections/session-record.js";
import { isWellFormed } from "../../src/log/canonical.js";
import { fc } from "../support/fast-check.js";

export function record(session: string, more: object = {}): SessionRecord {
  return { session, repoName: "local/minsky", createdAt: "2025-06-01T10:00:00.000Z", ...more };
}

const KEYS = [
  "a",
  "b",
  "prState",
  "__proto__",
  "constructor",
  "toString",
  "a/b",
  "m~n",
  "~1",
  "",
  "0",
  "10",
  "é\u2028",
];

const key = fc.oneof(fc.constantFrom(...KEYS), fc.string({ unit: "binary", maxLength: 3 }).filter(isWellFormed));
const scalar = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -1.5, 1e21, "", "x", "\u0000", "𝄞"),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
);

/** JSON with odd keys and values; no -0, which JSON has not. */
export const nastyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(key, tie("value")), { maxLength: 4 }).map(Object.fromEntries),
  ),
})).value;

/** Fields of a record besides its id. */
export const nastyFields = fc
  .array(
    fc.tuple(
      key.filter((name) => name !== "session" && name !== "github"),
      nastyJson,
    ),
    { maxLength: 6 },
  )
  .map((entries): object => Object.fromEntries(entries));

/** Keeps `__proto__` an ordinary member, unlike an object literal. */
export function withFields(session: string, fields: object): SessionRecord {
  return { session, ...fields };
}
