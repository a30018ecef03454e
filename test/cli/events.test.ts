import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { spawnCli } from "../support/cli.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];
let cwd = "";

/** 1 ada creates a, 2 ada creates b, 3 and 4 claude changes a, 5 ada deletes b. */
beforeEach(async () => {
  cwd = tempDir();
  const log = await openLog(`jsonl:${join(cwd, "s.jsonl")}`);
  const store = new SessionStore(log, { actor: "user:ada" });
  await store.create({ session: "a" }, { reason: "begin" });
  await store.create({ session: "b" });
  await store.update("a", { branch: "one" }, { actor: "agent:claude" });
  await store.update("a", { branch: "two" }, { actor: "agent:claude" });
  await store.delete("b");
  await log.close();
});

async function run(...args: string[]) {
  return runCli([...args, ...STORE], { cwd });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

interface Listed {
  readonly offset: number;
  readonly items: readonly { readonly offset: number }[];
}

async function listed(...args: string[]): Promise<number[]> {
  const { items } = JSON.parse(await ok("events", "list", ...args, "--json")) as Listed;
  return items.map(({ offset }) => offset);
}

describe("events list", () => {
  test("prints what happened, newest last", async () => {
    const lines = (await ok("events", "list")).trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^OFFSET +TIME +STREAM +TYPE +ACTOR +REASON$/);
    expect(lines[1]).toMatch(/^ +1 {2}\S+Z {2}session-a +session\.created +user:ada +"begin"$/);
    expect(lines[5]).toMatch(/^ +5 .*session-b +session\.deleted/);
  });

  test("a range begins behind --from and ends with --to; the newest are kept by --limit", async () => {
    expect(await listed("--from", "1", "--to", "4")).toEqual([2, 3, 4]);
    expect(await listed("--from", "HEAD~2", "--reverse")).toEqual([5, 4]);
    expect(await listed("--limit", "2")).toEqual([4, 5]);
    expect(await listed("--limit", "0")).toEqual([]);
    expect(await listed("--as-of", "3", "--limit", "2")).toEqual([2, 3]);
    expect(await listed("--from", "5")).toEqual([]);
    expect(await listed("--from", "52w", "--to", "52w")).toEqual([]);
    expect(await listed("--session", "a", "--from", "v1")).toEqual([3, 4]);
    expect(await listed("--type", "*.updated", "--actor", "agent:*")).toEqual([3, 4]);
  });

  test("whoever acts by the environment does not filter what is listed", async () => {
    const args = ["events", "list", "--json", ...STORE];
    const { stdout } = await runCli(args, { cwd, env: { SESSIONDB_ACTOR: "user:nobody" } });
    expect((JSON.parse(stdout) as Listed).items).toHaveLength(5);
  });

  test("--ndjson ends with a line that a cut-off output lacks; --json=a,b gives these members only", async () => {
    const lines = (await ok("events", "list", "--session", "a", "--ndjson")).trimEnd().split("\n");
    const items = lines.map((line) => JSON.parse(line));
    expect(items).toHaveLength(4);
    expect(items[1]).toMatchObject({ offset: 3, session: "a", version: 2, stream: "session-a", reason: null });
    expect(items[1].patch).toEqual([{ op: "add", path: "/branch", value: "one" }]);
    expect(items[3]).toEqual({ end: true, offset: 5 });
    expect(JSON.parse(await ok("events", "list", "--limit", "1", "--json=offset,actor"))).toEqual({
      schema: "events-list/1",
      offset: 5,
      items: [{ offset: 5, actor: "user:ada" }],
    });
  });

  test.each([
    ["RANGE_INVALID", 2, ["--from", "4", "--to", "2"]],
    ["POINT_OUTSIDE", 3, ["--from", "9"]],
    ["POINT_INVALID", 2, ["--from", "v1"]],
    ["POINT_INVALID", 2, ["--to", "soonish"]],
    ["SESSION_NOT_FOUND", 3, ["--session", "nobody"]],
  ])("%s ends with %i and prints nothing", async (code, exit, args) => {
    const done = await run("events", "list", ...args, "--json");
    expect([done.code, done.stdout]).toEqual([exit, ""]);
    expect(done.stderr).toContain(code);
  });
});

describe("events show", () => {
  test("shows everything of one event, and whether it fits the one before it", async () => {
    const text = await ok("events", "show", "3");
    expect(text).toMatch(/^offset +3$/m);
    expect(text).toMatch(/^chain +ok/m);
    const shown = JSON.parse(await ok("events", "show", "HEAD~2", "--json"));
    expect(shown).toMatchObject({
      schema: "events-show/1",
      offset: 5,
      chainOk: true,
      event: { offset: 3, version: 2 },
    });
    const line = JSON.parse(readFileSync(join(cwd, "s.jsonl"), "utf8").split("\n")[2] as string);
    expect(shown.event).toMatchObject({ hash: line.hash, salt: line.salt, data: line.data });
  });

  test("ends with 6 where the event was edited", async () => {
    await ok("migrate", "--from", "jsonl:./s.jsonl", "--to", "sqlite:./s.db");
    const db = new Database(join(cwd, "s.db"));
    for (const { name } of db.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").all() as {
      name: string;
    }[])
      db.exec(`DROP TRIGGER "${name}"`);
    db.exec("UPDATE events SET actor = 'user:mallory' WHERE \"offset\" = 3");
    db.close();
    const { code, stdout } = await runCli(["events", "show", "3", "--store", "sqlite:./s.db"], { cwd });
    expect([code, /^chain +BAD/m.test(stdout)]).toEqual([6, true]);
  });

  test.each([
    ["0", 3, "EVENT_NOT_FOUND"],
    ["6", 3, "POINT_OUTSIDE"],
    ["x", 2, "POINT_INVALID"],
  ])("%s: %i %s", async (offset, exit, code) => {
    const done = await run("events", "show", offset);
    expect([done.code, done.stdout]).toEqual([exit, ""]);
    expect(done.stderr).toContain(code);
  });
});

describe("events export", () => {
  const bytes = (name: string) => readFileSync(join(cwd, name));

  test("of everything is the log itself, to a file and to stdout, from every backend", async () => {
    await ok("migrate", "--from", "jsonl:./s.jsonl", "--to", "sqlite:./s.db");
    await ok("events", "export", "-o", "one.jsonl");
    expect(bytes("one.jsonl")).toEqual(bytes("s.jsonl"));
    const { stdout } = await runCli(["events", "export", "--store", "sqlite:./s.db"], { cwd });
    expect(stdout).toBe(bytes("s.jsonl").toString());
    await runCli(["verify", "--store", "jsonl:./one.jsonl"], { cwd });
  });

  test("of a part holds these lines as they are, and says that it is a part", async () => {
    const { stdout, stderr } = await run("events", "export", "--session", "a", "--from", "1");
    expect(stdout).toBe(`${bytes("s.jsonl").toString().split("\n").slice(2, 4).join("\n")}\n`);
    expect(stderr).toContain("a part of the log");
  });

  test("replaces a file that is there only with --force, as a whole or not at all", async () => {
    writeFileSync(join(cwd, "old.jsonl"), "what was there");
    expect((await run("events", "export", "--session", "nobody", "-o", "old.jsonl", "--force")).code).toBe(3);
    const refused = await run("events", "export", "-o", "old.jsonl");
    expect([refused.code, refused.stderr.includes("OUTPUT_EXISTS")]).toEqual([7, true]);
    expect(bytes("old.jsonl").toString()).toBe("what was there");
    expect(JSON.parse(await ok("events", "export", "-o", "old.jsonl", "--force", "--json"))).toMatchObject({
      schema: "events-export/1",
      offset: 5,
      events: 5,
      lastOffset: 5,
    });
    expect(bytes("old.jsonl")).toEqual(bytes("s.jsonl"));
    expect(readdirSync(cwd).filter((name) => name.includes("unfinished"))).toEqual([]);
  });

  test.each([
    ["TARGET_IS_SOURCE", "s.jsonl"],
    ["TARGET_IS_SOURCE", "./folder/../s.jsonl.lock"],
    ["OUTPUT_FILE_INVALID", "folder"],
    ["OUTPUT_FILE_INVALID", "none/x.jsonl"],
    ["OUTPUT_FILE_INVALID", "/dev/null"],
  ])("%s: %s is no place for it, and the log stays as it is", async (code, output) => {
    mkdirSync(join(cwd, "folder"));
    const before = bytes("s.jsonl");
    const done = await run("events", "export", "-o", output);
    expect([done.code, done.stdout]).toEqual([2, ""]);
    expect(done.stderr).toContain(code);
    expect(bytes("s.jsonl")).toEqual(before);
    expect(existsSync(join(cwd, "folder/.unfinished"))).toBe(false);
  });

  test("--json has no room beside the lines on stdout", async () => {
    expect((await run("events", "export", "--json")).stderr).toContain("ARGUMENT_INVALID");
  });
});

test.each([["list", "--ndjson"], ["list"], ["list", "--json"], ["export"]])(
  "events %s %s ends in order where its reader goes away",
  async (...args) => {
    const log = await openLog(`jsonl:${join(cwd, "s.jsonl")}`);
    const events = Array.from({ length: 5000 }, () => ({ type: "t", data: "x".repeat(200) }));
    await log.append({ stream: "session-a", events }, { actor: "user:ada" });
    await log.close();
    const worker = spawnCli(["events", ...args.filter((arg) => arg !== undefined), ...STORE], { cwd });
    await worker.firstBytes();
    expect(await worker.exit).toMatchObject({ code: 0, stderr: "" });
  },
);
