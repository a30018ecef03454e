import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { runCli } from "../support/warm-cli.js";
import { GIT_ENV, git, type Repositories, repositories } from "../workspace/repositories.js";

let all: Repositories;
beforeEach(() => {
  all = repositories();
});

function run(...args: string[]) {
  return runWith({}, ...args);
}

function runWith(more: Readonly<Record<string, string>>, ...args: string[]) {
  const ours = { MINSKY_BASE_DIR: all.baseDir, SESSIONDB_STORE: `sqlite:${join(all.folder, "s.db")}` };
  return runCli(["session", ...args], { env: { ...GIT_ENV, ...ours, ...more }, cwd: all.folder });
}

async function json(...args: string[]): Promise<Record<string, unknown> & { items: Record<string, unknown>[] }> {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

test("a developer's day: start, look around, open, approve and merge a pull request, delete", {
  timeout: 120_000,
}, async () => {
  await json("start", "--repo", "./app.git", "--task", "md#283", "--description", "Übersicht");
  const { path, offset } = await json("dir", "task-md#283");
  expect([path, offset]).toEqual([join(all.baseDir, "sessions", "task-md#283"), 1]);
  expect((await run("dir", "task-md#283")).stdout).toBe(`${path}\n`);
  expect((await json("list", "--task", "283", "--health", "healthy")).items).toMatchObject([
    { health: "healthy", branch: "task-md#283" },
  ]);
  expect((await json("search", "ubersicht")).items).toMatchObject([{ session: "task-md#283" }]);
  const { stdout } = await run("search", "--json", "--", "ubersicht", "-app");
  expect(JSON.parse(stdout)).toMatchObject({ schema: "session-search/1", offset: 1, total: 0, items: [] });
  await json("pr", "create", "task-md#283", "--title", "Over");
  expect((await json("pr", "list")).items).toMatchObject([
    { branch: "pr/task-md#283", exists: true, status: "PR_OPEN" },
  ]);
  expect((await run("pr", "merge", "task-md#283")).code).toBe(4);
  await json("approve", "task-md#283", "--reason", "fine");
  await json("pr", "merge", "task-md#283");
  expect(await json("pr", "show", "task-md#283", "--refresh")).toMatchObject({ exists: false, source: "remote" });
  writeFileSync(join(path as string, "work.txt"), "work");
  expect((await run("delete", "task-md#283", "--workspace")).code).toBe(7);
  await json("delete", "task-md#283", "--workspace", "--force");
  expect([existsSync(path as string), (await run("dir", "task-md#283")).code]).toEqual([false, 4]);
});

test("without a repository, or with --no-workspace, a session is only recorded", async () => {
  await json("start", "a", "--repo", "https://example.com/team/app.git", "--no-workspace");
  await json("start", "b");
  expect((await run("dir", "a")).code).toBe(3);
  expect((await json("show", "a")).record).toMatchObject({
    repoName: "team/app",
    repoUrl: "https://example.com/team/app.git",
  });
  expect(existsSync(all.baseDir)).toBe(false);
  expect((await run("start", "c", "--worktree")).code).toBe(2);
  expect((await run("start", "--task", "no number")).code).toBe(2);
  expect((await run("start", "c", "--repo", "./nowhere")).code).toBe(3);
  expect((await json("repair")).items).toEqual([]);
});

test("two starts of one name at once: one wins, the other conflicts", async () => {
  const ended = await Promise.all([run("start", "a", "--repo", "app.git"), run("start", "a", "--repo", "app.git")]);
  expect(ended.map(({ code }) => code).sort()).toEqual([0, 4]);
  expect(git(join(all.baseDir, "sessions", "a"), "branch", "--show-current")).toBe("a\n");
});

test("an approval whose answer is fresh starts no git at all, and one that is old starts two", async () => {
  await json("start", "a", "--repo", "app.git");
  await json("pr", "create", "a");
  const started = join(all.folder, "started");
  const program = join(all.folder, "bin", "git");
  mkdirSync(dirname(program));
  writeFileSync(program, `#!/bin/sh\necho x >> '${started}'\nPATH='${process.env.PATH}' exec git "$@"\n`, {
    mode: 0o755,
  });
  const env = { PATH: `${dirname(program)}:${process.env.PATH}` };
  expect((await runWith(env, "approve", "a")).code).toBe(0);
  expect(existsSync(started)).toBe(false);
  await json("update", "a", "--set", "prApproved=false", "--set", "prState.lastChecked=2026-01-31T10:00:00Z");
  expect((await runWith(env, "approve", "a")).code).toBe(0);
  expect(readFileSync(started, "utf8")).toBe("x\nx\n");
});

test("approve --dry-run is refused as approve is, says what it would do, and writes nothing", async () => {
  await json("start", "a", "--repo", "app.git");
  const missing = await run("approve", "a", "--dry-run");
  expect([missing.code, missing.stdout, missing.stderr]).toEqual([3, "", expect.stringContaining("PR_NOT_FOUND")]);
  await json("pr", "create", "a");
  const before = await json("show", "a");
  expect((await run("approve", "a", "--dry-run")).stdout).toMatch(
    /^would append \d+ {2}session\.updated {2}v\d+ {2}a\n$/,
  );
  expect(await json("approve", "a", "--dry-run")).toMatchObject({ dryRun: true });
  expect(await json("show", "a")).toEqual(before);
});

test("a patch is merged into the record, or applied to it, or refused whole", async () => {
  await json("start", "a", "--branch", "x");
  await json("update", "a", "--patch", '{"status":null,"prState":{"exists":true},"__proto__":{"admin":true}}');
  const { record } = await json("show", "a");
  expect(record).toMatchObject({ branch: "x", prState: { exists: true } });
  expect(record).not.toHaveProperty("status");
  expect(Object.keys(record as object)).toContain("__proto__");
  await json(
    "update",
    "a",
    "--patch",
    '[{"op":"remove","path":"/prState/exists"},{"op":"add","path":"/n","value":null}]',
    "--set",
    "branch=y",
  );
  expect((await json("show", "a")).record).toMatchObject({ branch: "y", n: null, prState: {} });
  writeFileSync(join(all.folder, "changes.json"), ' {"branch":"z"}\n');
  await json("update", "a", "--patch", "changes.json");
  expect((await json("show", "a")).record).toMatchObject({ branch: "z", n: null });
  const before = (await json("show", "a")).version;
  for (const [patch, code] of [
    ["{", 2],
    ["3", 2],
    ["[]", 2],
    ['[{"op":"test","path":"/n","value":1}]', 2],
    ['[{"op":"remove","path":"/no"}]', 4],
    ['{"session":"b"}', 4],
    ["[1]", 2],
    ["", 2],
    [".", 2],
    ["no-such-file.json", 2],
  ] as const) {
    expect((await run("update", "a", "--patch", patch)).code, patch).toBe(code);
  }
  expect((await json("show", "a")).version).toBe(before);
});

test("a store from another machine lacks every folder: repair tells a few commands, each for this store", async () => {
  const store = ["--store", "jsonl:./other.jsonl"];
  const sessions = Array.from({ length: 8 }, (_, i) => ({ session: `s${i}`, repoPath: `/nowhere/s${i}` }));
  writeFileSync(join(all.folder, "session-db.json"), JSON.stringify({ sessions, baseDir: all.baseDir }));
  const imported = await runCli(["import", "minsky-json", "session-db.json", ...store], { cwd: all.folder });
  expect(imported.code, imported.stderr).toBe(0);
  const { code, stderr } = await run("repair", ...store);
  expect(code).toBe(0);
  const told = stderr.split("\n").filter((line) => line.startsWith("s"));
  expect(told).toHaveLength(5);
  const [first = ""] = told;
  expect(stderr).toContain("and 3 more record-without-folder; all of them: --json");
  const [, remove = ""] = /sessiondb session (delete [^,]+),/.exec(first) ?? [];
  expect(remove).toBe("delete s0 --store jsonl:./other.jsonl");
  expect((await run(...remove.split(" "))).code).toBe(0);
});
