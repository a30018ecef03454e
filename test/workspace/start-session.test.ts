import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { parseRepository } from "../../src/workspace/repository-address.js";
import { type StartRequest, startSession } from "../../src/workspace/start-session.js";
import { bundledProgram } from "../support/bundled-program.js";
import { commit, git, repositories, toolsIn } from "./repositories.js";

function requestFor(id: string, repo: string, more: Partial<StartRequest> = {}): StartRequest {
  return { record: { session: id, branch: "work" }, repository: parseRepository(repo, "/"), ...more };
}

/** Everything below the base folder's `sessions`, hidden folders too. */
function leftIn(baseDir: string): string[] {
  const root = join(baseDir, "sessions");
  return existsSync(root) ? readdirSync(root) : [];
}

test("a start clones the repository, makes the branch and records the session", async () => {
  const { remote, baseDir } = repositories();
  const tools = toolsIn(baseDir);
  const { document } = await startSession(tools, requestFor("task#1/x", remote, { reason: "try" }));
  const path = join(baseDir, "sessions", "task#1%2Fx");
  expect(document.record).toMatchObject({ repoUrl: remote, backendType: "local", branch: "work", workspacePath: path });
  expect(git(path, "branch", "--show-current").trim()).toBe("work");
  expect(existsSync(join(path, "readme.txt"))).toBe(true);
  expect(leftIn(baseDir)).toEqual(["task#1%2Fx"]);
  expect((await tools.store.history("task#1/x"))[0]).toMatchObject({
    type: "session.created",
    meta: { reason: "try" },
  });
});

test("a branch that the repository has is taken and followed", async () => {
  const { remote, clone, baseDir } = repositories();
  git(clone, "switch", "--quiet", "--create", "work");
  const head = commit(clone, "b.txt", "b");
  git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/work");
  const tools = toolsIn(baseDir);
  await startSession(tools, requestFor("a", remote));
  const path = join(baseDir, "sessions", "a");
  expect(git(path, "rev-parse", "HEAD", "@{upstream}").trim().split("\n")).toEqual([head, head]);
});

test("a repository without commits gives a workspace without files, on its branch", async () => {
  const { folder, baseDir } = repositories();
  git(folder, "init", "--quiet", "--bare", "empty.git");
  await startSession(toolsIn(baseDir), requestFor("a", join(folder, "empty.git")));
  expect(git(join(baseDir, "sessions", "a"), "symbolic-ref", "HEAD").trim()).toBe("refs/heads/work");
});

test("a worktree is known to its repository, and its branch is new there", async () => {
  const { clone, baseDir } = repositories();
  const tools = toolsIn(baseDir);
  await startSession(tools, requestFor("a", clone, { worktree: true }));
  const path = join(baseDir, "sessions", "a");
  expect(git(path, "status", "--porcelain=v1", "--branch").trim()).toBe("## work");
  expect(git(clone, "worktree", "list", "--porcelain")).toContain(`worktree ${path}\n`);
  expect(git(clone, "worktree", "prune", "--dry-run", "--verbose")).toBe("");
});

test("a failed clone leaves no session and no folder", async () => {
  const { folder, baseDir } = repositories();
  mkdirSync(join(folder, "no-repository"));
  const tools = toolsIn(baseDir);
  const failed = startSession(tools, requestFor("a", join(folder, "no-repository")));
  await expect(failed).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
  expect(leftIn(baseDir)).toEqual([]);
  expect((await tools.store.list()).documents).toEqual([]);
});

test.each([false, true])(
  "what is no repository is told as that, with the one around it (worktree: %s)",
  async (worktree) => {
    const { folder, clone, baseDir } = repositories();
    mkdirSync(join(folder, "none", ".git"), { recursive: true });
    mkdirSync(join(clone, "inside"));
    const tools = toolsIn(baseDir);
    const none = startSession(tools, requestFor("a", join(folder, "none"), { worktree }));
    await expect(none).rejects.toMatchObject({ code: "REPOSITORY_NOT_FOUND" });
    if (worktree) return; // git takes a folder inside for the repository
    const inside = startSession(tools, requestFor("a", join(clone, "inside")));
    await expect(inside).rejects.toMatchObject({
      code: "REPOSITORY_NOT_FOUND",
      message: expect.stringContaining(`inside of the repository ${clone}`),
      hint: expect.stringContaining(`--repo ${clone}`),
    });
    expect(leftIn(baseDir)).toEqual([]);
  },
);

test("a worktree of a repository without commits says what to do instead, and leaves nothing", async () => {
  const { folder, baseDir } = repositories();
  git(folder, "init", "--quiet", "empty");
  const failed = startSession(toolsIn(baseDir), requestFor("a", join(folder, "empty"), { worktree: true }));
  await expect(failed).rejects.toMatchObject({ code: "REPOSITORY_EMPTY" });
  expect(leftIn(baseDir)).toEqual([]);
  expect(git(join(folder, "empty"), "worktree", "list").trim().split("\n")).toHaveLength(1);
});

test.each([false, true])("a branch that no branch can stand beside is a conflict (worktree: %s)", async (worktree) => {
  const { clone, baseDir } = repositories();
  const request = requestFor("a", clone, { worktree, record: { session: "a", branch: "main/x" } });
  await expect(startSession(toolsIn(baseDir), request)).rejects.toMatchObject({
    code: "BRANCH_IN_USE",
    message: "there is a branch main, so there can be no main/x",
  });
  expect(leftIn(baseDir)).toEqual([]);
});

test("a branch of a worktree that was removed by hand is free again after what the hint says", async () => {
  const { folder, clone, baseDir } = repositories();
  const tools = toolsIn(baseDir);
  const gone = join(folder, "gone");
  git(clone, "worktree", "add", "--quiet", "-b", "work", gone);
  rmSync(gone, { recursive: true });
  await expect(startSession(tools, requestFor("a", clone, { worktree: true }))).rejects.toMatchObject({
    code: "BRANCH_IN_USE",
    message: `branch work belongs to a worktree whose folder is gone: ${gone}`,
    hint: expect.stringContaining(`git -C ${clone} worktree prune`),
  });
  git(clone, "worktree", "prune");
  await startSession(tools, requestFor("a", clone, { worktree: true }));
  expect(leftIn(baseDir)).toEqual(["a"]);
});

test("a lock that a killed git has left is named with what to do", async () => {
  const { clone, baseDir } = repositories();
  const lock = join(clone, ".git", "refs", "heads", "work.lock");
  writeFileSync(lock, "");
  const failed = startSession(toolsIn(baseDir), requestFor("a", clone, { worktree: true }));
  await expect(failed).rejects.toMatchObject({ code: "GIT_FAILED", hint: expect.stringContaining(`remove ${lock}`) });
  expect(leftIn(baseDir)).toEqual([]);
});

test("a worktree that cannot be made leaves no session, no folder and no branch", async () => {
  const { clone, baseDir } = repositories();
  const tools = toolsIn(baseDir);
  const failed = startSession(
    tools,
    requestFor("a", clone, { worktree: true, record: { session: "a", branch: "main" } }),
  );
  await expect(failed).rejects.toMatchObject({ code: "BRANCH_IN_USE" }); // main is checked out
  expect(leftIn(baseDir)).toEqual([]);
  await tools.store.create({ session: "b" });
  await expect(startSession(tools, requestFor("b", clone, { worktree: true }))).rejects.toMatchObject({
    code: "SESSION_EXISTS",
  });
  expect(git(clone, "branch", "--list", "work")).toBe("");
  expect(git(clone, "worktree", "list").trim().split("\n")).toHaveLength(1);
});

test.each([
  ["clone", false],
  ["worktree", true],
] as const)(
  "of starts of one name at once one wins, the others conflict and leave nothing (%s)",
  async (_kind, worktree) => {
    const { clone, baseDir } = repositories();
    const log = new MemoryLog();
    const starts = Array.from({ length: 4 }, () =>
      startSession(toolsIn(baseDir, log), requestFor("a", clone, { worktree })),
    );
    const ended = await Promise.allSettled(starts);
    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const codes = ended.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : []));
    for (const code of codes) expect(["SESSION_EXISTS", "WORKSPACE_EXISTS"]).toContain(code);
    expect(leftIn(baseDir)).toEqual(["a"]);
    expect((await log.tail()).offset).toBe(1);
    expect(git(join(baseDir, "sessions", "a"), "status", "--porcelain").trim()).toBe("");
  },
);

test("where the session cannot be recorded, its workspace goes again", async () => {
  const { remote, clone, baseDir } = repositories();
  for (const [repo, worktree] of [
    [remote, false],
    [clone, true],
  ] as const) {
    const log = new MemoryLog();
    const tools = toolsIn(baseDir, log);
    let polls = 0;
    // Somebody else records it while it is cloned.
    const request = requestFor("a", repo, { worktree });
    const runner = tools.git.run.bind(tools.git);
    tools.git.run = async (call) => {
      if (polls++ === 1) await toolsIn(baseDir, log).store.create({ session: "a" });
      return runner(call);
    };
    await expect(startSession(tools, request)).rejects.toMatchObject({ code: "SESSION_EXISTS" });
    expect(leftIn(baseDir)).toEqual([]);
  }
  expect(git(clone, "branch", "--list", "work")).toBe("");
});

test("a link in the place of a workspace is neither followed nor replaced", async () => {
  const { folder, remote, baseDir } = repositories();
  mkdirSync(join(baseDir, "sessions"), { recursive: true });
  mkdirSync(join(folder, "elsewhere"));
  symlinkSync(join(folder, "elsewhere"), join(baseDir, "sessions", "a"));
  const tools = toolsIn(baseDir);
  await expect(startSession(tools, requestFor("a", remote))).rejects.toMatchObject({ code: "WORKSPACE_OUTSIDE" });
  expect(readdirSync(join(folder, "elsewhere"))).toEqual([]);
  expect(lstatSync(join(baseDir, "sessions", "a")).isSymbolicLink()).toBe(true);
  expect(await tools.store.load("a")).toBeNull();
});

test("a folder that is there already stays as it is", async () => {
  const { remote, baseDir } = repositories();
  mkdirSync(join(baseDir, "sessions", "a"), { recursive: true });
  writeFileSync(join(baseDir, "sessions", "a", "mine.txt"), "mine");
  await expect(startSession(toolsIn(baseDir), requestFor("a", remote))).rejects.toMatchObject({
    code: "WORKSPACE_EXISTS",
  });
  expect(leftIn(baseDir)).toEqual(["a"]);
  expect(readdirSync(join(baseDir, "sessions", "a"))).toEqual(["mine.txt"]);
});

test.each(["clone", "worktree"])("a start that may write no byte leaves nothing, and says so (%s)", (kind) => {
  const { folder, clone, baseDir } = repositories();
  const args = ["session", "start", "a", "--repo", clone, ...(kind === "worktree" ? ["--worktree"] : [])];
  const env = { ...process.env, SESSIONDB_STORE: "memory:", MINSKY_BASE_DIR: baseDir };
  const line = 'ulimit -f 0; exec "$0" "$@"';
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  // Without a pipe its stdout, too, would be a file that takes nothing.
  const { stderr, status } = spawnSync("sh", ["-c", line, process.execPath, program, ...args], { env, cwd: folder });
  expect([status, String(stderr)]).toEqual([1, expect.stringMatching(/^error WORKSPACE_FAILED: .*EFBIG/)]);
  expect(leftIn(baseDir)).toEqual([]);
  expect(git(clone, "branch", "--list", "a")).toBe("");
});

test("where git has no room for its own work, that is told, and nothing is left", async () => {
  const { folder, clone, baseDir } = repositories();
  vi.stubEnv("TMPDIR", join(folder, "missing"));
  onTestFinished(() => void vi.unstubAllEnvs());
  const failed = startSession(toolsIn(baseDir), requestFor("a", clone, { worktree: true }));
  await expect(failed).rejects.toMatchObject({ code: "WORKSPACE_FAILED", hint: expect.stringContaining("TMPDIR") });
  expect(leftIn(baseDir)).toEqual([]);
  expect(git(clone, "worktree", "list").trim().split("\n")).toHaveLength(1);
});

test.each(["clone", "worktree"])(
  "a start that is stopped at any step of git leaves nothing and records nothing (%s)",
  async (kind) => {
    for (let step = 1; step < 12; step++) {
      const { clone, baseDir } = repositories();
      const tools = toolsIn(baseDir);
      const stop = new AbortController();
      const run = tools.git.run.bind(tools.git);
      let calls = 0;
      tools.git.run = async (call) => {
        if (++calls === step) stop.abort(new Error("ended by SIGINT"));
        return run(call);
      };
      const request = requestFor("a", clone, { worktree: kind === "worktree", signal: stop.signal });
      const ended = await startSession(tools, request).then(
        () => "done",
        (error: Error) => error.message,
      );
      const isDone = (await tools.store.load("a")) !== null;
      expect([step, ended, leftIn(baseDir)]).toEqual(isDone ? [step, "done", ["a"]] : [step, "ended by SIGINT", []]);
      if (!isDone) expect(git(clone, "branch", "--list", "work")).toBe("");
      if (!isDone) expect(git(clone, "worktree", "list").trim().split("\n")).toHaveLength(1);
      if (isDone && calls < step) return;
    }
  },
);
