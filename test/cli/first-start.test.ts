import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { legacySessions } from "../fixtures/legacy-sessions.js";
import { type CliResult, runCli } from "../support/cli.js";
import { tempDir } from "../support/temp.js";

let home = "";
let legacy = "";
let log = "";

beforeEach(() => {
  home = tempDir();
  mkdirSync(join(home, "minsky"));
  legacy = join(home, "minsky", "session-db.json");
  log = join(home, "minsky", "session-db.jsonl");
});

function run(args: string[], env: Record<string, string> = {}): Promise<CliResult> {
  return runCli(args, { cwd: home, env: { XDG_STATE_HOME: home, SESSIONDB_STORE: undefined, ...env } });
}

function writeLegacy(content: string = JSON.stringify({ sessions: legacySessions(), baseDir: "/srv/state" })): string {
  writeFileSync(legacy, content);
  return content;
}

const LIST = ["session", "list", "--json=session"];

test("the first command takes over the old file, says so, and leaves the file as it is; the next one does not", async () => {
  const content = writeLegacy();
  const first = await run(LIST);
  expect([first.code, JSON.parse(first.stdout).total]).toEqual([0, 217]);
  expect(first.stderr).toContain(`first start: took over ${legacy}`);
  expect(first.stderr).toContain("217 read, 217 imported");
  expect(readFileSync(legacy, "utf8")).toBe(content);
  writeLegacy("now it is broken");
  const next = await run(LIST);
  expect([next.code, JSON.parse(next.stdout).total, next.stderr]).toEqual([0, 217, ""]);
});

test("commands that start at once take it over once", async () => {
  writeLegacy();
  const starts = Array.from({ length: 4 }, (_, i) => run(["session", "start", `mine-${i}`, "--json"]));
  const results = await Promise.all(starts);
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(results.filter(({ stderr }) => stderr.includes("took over"))).toHaveLength(1);
  const { offset, total } = JSON.parse((await run(LIST)).stdout);
  expect({ offset, total }).toEqual({ offset: 217 + 1 + 4, total: 217 + 4 });
});

test.each(["{", "42", '{"name":"x"}'])(
  "a broken file fails the command, makes no store and stays: %s",
  async (content) => {
    writeLegacy(content);
    for (const args of [LIST, ["session", "start", "a"], ["status"]]) {
      const { code, stdout, stderr } = await run(args);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("FIRST_START_FAILED");
    }
    expect([existsSync(log), readFileSync(legacy, "utf8")]).toEqual([false, content]);
  },
);

test("what was refused is told, and the exit code is 1, once", async () => {
  writeLegacy(JSON.stringify([{ session: "a" }, { branch: "no id" }]));
  const first = await run(LIST);
  expect([first.code, JSON.parse(first.stdout).total]).toEqual([1, 1]);
  expect(first.stderr).toContain("1 records were refused");
  expect((await run(LIST)).code).toBe(0);
});

test("a store that is named is opened as it is", async () => {
  writeLegacy();
  const named = ["session", "start", "a", "--json"];
  await run([...named, "--store", "jsonl:./other.jsonl"]);
  await run(["session", "start", "b", "--json"], { SESSIONDB_STORE: "jsonl:./other.jsonl" });
  expect(JSON.parse((await run([...LIST, "--store", "jsonl:./other.jsonl"])).stdout).total).toBe(2);
  expect(existsSync(log)).toBe(false);
});

test("a store with events takes nothing over; an old file without sessions neither", async () => {
  expect((await run(["session", "start", "a"])).code).toBe(0);
  writeLegacy();
  expect(JSON.parse((await run(LIST)).stdout).total).toBe(1);
  home = tempDir();
  mkdirSync(join(home, "minsky"));
  writeFileSync(join(home, "minsky", "session-db.json"), "[]");
  expect((await run(LIST)).code).toBe(3);
});
