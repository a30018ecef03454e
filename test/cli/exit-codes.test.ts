import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let cwd = "";
beforeAll(async () => {
  cwd = tempDir();
  await runCli(["session", "start", "a", "--store", "sqlite:./s.db"], { cwd });
  await runCli(["session", "start", "gone", "--store", "sqlite:./s.db"], { cwd });
  await runCli(["session", "delete", "gone", "--store", "sqlite:./s.db"], { cwd });
  await runCli(["session", "start", "other", "--store", "sqlite:./other.db"], { cwd });
  writeFileSync(join(cwd, "torn.json"), '{"sessions":[');
  writeFileSync(
    join(cwd, "text.db"),
    "this is no database, but it is long enough to have a header of one hundred bytes".repeat(3),
  );
  writeFileSync(join(cwd, "damaged.jsonl"), '{"v":1,"offset":1,\n');
  chmodSync(join(cwd, "text.db"), 0o600);
});

const STORE = ["--store", "sqlite:./s.db"];

describe("each failure has its exit code, its own error code, and a hint", () => {
  test.each<[string, number, string, string[]]>([
    ["an unknown command", 2, "USAGE", ["sesion"]],
    ["an unknown option", 2, "USAGE", ["session", "list", "--limt", "3"]],
    ["an option before the command", 2, "USAGE", ["session", ...STORE, "list"]],
    ["a missing argument", 2, "USAGE", ["session", "show", ...STORE]],
    ["a number that is none", 2, "ARGUMENT_INVALID", ["session", "list", "--limit", "x", ...STORE]],
    ["a store that is none", 2, "STORE_URL_INVALID", ["status", "--store", "ftp://x"]],
    ["an update of nothing", 2, "NOTHING_TO_CHANGE", ["session", "update", "a", ...STORE]],
    ["a point that is none", 2, "POINT_INVALID", ["session", "list", "--as-of", "soonish", ...STORE]],
    ["a migration without target", 2, "TARGET_MISSING", ["migrate", "--from", "sqlite:./s.db"]],
    ["a migration to itself", 2, "TARGET_IS_SOURCE", ["migrate", "--from", "sqlite:./s.db", "--to", "sqlite:s.db"]],
    ["a file that is no database", 2, "NOT_A_DATABASE", ["status", "--store", "sqlite:./text.db"]],
    ["a JSON file that is cut", 1, "IMPORT_UNREADABLE", ["import", "minsky-json", "torn.json", ...STORE]],
    ["a session that is not there", 3, "SESSION_NOT_FOUND", ["session", "show", "nobody", ...STORE]],
    ["a log that is not there", 3, "LOG_NOT_FOUND", ["status", "--store", "jsonl:./none.jsonl"]],
    ["a database that is not there", 3, "LOG_NOT_FOUND", ["session", "list", "--store", "sqlite:./none.db"]],
    ["an offset past the end", 3, "POINT_OUTSIDE", ["session", "list", "--as-of", "99", ...STORE]],
    [
      "another version than expected",
      4,
      "VERSION_CONFLICT",
      ["session", "update", "a", "--set", "x=1", "--expect-version", "7", ...STORE],
    ],
    ["an id that is taken", 4, "SESSION_EXISTS", ["session", "start", "a", ...STORE]],
    ["the id of a deleted session", 4, "SESSION_DELETED", ["session", "start", "gone", ...STORE]],
    [
      "a server that is not there",
      5,
      "CONNECT_REFUSED",
      ["status", "--store", "postgres://nobody:hunter2@127.0.0.1:1/db"],
    ],
    ["a line that is damaged", 6, "LINE_DAMAGED", ["status", "--store", "jsonl:./damaged.jsonl"]],
    ["two logs that part", 6, "LOGS_DIVERGED", ["migrate", "--from", "sqlite:./s.db", "--to", "sqlite:./other.db"]],
    ["a token", 7, "SECRET_REFUSED", ["session", "update", "a", "--set", "github.token=ghp_x", ...STORE]],
  ])("%s: %i %s", async (_what, exitCode, errorCode, args) => {
    const plain = await runCli(args, { cwd });
    expect(plain.stderr).toMatch(new RegExp(`^error ${errorCode}: .+`, "m"));
    expect(plain.stderr).toMatch(/^hint: .+/m);
    expect([plain.code, plain.stdout]).toEqual([exitCode, ""]);
    const asJson = await runCli([...args, "--json"], { cwd });
    const lastLine = asJson.stderr.trimEnd().split("\n").at(-1) ?? "";
    expect([asJson.code, JSON.parse(lastLine).error.code]).toEqual([exitCode, errorCode]);
    expect(plain.stderr + asJson.stderr).not.toContain("hunter2");
  });
});

test("help and version are asked for, so they are no failure; a noun alone prints its help and is one", async () => {
  expect((await runCli(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await runCli(["session", "--help"])).code).toBe(0);
  const noun = await runCli(["session"]);
  expect([noun.code, noun.stdout, noun.stderr.startsWith("Usage:")]).toEqual([2, "", true]);
});

test("a near miss gets a suggestion", async () => {
  expect((await runCli(["session", "lits"])).stderr).toContain("Did you mean list?");
});

test("what a session is called cannot drive the terminal", async () => {
  const folder = tempDir();
  const file = join(folder, "evil.json");
  writeFileSync(file, JSON.stringify([{ session: "evil", branch: "\u001b[2J\u202egnp.exe", note: "\u009b31m" }]));
  await runCli(["import", "minsky-json", file, "--store", "sqlite:./s.db"], { cwd: folder });
  const outputs = await Promise.all(
    [
      ["session", "list"],
      ["session", "show", "evil"],
      ["session", "log", "evil", "--patch"],
      ["session", "list", "--json"],
    ].map(async (args) => (await runCli([...args, "--store", "sqlite:./s.db"], { cwd: folder })).stdout),
  );
  for (const output of outputs) {
    expect(output).toContain("evil");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  }
});

test.each([["--store", "sqlite:./s.db", "session", "list"], ["session", "--store=sqlite:./s.db", "list"], ["--json"]])(
  "an option that every command takes, before the command: the hint says where it stands (%s %s)",
  async (...args) => {
    const { code, stderr } = await runCli(args, { cwd });
    expect(code).toBe(2);
    expect(stderr).toMatch(/unknown option.*options stand behind the command, for example: sessiondb session list/s);
  },
);
