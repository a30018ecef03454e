import { describe, expect, test } from "vitest";
import { ACTOR, allEvents, event } from "../../src/conformance/target.js";
import { canonicalText } from "../../src/log/canonical.js";
import type { ScrubOptions } from "../../src/log/scrubber.js";
import { MAY_HOLD_SECRET, SECRET_FORMS } from "../../src/log/secret-forms.js";
import { openLog } from "../../src/open-log.js";
import { fc } from "../support/fast-check.js";

const TOKEN = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
const PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----";
const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
const SECRETS = [
  TOKEN,
  "gho_0123456789abcdefghijABCDEFGHIJ012345",
  "github_pat_0123456789abcdefghij_ABCDEFGHIJ",
  "AKIAIOSFODNN7EXAMPLE",
  "glpat-0123456789abcdefghij",
  PEM,
  JWT,
];

async function opened(scrub?: ScrubOptions) {
  const notices: { code: string; message: string }[] = [];
  const onNotice = (notice: { code: string; message: string }) => notices.push(notice);
  const log = await openLog("memory:", { onNotice, ...(scrub === undefined ? {} : { scrub }) });
  const append = async (data: unknown, meta = {}) => {
    const { events } = await log.append(
      { stream: "session-a", events: [event("session.updated", data, { meta })] },
      ACTOR,
    );
    return { data: events[0]?.data, meta: events[0]?.meta };
  };
  return { log, notices, append };
}

describe("by default", () => {
  test.each(SECRETS)("%s is stored as a reference, told of, and named in meta", async (secret) => {
    const { log, notices, append } = await opened();
    const { data, meta } = await append({ patch: [{ op: "add", path: "/note", value: `use ${secret} now` }] });
    const { patch } = data as { patch: { value: string }[] };
    expect(patch[0]?.value).toMatch(/^use \$secret:sha256:[0-9a-f]{8} now$/);
    expect(meta).toEqual({ scrubbed: ["/data/patch/0/value"] });
    expect(notices).toEqual([{ code: "SECRET_SCRUBBED", message: expect.stringContaining("/data/patch/0/value") }]);
    expect(JSON.stringify([await allEvents(log), notices])).not.toContain(JSON.stringify(secret).slice(1, -1));
  });

  test("passwords in addresses are masked without a trace, reasons are looked at, and the rest stays", async () => {
    const { append, notices } = await opened();
    const stored = await append(
      { to: ["https://ada:hunter2@db/x", 1, null], n: 1 },
      { reason: `with ${TOKEN}`, source: "x" },
    );
    expect(stored.data).toEqual({ to: ["https://ada:***@db/x", 1, null], n: 1 });
    expect(stored.meta).toMatchObject({ source: "x", scrubbed: ["/data/to/0", "/meta/reason"] });
    expect(await append(stored.data)).toEqual({ data: stored.data, meta: {} });
    expect(notices).toHaveLength(1);
  });

  test("a retry with the same ids is the same append", async () => {
    const { log } = await opened();
    const id = "0190a000-0000-7000-8000-000000000001";
    const append = () => log.append({ stream: "s-a", events: [event("t", { x: TOKEN }, { id })] }, ACTOR);
    await append();
    expect((await append()).repeated).toBe(true);
  });

  test("texts that only look a little like it are stored as they are", async () => {
    const { append, notices } = await opened();
    const data = {
      a: "ghp_short",
      b: "eyJ.eyJ",
      c: "https://github.com/a@b",
      d: "https://ada:***@db",
      e: "AKIA",
      f: "x://",
    };
    expect(await append(data)).toEqual({ data, meta: {} });
    expect(notices).toEqual([]);
  });

  test("no hostile text takes long", async () => {
    const { append } = await opened();
    for (const piece of ["-eyJ", ".eyJaaaaaaaa", "a://", "a://:", ":", "xoxa-", "-----BEGIN ", "ghp_", "eyJa-.eyJ"]) {
      const began = performance.now();
      await append({ text: piece.repeat(Math.floor(1_000_000 / piece.length)) });
      expect(performance.now() - began, piece).toBeLessThan(5_000);
    }
  });
});

test("warn stores and tells, off does neither", async () => {
  const warn = await opened({ mode: "warn" });
  expect(await warn.append({ x: TOKEN })).toEqual({ data: { x: TOKEN }, meta: {} });
  expect(warn.notices).toEqual([{ code: "SECRET_FOUND", message: expect.stringContaining("/data/x") }]);
  const off = await opened({ mode: "off" });
  expect(await off.append({ x: TOKEN })).toEqual({ data: { x: TOKEN }, meta: {} });
  expect(off.notices).toEqual([]);
});

test("configured places are secret in records and patches, and patterns everywhere; ids and names are not", async () => {
  const { append } = await opened({ paths: ["/labels/key"], patterns: [/corp-\d+/] });
  const record = { session: "corp-1", labels: { key: "a", other: "corp-22" }, key: "b" };
  const ref = expect.stringMatching(/^\$secret:sha256:[0-9a-f]{8}$/);
  expect((await append({ record })).data).toEqual({
    record: { session: "corp-1", labels: { key: ref, other: ref }, key: "b" },
  });
  const value = { key: { deep: ["a", "", "env:NAME"] } };
  const patch = [
    { op: "replace", path: "/labels", value },
    { op: "add", path: "/title", value: "see corp-3" },
  ];
  const stored = await append({ patch });
  expect(stored).toMatchObject({
    data: {
      patch: [{ value: { key: { deep: [ref, "", "env:NAME"] } } }, { value: expect.stringMatching(/^see \$secret/) }],
    },
    meta: { scrubbed: ["/data/patch/0/value", "/data/patch/1/value"] },
  });
  await expect(openLog("memory:", { scrub: { paths: ["labels"] } })).rejects.toMatchObject({ code: "SCRUB_INVALID" });
});

test("a member called __proto__ survives the scrubbing of its neighbours", async () => {
  const { append } = await opened();
  const { data } = await append(JSON.parse(`{"__proto__":{"x":1},"t":"${TOKEN}"}`));
  expect(Object.hasOwn(data as object, "__proto__")).toBe(true);
});

test("law: what the one look passes over holds no form of a secret", () => {
  const near = fc.constantFrom(
    "ghp_",
    "eyJ",
    ".eyJ",
    "://",
    ":",
    "@",
    "AKIA",
    "A".repeat(16),
    "\n",
    '"',
    "\\",
    "-----BEGIN ",
    "/",
  );
  const text = fc.array(fc.oneof(near, fc.string())).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (value) => {
      if (MAY_HOLD_SECRET.test(canonicalText({ value }))) return true;
      return SECRET_FORMS.every(({ form }) => value.search(form) < 0);
    }),
    { numRuns: 2_000 },
  );
});
