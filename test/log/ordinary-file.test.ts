import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";

const folder = mkdtempSync(join(tmpdir(), "sessiondb-"));
afterAll(() => rmSync(folder, { recursive: true }));
const [aFolder, pipe] = [join(folder, "folder"), join(folder, "pipe")];
mkdirSync(aFolder);
execFileSync("mkfifo", [pipe]);

test.each(
  ["jsonl", "sqlite"].flatMap((scheme) => [aFolder, pipe, "/dev/null"].map((path) => [`${scheme}:${path}`] as const)),
)("%s is no log, to be read or written", async (url) => {
  for (const options of [{}, { mustExist: true }, { readOnly: true }]) {
    await expect(openLog(url, options)).rejects.toMatchObject({ code: "PATH_INVALID", name: "UsageError" });
  }
});

test("SQLite's word for a database in memory makes no file of that name", async () => {
  await expect(openLog("sqlite::memory:")).rejects.toMatchObject({ code: "STORE_URL_INVALID" });
});

test.each([
  ["JSON with a line end", '{"sessions":[{"session":"a"}]}\n'],
  ["JSON over several lines", '{\n  "sessions": [\n  ]\n}\n'],
  ["lines of another program", '{"type":"summary"}\n{"type":"user"}\n'],
  ["empty lines", "\n\n\n"],
])("%s is called no log, rather than a damaged one", async (_name, content) => {
  const path = join(folder, "foreign.jsonl");
  writeFileSync(path, content);
  await expect(openLog(`jsonl:${path}`)).rejects.toMatchObject({ code: "NOT_A_SESSION_LOG" });
});

test("a name that leaves no room for those beside it is told as that", async () => {
  const path = join(folder, `${"x".repeat(245)}.jsonl`);
  await expect(openLog(`jsonl:${path}`)).rejects.toMatchObject({
    code: "PATH_INVALID",
    hint: expect.stringContaining("shorter name"),
  });
});
