import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { repositoriesIn } from "../workspace/repositories.js";

/** Names and bytes of all that lies in a folder. */
function picture(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return Object.fromEntries(
    files.map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name), "base64")]),
  );
}

async function storeIn(cwd: string, url: string) {
  const run = (...args: string[]) => runCli([...args, "--store", url], { cwd });
  for (const line of [
    ["session", "start", "a", "--branch", "main"],
    ["session", "update", "a", "--set", "status=OPEN"],
    ["mark", "add", "m"],
  ]) {
    expect((await run(...line)).code).toBe(0);
  }
  return run;
}

describe.each(["jsonl:./s.jsonl", "sqlite:./s.db"])("--dry-run at %s", (url) => {
  test.each<[line: string[], would: RegExp, does: RegExp]>([
    [["session", "start", "b", "--branch", "b"], /^would append 4 {2}session\.created {2}v1 {2}b\n$/, /^appended 4 /],
    [
      ["session", "update", "a", "--set", "branch=x"],
      /^would append 4 {2}session\.updated {2}v3 {2}a\n$/,
      /^appended 4 /,
    ],
    [["session", "delete", "a"], /^would append 4 {2}session\.deleted {2}v3 {2}a\n$/, /^appended 4 /],
    [["mark", "add", "n", "--at", "1"], /^mark:n would be offset 1\n$/, /^mark:n is offset 1\n$/],
    [["mark", "rm", "m"], /^mark:m would be gone; it was offset 2\n$/, /^mark:m is gone; it was offset 2\n$/],
  ])("%j says what it would do, writes nothing, and then it does", async (line, would, does) => {
    const cwd = tempDir();
    const run = await storeIn(cwd, url);
    const before = picture(cwd);
    const trial = await run(...line, "--dry-run");
    expect(trial).toMatchObject({ code: 0, stdout: expect.stringMatching(would) });
    expect(trial.stderr).toContain("nothing was written");
    expect(JSON.parse((await run(...line, "--dry-run", "--json")).stdout)).toMatchObject({ dryRun: true });
    expect(picture(cwd)).toEqual(before);
    expect(await run(...line)).toMatchObject({ code: 0, stdout: expect.stringMatching(does) });
  });

  test.each<[line: string[], code: number, error: string]>([
    [["session", "start", "a"], 4, "SESSION_EXISTS"],
    [["session", "update", "none", "--set", "branch=x"], 3, "SESSION_NOT_FOUND"],
    [["session", "update", "a", "--set", "branch=x", "--expect-version", "1"], 4, "VERSION_CONFLICT"],
    [["session", "delete", "none"], 3, "SESSION_NOT_FOUND"],
    [["mark", "add", "m"], 4, "MARK_EXISTS"],
    [["mark", "rm", "none"], 3, "MARK_NOT_FOUND"],
  ])("%j is refused as it is without", async (line, code, error) => {
    const run = await storeIn(tempDir(), url);
    const [trial, real] = [await run(...line, "--dry-run"), await run(...line)];
    expect(trial.stderr).toContain(error);
    expect([trial.code, trial.stderr]).toEqual([code, real.stderr]);
  });

  test("where there is no log none is made, and a change is refused as without", async () => {
    const cwd = tempDir();
    const run = (...args: string[]) => runCli([...args, "--store", url], { cwd });
    expect(await run("session", "update", "a", "--set", "branch=x", "--dry-run")).toMatchObject({ code: 3 });
    expect((await run("session", "update", "a", "--set", "branch=x", "--dry-run")).stderr).toContain("LOG_NOT_FOUND");
    expect(await run("session", "start", "a", "--dry-run")).toMatchObject({ code: 0 });
    expect(readdirSync(cwd)).toEqual([]);
  });
});

test("a dry run of an update tells from what to what", async () => {
  const run = await storeIn(tempDir(), "sqlite:./s.db");
  const { stderr } = await run("session", "update", "a", "--set", "status=DONE", "--dry-run");
  expect(stderr).toContain('~ status  "OPEN" → "DONE"');
});

test("a dry run of a deletion leaves the workspace, and tells of work in it", async () => {
  const cwd = tempDir();
  const { baseDir } = repositoriesIn(cwd);
  mkdirSync(baseDir);
  const run = (...args: string[]) => runCli([...args, "--base-dir", baseDir, "--store", "sqlite:./s.db"], { cwd });
  expect(await run("session", "start", "a", "--repo", "./app.git")).toMatchObject({ code: 0 });
  const workspace = join(baseDir, "sessions", "a");
  const trial = await run("session", "delete", "a", "--workspace", "--dry-run");
  expect(trial).toMatchObject({ code: 0, stdout: expect.stringContaining("would append 2") });
  expect(trial.stderr).toContain(`would remove ${workspace}`);
  writeFileSync(join(workspace, "new.txt"), "work");
  expect(await run("session", "delete", "a", "--workspace", "--dry-run")).toMatchObject({ code: 7 });
  expect(existsSync(workspace)).toBe(true);
  expect(await run("session", "start", "b", "--repo", "./app.git", "--dry-run")).toMatchObject({ code: 2 });
});
