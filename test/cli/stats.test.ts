import { statSync } from "node:fs";
import { join } from "node:path";
import stringWidth from "string-width";
import { beforeAll, expect, test } from "vitest";
import { statsLines } from "../../src/cli/output/stats-lines.js";
import { logStats } from "../../src/inspect/log-stats.js";
import { storeSizes } from "../../src/inspect/store-sizes.js";
import { openLog } from "../../src/open-log.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];
const cwd = tempDir();
const url = `jsonl:${join(cwd, "s.jsonl")}`;

/** 1 ada creates a, 2 claude creates b, 3 claude changes b, 4 ada marks that. */
beforeAll(async () => {
  await ok("session", "start", "a", "--actor", "ada");
  await ok("session", "start", "b", "--actor", "agent:claude");
  await ok("session", "update", "b", "--set", "branch=x", "--actor", "agent:claude");
  await ok("mark", "add", "here", "--actor", "ada");
});

function run(...args: string[]) {
  return runCli([...args, ...STORE], { cwd });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function stats(...args: string[]) {
  return JSON.parse(await ok("stats", "--json", ...args));
}

test("a document has the figures of the whole log, whose bytes are those of its file", async () => {
  const document = await stats();
  const { size } = statSync(join(cwd, "s.jsonl"));
  expect(document).toMatchObject({ schema: "stats/1", offset: 4, events: 4, bytes: size, filter: {} });
  expect(document.streams.items.map(({ key }: { key: string }) => key)).toContain("session-b");
  expect(document.storage.parts).toContainEqual({ part: "log", bytes: size });
});

test.each<[number, string[]]>([
  [2, ["--as-of", "2"]],
  [1, ["--since", "2", "--until", "3"]],
  [2, ["--actor", "agent:*"]],
  [1, ["--type", "mark.*"]],
  [2, ["--session", "b"]],
  [1, ["--session", "b", "--as-of", "v1"]],
  [1, ["--path", "branch", "--type", "session.updated"]],
  [0, ["--actor", "nobody"]],
  [0, ["--as-of", "0"]],
])("%i events with %j", async (events, args) => {
  expect((await stats(...args)).events).toBe(events);
});

test("what the store takes now is not told of another time", async () => {
  expect(await stats("--as-of", "HEAD~1")).toMatchObject({ offset: 3, storage: null });
  expect(await ok("stats", "--as-of", "HEAD~1")).not.toContain("ON DISK");
});

test("a pipe gets whole numbers, one table under another, and nothing on stderr", async () => {
  const { stdout, stderr } = await run("stats", "--top", "1");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^store +\S+\nevents +4, offsets 1\.\.4 of 4\n/);
  expect(stdout).toMatch(/^TYPE +EVENTS +BYTES +SHARE\nsession\.created +2 +\d+ +\d+\.\d %\n\(\d others\) +2 /m);
  expect(stdout).toMatch(/^LAST DAYS +EVENTS +BYTES +EVENTS A DAY +BYTES A DAY\n[12] +4 +\d+ +[24] +\d+\n/m);
  const { bytes } = await stats();
  expect(stdout).toContain(`\nbytes     ${bytes} as lines of JSONL`);
});

test("a terminal of 80 columns is never too narrow, whatever streams are called", async () => {
  const folder = tempDir();
  const store = `jsonl:${join(folder, "s.jsonl")}`;
  const log = await openLog(store);
  const data = { text: "x".repeat(3_000_000) };
  await log.append({ stream: `s-${"宽".repeat(300)}`, events: [{ type: "t".repeat(250), data }] }, { actor: "a" });
  await log.append({ stream: "s-\u202e[31m", events: [{ type: "t", data }] }, { actor: "a" });
  const lines = statsLines(await logStats(log), await storeSizes(store), { store: "jsonl:x", top: 10, width: 80 });
  await log.close();
  expect(lines.filter((line) => stringWidth(line) > 80)).toEqual([]);
  expect(lines.join("\n")).toContain("6 MiB");
  expect(lines.join("\n")).not.toContain("\u202e");
});

test.each<[number, string, string[]]>([
  [2, "ARGUMENT_INVALID", ["--top", "-1"]],
  [2, "ARGUMENT_INVALID", ["--top", "many"]],
  [2, "RANGE_INVALID", ["--since", "3", "--until", "1"]],
  [3, "SESSION_NOT_FOUND", ["--session", "nobody"]],
])("exit code %i with %s for %j", async (code, error, args) => {
  const result = await run("stats", ...args);
  expect(result).toMatchObject({ code, stdout: "", stderr: expect.stringContaining(error) });
});

test("of a store that is not there nothing is told, and none is made", async () => {
  const empty = tempDir();
  for (const store of ["jsonl:./no.jsonl", "sqlite:./no.db"]) {
    expect(await runCli(["stats", "--store", store], { cwd: empty })).toMatchObject({ code: 3, stdout: "" });
    expect(await runCli(["stats", "--store", store, "--json"], { cwd: empty })).toMatchObject({ code: 3, stdout: "" });
  }
});

test("the same log has the same figures in another store", async () => {
  await ok("migrate", "--from", url, "--to", "sqlite:./other.db");
  const { stdout } = await runCli(["stats", "--json", "--store", "sqlite:./other.db"], { cwd });
  const { store: _a, storage: here, ...figures } = await stats();
  const { store: _b, storage: there, ...others } = JSON.parse(stdout);
  expect(others).toEqual(figures);
  expect(there).not.toEqual(here);
});
