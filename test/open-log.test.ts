import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { registerBackend } from "../src/backends/backends.js";
import { MemoryLog } from "../src/log/memory/memory-log.js";
import { openLog } from "../src/open-log.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-open-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["jsonl:", "a.jsonl", "jsonl:"],
  ["sqlite:", "a.db", "sqlite:"],
  ["", "b.jsonl", "jsonl:"],
  ["", "b.db", "sqlite:"],
  ["", "b.sqlite", "sqlite:"],
])("%s%s is opened by its backend", async (scheme, name, opened) => {
  const log = await openLog(`${scheme}${join(folder, name)}`);
  expect(log.url).toBe(`${opened}${join(folder, name)}`);
  await log.close();
});

test.each([
  "",
  "nothing",
  "ftp:x",
  "jsonl:",
  "sqlite:",
  "memory:x",
  "C:\\s.db2",
  "s.json",
  "jsonl",
  "mysql://u:pw@h/d",
])("%s is refused with the forms that there are", async (url) => {
  const error = await openLog(url).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "STORE_URL_INVALID", hint: expect.stringContaining("sqlite:PATH") });
  expect(String(error)).not.toContain("pw@");
});

test.each([`jsonl:${join(folder, "no.jsonl")}`, `sqlite:${join(folder, "no.db")}`])(
  "%s must exist where the caller says so",
  async (url) => {
    await expect(openLog(url, { mustExist: true })).rejects.toMatchObject({ code: "LOG_NOT_FOUND" });
  },
);

test("a log as it is opened refuses a bound that is no whole number, as its backend does", async () => {
  const log = await openLog(`sqlite:${join(folder, "bounds.db")}`);
  await log.append({ stream: "a", events: [{ type: "t", data: {} }] }, { actor: "user:test" });
  for (const bound of [Number.NaN, "1" as never, null as never]) {
    await expect(log.readAll({ from: bound }).next()).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(log.readAll({ to: bound }).next()).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
    await expect(log.readStream("a", { from: bound }).next()).rejects.toMatchObject({ code: "ARGUMENT_INVALID" });
  }
  await log.close();
});

test("a scheme of one's own is opened like the others", async () => {
  registerBackend("own", async (rest) => Object.assign(new MemoryLog(), { url: `own:${rest}` }));
  expect((await openLog("own:place")).url).toBe("own:place");
  expect(() => registerBackend("own", async () => new MemoryLog())).toThrow(
    expect.objectContaining({ code: "SCHEME_TAKEN" }),
  );
  expect(() => registerBackend("A b", async () => new MemoryLog())).toThrow(
    expect.objectContaining({ code: "SCHEME_INVALID" }),
  );
  await expect(openLog("x")).rejects.toMatchObject({ hint: expect.stringContaining("own:…") });
});

describe("a limit that is no whole number, or that a timer would not take,", () => {
  const LIMITS = ["lockTimeoutMs", "pollMs", "maxConnections", "segmentBytes", "cacheBytes", "retryLimitMs"] as const;
  const cases = LIMITS.flatMap((name) => [Number.NaN, -1, 1.5, Number.POSITIVE_INFINITY].map((value) => [name, value]));
  test.each(cases)("%s: %s is refused before anything is made", async (name, value) => {
    for (const url of [`jsonl:${join(folder, "limit.jsonl")}`, `sqlite:${join(folder, "limit.db")}`, "memory:"]) {
      await expect(openLog(url, { [name as string]: value })).rejects.toThrow(TypeError);
    }
    expect(existsSync(join(folder, "limit.db"))).toBe(false);
  });
});
