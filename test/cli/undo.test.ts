import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let cwd = "";

/** 1 ada creates, 2 ada opens, 3 bob takes another branch. */
beforeEach(async () => {
  cwd = tempDir();
  await ok("ada", "session", "start", "a", "--branch", "main");
  await ok("ada", "session", "update", "a", "--set", "status=OPEN", "--set", "branch=next", "--reason", "ready");
  await ok("bob", "session", "update", "a", "--set", "branch=other");
});

function run(actor: string, ...args: string[]) {
  return runCli([...args, "--actor", actor, "--store", "sqlite:./s.db"], { cwd });
}

async function ok(actor: string, ...args: string[]) {
  const result = await run(actor, ...args);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

async function record(): Promise<unknown> {
  return JSON.parse((await ok("ada", "session", "show", "a", "--json")).stdout).record;
}

test("undo says what it takes back and what it leaves alone, then the new event", async () => {
  const before = await record();
  const { stdout, stderr } = await ok("ada", "undo");
  expect(stderr.split("\n")).toEqual([
    'undoing 2  session.updated  v2  a  by ada  "ready"',
    '  ~ status  "OPEN" → "CREATED"',
    '  conflict branch: is "other", was "main"; changed since by bob at offset 3 (v3)',
    "take it back: sessiondb redo --store sqlite:./s.db",
    "",
  ]);
  expect(stdout).toBe("appended 4  session.updated  v4  a\n");
  expect((await ok("ada", "redo")).stderr).toMatch(/^redoing 4 {2}session\.updated.*\n {2}~ status/);
  expect(await record()).toEqual(before);
});

test("forced, it puts back what somebody else changed", async () => {
  await ok("ada", "undo", "--force");
  expect(await record()).toMatchObject({ branch: "main", status: "CREATED" });
});

test("a dry run prints the same on stdout and writes nothing", async () => {
  const { stdout } = await ok("ada", "undo", "--dry-run");
  expect(stdout).toMatch(/^would undo 2 {2}session\.updated {2}v2 {2}a {2}by ada/);
  const json = JSON.parse((await ok("ada", "undo", "--dry-run", "--json")).stdout);
  expect(json).toMatchObject({ schema: "undo/1", offset: 3, dryRun: true, items: [] });
});

test("an import is undone as one change of many sessions, told in json with its places", async () => {
  const sessions = [{ session: "x" }, { session: "y" }];
  writeFileSync(join(cwd, "session-db.json"), JSON.stringify({ sessions, baseDir: "/srv" }));
  await ok("ada", "import", "minsky-json", "session-db.json");
  const { sessions: undone, ...rest } = JSON.parse((await ok("ada", "undo", "--json")).stdout);
  expect(undone.map(({ session }: { session: string }) => session)).toEqual(["x", "y"]);
  expect(rest).toMatchObject({ schema: "undo/1", items: [{ type: "session.deleted" }, { type: "session.deleted" }] });
  expect(JSON.parse((await ok("ada", "session", "show", "a", "--json")).stdout)).toMatchObject({
    offset: 8, // the base folder of the file stays
  });
});

test("nothing to undo or redo is exit code 3, nothing but conflicts 4", async () => {
  const codes = async (actor: string, ...args: string[]) => {
    const { code, stdout, stderr } = await run(actor, ...args);
    expect([stdout, stderr]).toEqual(["", expect.stringMatching(/^hint: /m)]);
    return [code, /^error (\w+)/.exec(stderr)?.[1]];
  };
  expect(await codes("carol", "undo")).toEqual([3, "NOTHING_TO_UNDO"]);
  expect(await codes("ada", "undo", "--session", "nope")).toEqual([3, "SESSION_NOT_FOUND"]);
  expect(await codes("ada", "redo")).toEqual([3, "NOTHING_TO_REDO"]);
  await ok("ada", "undo");
  expect(await codes("ada", "undo")).toEqual([4, "REVERT_CONFLICT"]);
});
