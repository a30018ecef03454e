import assert from "node:assert/strict";
import { MAX_DEPTH, MAX_TEXT_BYTES } from "../log/canonical.js";
import { recomputeHash } from "../log/event.js";
import { GENESIS_HASH } from "../log/hash-chain.js";
import { ACTOR, allEvents, type DefineCase, event, refuses } from "./target.js";

/** Values that some storage or some JSON code is known to change. Each must come back as it went in. */
const NASTY: readonly unknown[] = [
  JSON.parse('{"__proto__":{"admin":true},"constructor":1,"prototype":null,"toString":"x"}'),
  {
    nul: "a\u0000b",
    line: "\u2028\u2029\n\r",
    del: "\u007f\u0085",
    bom: "\ufeff",
    emoji: "🚀修复",
  },
  {
    "10": 1,
    "9": 2,
    b: 3,
    a: 4,
    "": 5,
    "\u0000": 6,
    é: 7,
    "😀": 8,
    "\ufb33": 9,
  },
  [2 ** 53, 2 ** 53 + 2, -(2 ** 53), 1e300, 5e-324, 0.1 + 0.2, 1e21, 123456789012345680000],
  { backslash: "\\\\", quote: '"', braces: '}},"data":{', slash: "/~1~0" },
  [[], {}, "", null, false, 0, [[[]]], "null"],
  "a text alone",
  12.5,
  null,
  false,
  `${"x".repeat(1_000_000)}é`,
  { e: "\u0065\u0301", é: "\u00e9" },
];

export function payloadCases(define: DefineCase): void {
  define("nasty values come back as they went in, and their hashes verify", async ({ log }) => {
    await log.append(
      {
        stream: "session-n",
        events: NASTY.map((data) => event("test.nasty", data)),
      },
      ACTOR,
    );
    const stored = await allEvents(log);
    assert.equal(stored.length, NASTY.length);
    let previous = GENESIS_HASH;
    for (const [i, one] of stored.entries()) {
      assert.deepStrictEqual(one.data, NASTY[i]);
      assert.equal(recomputeHash(previous, one), one.hash);
      previous = one.hash;
    }
  });

  define("-0 is stored as 0, and an undefined property as absent", async ({ log }) => {
    await log.append(
      {
        stream: "session-n",
        events: [event("t", { z: -0, gone: undefined })],
      },
      ACTOR,
    );
    assert.equal((await allEvents(log))[0]?.dataText, '{"z":0}');
  });

  define("nasty streams, types, actors and reasons come back as they went in", async ({ log }) => {
    const stream = 'session-task#064/ä 🚀 "quoted" \\ {}%_*:';
    const meta = {
      reason: 'because "x" }, {',
      schema: 3,
      nested: { data: [1, { data: 2 }] },
      data: 7,
    };
    await log.append({ stream, events: [event('ty"pe\\', {}, { meta })] }, { actor: 'агент:克劳德 \\"' });
    const [one] = await allEvents(log);
    assert.deepEqual([one?.stream, one?.type, one?.actor, one?.meta], [stream, 'ty"pe\\', 'агент:克劳德 \\"', meta]);
  });

  define("what JSON cannot carry is refused and nothing is written", async ({ log }) => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const sparse = new Array(3);
    const bad: readonly unknown[] = [
      undefined,
      Number.NaN,
      { a: [Number.POSITIVE_INFINITY] },
      10n,
      [undefined],
      sparse,
      { f: () => 1 },
      { s: Symbol("s") },
      "\ud800",
      { "\udc00": 1 },
      new Date(0),
      new Map([[1, 2]]),
      { b: Buffer.from("x") },
    ];
    for (const data of bad) {
      const append = {
        stream: "session-a",
        events: [event("t", { fine: true }), { type: "t", data }],
      };
      await refuses(log, "DATA_NOT_JSON", () => log.append(append, ACTOR));
    }
    await refuses(log, "DATA_TOO_DEEP", () => log.append({ stream: "session-a", events: [event("t", cyclic)] }, ACTOR));
  });

  define("depth and size have limits, and what is just within them is stored", async ({ log }) => {
    const nested = (levels: number) => JSON.parse(`${"[".repeat(levels)}${"]".repeat(levels)}`);
    await log.append({ stream: "session-a", events: [event("t", nested(MAX_DEPTH))] }, ACTOR);
    const deeper = {
      stream: "session-a",
      events: [event("t", nested(MAX_DEPTH + 1))],
    };
    await refuses(log, "DATA_TOO_DEEP", () => log.append(deeper, ACTOR));
    const text = "é".repeat(MAX_TEXT_BYTES / 2 - 1);
    await log.append({ stream: "session-a", events: [event("t", text)] }, ACTOR);
    const larger = { stream: "session-a", events: [event("t", `${text}a`)] };
    await refuses(log, "DATA_TOO_LARGE", () => log.append(larger, ACTOR));
    assert.equal((await allEvents(log))[1]?.data, text);
  });

  define("names with control characters, lone surrogates or nothing in them are refused", async ({ log }) => {
    for (const name of ["", "a\nb", "\u0000", "x\u001b[31m", "\ud800", "\u2028", "s".repeat(2000)]) {
      await refuses(log, "NAME_INVALID", () => log.append({ stream: name, events: [event()] }, ACTOR));
      await refuses(log, "NAME_INVALID", () => log.append({ stream: "session-a", events: [event(name)] }, ACTOR));
      await refuses(log, "NAME_INVALID", () => log.append({ stream: "session-a", events: [event()] }, { actor: name }));
    }
  });

  define("names that are missing are refused, whichever event of an append lacks one", async ({ log }) => {
    // As a caller without types may have it.
    const nothing = undefined as unknown as string;
    const nameless = { ...event(), type: nothing };
    for (const events of [[nameless], [nameless, nameless], [event(), nameless], [nameless, event()]]) {
      await refuses(log, "NAME_INVALID", () => log.append({ stream: "session-a", events }, ACTOR));
    }
    await refuses(log, "NAME_INVALID", () =>
      log.append({ stream: "session-a", events: [event()] }, { actor: nothing }),
    );
    await refuses(log, "NAME_INVALID", () =>
      log.append({ stream: "session-a", events: [event(), { ...event(), actor: "" }] }, ACTOR),
    );
    assert.equal((await log.tail()).offset, 0);
  });
}
