import { beforeEach, describe, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "sqlite:./s.db"];
let cwd = "";

beforeEach(async () => {
  cwd = tempDir();
  await ok("session", "start", "a", "--branch", "main");
  await ok("session", "update", "a", "--set", "branch=two");
});

async function run(...args: string[]) {
  return runCli([...args, ...STORE], { cwd });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

test("a mark stands wherever a point does", async () => {
  await ok("mark", "add", "v1.0", "--at", "1");
  expect(await ok("mark", "add", "now")).toBe("mark:now is offset 3\n");
  expect(JSON.parse(await ok("session", "show", "a", "--as-of", "mark:v1.0", "--json"))).toMatchObject({
    offset: 1,
    record: { branch: "main" },
  });
  const diff = await ok("session", "diff", "a", "mark:v1.0..mark:now", "--format", "json-patch");
  expect(JSON.parse(diff)).toEqual([{ op: "replace", path: "/branch", value: "two" }]);
  const { items } = JSON.parse(await ok("events", "list", "--from", "mark:v1.0", "--to", "mark:now", "--json"));
  expect(items.map(({ offset }: { offset: number }) => offset)).toEqual([2, 3]);
  expect(await ok("mark", "add", "again", "--at", "mark:v1.0")).toBe("mark:again is offset 1\n");
  await ok("session", "fork", "a", "--at", "mark:v1.0", "--as", "b");
  const audited = JSON.parse(await ok("audit", "--since", "mark:v1.0", "--until", "mark:now", "--json"));
  expect(audited).toMatchObject({ items: [{ offset: 2 }, { offset: 3 }], verified: { from: 2, to: 3 } });
  expect(JSON.parse(await ok("session", "list", "--until", "mark:now", "--json")).items).toHaveLength(1);
  await ok("session", "revert", "a", "--to", "mark:v1.0");
  expect(JSON.parse(await ok("session", "show", "a", "--json")).record.branch).toBe("main");
});

test("a migration copies what came since a mark", async () => {
  const copy = ["migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./copy.jsonl"];
  await ok(...copy);
  await ok("mark", "add", "copied");
  await ok("session", "update", "a", "--set", "branch=three");
  const none = await run(...copy, "--since", "mark:none");
  expect([none.code, none.stderr]).toEqual([3, expect.stringContaining("MARK_NOT_FOUND")]);
  await ok(...copy, "--since", "mark:copied");
  const shown = await ok("session", "show", "a", "--json");
  const { stdout } = await runCli(["session", "show", "a", "--json", "--store", "jsonl:./copy.jsonl"], { cwd });
  expect(JSON.parse(stdout)).toEqual(JSON.parse(shown));
});

test("a migration copies what came since another one, of which the beginning of the id is named", async () => {
  const copy = ["migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./copy.jsonl"];
  const { id } = JSON.parse(await ok(...copy, "--json"));
  await ok("session", "update", "a", "--set", "branch=three");
  for (const text of [id.slice(0, 6), id.slice(0, 8), id.slice(0, 8).toUpperCase(), id.slice(0, 9), id.slice(0, 14)]) {
    const { code, stderr } = await run(...copy, "--dry-run", "--since", text);
    expect([code, stderr], text).toEqual([0, expect.stringContaining(`the end of migration ${id}`)]);
  }
  const other = id.startsWith("bbbbbb") ? "aaaaaa" : "bbbbbb";
  const texts = [other, `${other}00-1`, "bbbbb", "", "soon", "-1", "v1"];
  const answers = await Promise.all(texts.map((text) => run(...copy, "--dry-run", "--since", text)));
  expect(answers.map(({ stderr }) => /error (\w+)/.exec(stderr)?.[1])).toEqual([
    ...["MIGRATION_NOT_FOUND", "MIGRATION_NOT_FOUND"],
    ...["POINT_INVALID", "POINT_INVALID", "POINT_INVALID", "POINT_INVALID", "POINT_INVALID"],
  ]);
});

test("logs that have parted are told as that, whatever point is named, and a rebase needs none", async () => {
  const copy = ["migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./copy.jsonl"];
  await ok(...copy);
  await ok("session", "update", "a", "--set", "branch=three");
  await ok("mark", "add", "here");
  expect((await runCli(["session", "start", "b", "--store", "jsonl:./copy.jsonl"], { cwd })).code).toBe(0);
  expect((await run(...copy, "--since", "mark:here")).stderr).toContain("LOGS_DIVERGED");
  await ok(...copy, "--since", "mark:here", "--on-conflict", "rebase");
  await ok("session", "update", "a", "--set", "branch=four");
  await ok(...copy, "--since", "last", "--on-conflict", "rebase");
});

test("undo passes over marks, and marks leave an undo to be redone", async () => {
  await ok("mark", "add", "before");
  await ok("undo");
  await ok("mark", "add", "after");
  await ok("redo");
  expect(JSON.parse(await ok("session", "show", "a", "--json")).record.branch).toBe("two");
});

test.each([["audit"], ["session", "list"], ["events", "list"]])(
  "no %s %s since a mark that is not there",
  async (...words) => {
    const command = words.filter((word) => word !== undefined);
    const { code, stdout, stderr } = await run(...command, command[0] === "events" ? "--from" : "--since", "mark:none");
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("MARK_NOT_FOUND");
  },
);

test("the list tells who set a mark, when and why", async () => {
  await ok("mark", "add", "m", "--reason", "all green", "--actor", "user:ada");
  const lines = (await ok("mark", "list")).trimEnd().split("\n");
  expect(lines[0]).toMatch(/^MARK +OFFSET +SET AT +BY +WHY$/);
  expect(lines[1]).toMatch(/^m +2 +\S+Z +user:ada +"all green"$/);
  expect(JSON.parse(await ok("mark", "list", "--json=name,offset"))).toEqual({
    schema: "mark-list/1",
    offset: 3,
    items: [{ name: "m", offset: 2 }],
  });
  await ok("mark", "rm", "m", "--reason", "not needed");
  expect(JSON.parse(await ok("mark", "list", "--json"))).toEqual({ schema: "mark-list/1", offset: 4, items: [] });
  expect(JSON.parse(await ok("mark", "list", "--as-of", "3", "--json")).items).toHaveLength(1);
  expect(JSON.parse(await ok("events", "show", "4", "--json")).event).toMatchObject({
    type: "mark.removed",
    meta: { reason: "not needed" },
  });
});

describe("refused, and nothing is written", () => {
  test.each([
    ["a name that is taken", 4, "MARK_EXISTS", ["mark", "add", "taken"]],
    ["a name that is none", 2, "MARK_NAME_INVALID", ["mark", "add", "a b"]],
    ["a place outside the log", 3, "POINT_OUTSIDE", ["mark", "add", "x", "--at", "99"]],
    ["an unknown mark", 3, "MARK_NOT_FOUND", ["mark", "rm", "takn"]],
    ["an unknown mark as a point", 3, "MARK_NOT_FOUND", ["session", "show", "a", "--as-of", "mark:takn"]],
    ["a point that is no mark", 2, "MARK_NAME_INVALID", ["session", "list", "--as-of", "mark:"]],
  ])("%s: %i %s", async (_what, exit, code, args) => {
    await ok("mark", "add", "taken");
    const done = await run(...args);
    expect([done.code, done.stdout]).toEqual([exit, ""]);
    expect(done.stderr).toMatch(new RegExp(`^error ${code}: `, "m"));
    expect(done.stderr).toMatch(/^hint: /m);
    if (code === "MARK_NOT_FOUND") expect(done.stderr).toContain("taken");
    expect(JSON.parse(await ok("status", "--json")).offset).toBe(3);
  });

  test("no store is made for a mark", async () => {
    const { code, stderr } = await runCli(["mark", "add", "m", "--store", "jsonl:./none.jsonl"], { cwd });
    expect(code).toBe(3);
    expect(stderr).toContain("LOG_NOT_FOUND");
  });
});

test("words for a time are points", async () => {
  const { stderr } = await run("session", "list", "--as-of", "today 23:59");
  expect(stderr).toMatch(/today 23:59 → offset 2 \(as of \S+Z\)/);
  expect((await run("session", "list", "--as-of", "yesterday 18:00")).stderr).toContain("POINT_OUTSIDE");
});
