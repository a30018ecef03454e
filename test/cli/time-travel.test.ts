import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { cleanUp } from "../support/clean-up.js";
import { spawnCli } from "../support/cli.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "sqlite:./s.db"];
let cwd = "";

/** v1 ada creates, v2 claude prepares a pull request, v3 claude counts, v4 codex says it is gone, v5 claude counts. */
beforeEach(async () => {
  cwd = tempDir();
  await ok("session", "start", "a", "--branch", "main", "--actor", "ada");
  await update("claude", "prepare PR", "prState.exists=true", "prState.branchName=pr/a");
  await update("claude", "4 commits", "commitCount=4");
  await update("codex", "periodic sync", "prState.exists=false");
  await update("claude", "7 commits", "commitCount=7");
});

async function run(...args: string[]) {
  return runCli([...args, ...STORE], { cwd });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await ok(...args, "--json"));
}

async function update(actor: string, reason: string, ...set: string[]): Promise<void> {
  await ok("session", "update", "a", ...set.flatMap((one) => ["--set", one]), "--actor", actor, "--reason", reason);
}

async function record(): Promise<unknown> {
  return (await json("session", "show", "a")).record;
}

test("diff names the event behind each difference, and ends with 8 where it is asked to", async () => {
  const { code, stdout } = await run("session", "diff", "a", "v1..", "--exit-code");
  expect(code).toBe(8);
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^a {2}v1 → v5 {3}offsets 1 → 5 {3}4 events {3}\d+s$/);
  expect(lines).toContainEqual(expect.stringMatching(/^\+ prState\.exists +false +v4 {2}codex {2}"periodic sync"$/));
  expect(lines.at(-1)).toBe("0 changed, 3 added, 0 removed");
  expect((await run("session", "diff", "a", "v5..HEAD", "--exit-code")).code).toBe(0);
});

test("diff prints patches that other programs understand", async () => {
  const at = ["session", "diff", "a", "v3..v5", "--format"];
  const patch = JSON.parse(await ok(...at, "json-patch")) as unknown[];
  expect(patch).toHaveLength(2);
  expect(patch).toContainEqual({ op: "replace", path: "/commitCount", value: 7 });
  expect(patch).toContainEqual({ op: "replace", path: "/prState/exists", value: false });
  expect(JSON.parse(await ok(...at, "merge-patch", "--path", "prState"))).toEqual({ prState: { exists: false } });
  expect(await json(...at, "json-patch")).toMatchObject({ schema: "session-diff/1", offset: 5, from: { version: 3 } });
});

test("blame tells who set a value, why, and what it was before", async () => {
  const lines = (await ok("session", "blame", "a", "prState")).trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[2]).toMatch(/^prState\.exists +false +v4 +4 +\S+Z +codex +"periodic sync"$/);
  expect(lines[3]).toMatch(/^ +was true +v2 +2 +\S+Z +claude +"prepare PR"$/);
});

test("bisect finds the event that broke it, by a condition and by a command", async () => {
  const byPath = await run("session", "bisect", "a", "--good", "v2", "--path", "prState.exists", "--equals", "true");
  expect(byPath.stdout).toMatch(
    /^first bad event: v4 {2}offset 4 .*codex .*"periodic sync"\n +~ prState.exists {2}true → false\n$/,
  );
  expect(byPath.stderr).toContain("3 candidates · at most 2 steps");
  const script =
    'let s="";process.stdin.on("data",d=>s+=d).on("end",()=>process.exit(JSON.parse(s).prState.exists?0:1))';
  const byRun = await json("session", "bisect", "a", "--good", "v2", "--run", `"${process.execPath}" -e '${script}'`);
  expect(byRun).toMatchObject({ schema: "session-bisect/1", suspects: [{ version: 4 }] });
});

test("a bisect that is ended from outside ends the command that it runs", async () => {
  const pidFile = join(cwd, "pid");
  const script = `require("fs").writeFileSync("pid", String(process.pid)); setInterval(() => {}, 1000)`;
  const command = `exec "${process.execPath}" -e '${script}'`;
  const search = spawnCli(["session", "bisect", "a", "--good", "v2", "--run", command, ...STORE], { cwd });
  await until("the command", () => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "");
  const pid = Number(readFileSync(pidFile, "utf8"));
  cleanUp(() => {
    if (isAlive(pid)) process.kill(pid, "SIGKILL");
  });
  search.signal("SIGTERM");
  await search.exit;
  await until("the end of the command", () => !isAlive(pid));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("bisect with nothing but skips between the ends says what is left, and fails", async () => {
  const script =
    'let s="";process.stdin.on("data",d=>s+=d).on("end",()=>{const n=JSON.parse(s).commitCount;process.exit(n===7?1:n===4?125:0)})';
  const { code, stdout } = await run(
    "session",
    "bisect",
    "a",
    "--good",
    "v2",
    "--run",
    `"${process.execPath}" -e '${script}'`,
  );
  expect([code, stdout.match(/^first bad event, or a later one of these/gm)?.length]).toEqual([1, 3]);
});

test("what-if writes nothing", async () => {
  const out = await ok("session", "what-if", "a", "--skip", "v3", "--set", "v4:status=LOST");
  expect(out).toMatch(/^- commitCount +7\n|^~ status +"CREATED" → "LOST"\n/m);
  expect(out).toContain("! v5  5  session.updated  claude  would no longer apply");
  expect(await json("status")).toMatchObject({ offset: 5 });
});

test("a fork begins as the other was", async () => {
  await ok("session", "fork", "a", "--at", "v2", "--as", "b");
  expect(await json("session", "show", "b")).toMatchObject({ record: { session: "b", prState: { exists: true } } });
});

test("one event is taken back, taken back again, and a dry run says what would be", async () => {
  const before = await record();
  expect(await ok("session", "revert", "a", "--event", "v4", "--dry-run")).toBe("~ prState.exists  false → true\n");
  expect(await record()).toEqual(before);
  expect(await ok("session", "revert", "a", "--event", "v4")).toBe("appended 6  session.updated  v6  a\n");
  expect(await record()).toMatchObject({ prState: { exists: true }, commitCount: 7 });
  await ok("session", "revert", "a", "--event", "6");
  expect(await record()).toEqual(before);
  await ok("session", "revert", "a", "--to", "v1");
  expect(await record()).toEqual((await json("session", "show", "a", "--as-of", "v1")).record);
});

test("conflicts are told; where nothing else is left, that is exit code 4", async () => {
  const partly = await json("session", "revert", "a", "--event", "v2");
  expect(partly).toMatchObject({
    conflicts: [{ path: "/prState/exists", current: false, by: { version: 4 } }],
    changes: [{ path: "/prState/branchName" }],
  });
  expect((await run("session", "revert", "a", "--event", "v3")).code).toBe(4);
});

describe("each failure has its code", () => {
  test.each<[string, number, string, string[]]>([
    ["a path that never was", 3, "PATH_NOT_FOUND", ["blame", "a", "nope"]],
    ["a path that is none", 2, "FIELD_PATH_INVALID", ["blame", "a", "a..b"]],
    ["one point instead of two", 2, "POINT_INVALID", ["diff", "a", "v1"]],
    [
      "a good end that is bad",
      2,
      "BISECT_GOOD_IS_BAD",
      ["bisect", "a", "--good", "v4", "--path", "prState.exists", "--equals", "true"],
    ],
    ["a condition without its test", 2, "ARGUMENT_INVALID", ["bisect", "a", "--good", "v1", "--path", "x"]],
    ["a command that is none", 2, "BISECT_RUN_FAILED", ["bisect", "a", "--good", "v1", "--run", "exit 126"]],
    ["nothing to imagine", 2, "NOTHING_TO_CHANGE", ["what-if", "a"]],
    ["an event of another session", 3, "EVENT_NOT_FOUND", ["revert", "a", "--event", "0"]],
    ["both an event and a point", 2, "ARGUMENT_INVALID", ["revert", "a", "--event", "1", "--to", "2"]],
    ["a fork onto an id that is taken", 4, "SESSION_EXISTS", ["fork", "a", "--as", "a"]],
  ])("%s: %i %s", async (_what, exitCode, errorCode, args) => {
    const { code, stdout, stderr } = await run("session", ...args);
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(new RegExp(`^error ${errorCode}: .+`, "m"));
    expect(stderr).toMatch(/^hint: .+/m);
  });
});
