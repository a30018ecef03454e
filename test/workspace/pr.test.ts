import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { approveSession } from "../../src/workspace/approve-session.js";
import { deleteWithWorkspace } from "../../src/workspace/delete-session.js";
import { createPr } from "../../src/workspace/pr-create.js";
import { mergePr } from "../../src/workspace/pr-merge.js";
import { prStatus } from "../../src/workspace/pr-state.js";
import { parseRepository } from "../../src/workspace/repository-address.js";
import { startSession } from "../../src/workspace/start-session.js";
import { commit, git, type Repositories, repositories, toolsIn } from "./repositories.js";

/** A session with a workspace and one commit on its branch, and a clock that stands still until it is set. */
async function session({ remote, clone, baseDir }: Repositories, worktree = false) {
  let now = new Date("2026-01-31T10:00:00Z");
  const tools = { ...toolsIn(baseDir), now: () => now };
  const repository = parseRepository(worktree ? clone : remote, "/");
  await startSession(tools, { record: { session: "a", branch: "work" }, repository, worktree });
  const path = join(baseDir, "sessions", "a");
  const head = commit(path, "new.txt", "new\n");
  return { tools, path, head, later: (ms: number) => (now = new Date(now.getTime() + ms)) };
}

function tips(repository: string): string {
  return git(repository, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads");
}

test("a pull request is made, approved and merged, each as an event of its kind", async () => {
  const all = repositories();
  const { tools, head, path } = await session(all);
  const made = await createPr(tools, "a", { title: "New", reason: "ready" });
  expect(made.document.record).toMatchObject({
    status: "PR_OPEN",
    prBranch: "pr/a",
    prState: {
      branchName: "pr/a",
      exists: true,
      lastChecked: "2026-01-31T10:00:00.000Z",
      createdAt: "2026-01-31T10:00:00.000Z",
      mergedAt: null,
    },
  });
  expect(tips(all.remote)).toContain(`refs/heads/pr/a ${head}`);
  expect((await approveSession(tools, "a")).document.record).toMatchObject({ prApproved: true, status: "PR_APPROVED" });
  expect((await approveSession(tools, "a")).events).toEqual([]);
  const { document } = await mergePr(tools, "a");
  expect(document.record).toMatchObject({
    status: "MERGED",
    prState: { exists: false, mergedAt: "2026-01-31T10:00:00.000Z" },
  });
  expect(tips(all.remote)).toBe(`refs/heads/main ${head}\n`);
  expect(git(path, "branch", "--list", "pr/*")).toBe("");
  const types = (await tools.store.history("a")).map(({ type }) => type);
  expect(types).toEqual([
    "session.created",
    "session.updated",
    "session.pr-created",
    "session.updated",
    "session.updated",
    "session.pr-merged",
  ]);
  await expect(approveSession(tools, "a")).rejects.toMatchObject({ code: "PR_MERGED" });
  await expect(mergePr(tools, "a", { force: true })).rejects.toMatchObject({ code: "PR_MERGED" });
});

test("a fresh approval starts at least two processes less than one that has to ask", async () => {
  const all = repositories();
  const fresh = await session(all);
  await createPr(fresh.tools, "a");
  const spawned = async () => {
    const before = fresh.tools.git.spawned;
    await approveSession(fresh.tools, "a");
    return fresh.tools.git.spawned - before;
  };
  fresh.later(5 * 60_000 - 1);
  const withCache = await spawned();
  fresh.later(1);
  const withoutCache = await spawned();
  expect([withCache, withoutCache - withCache >= 2]).toEqual([0, true]);
  expect(await spawned()).toBe(0); // what git said was written back
  const last = (await fresh.tools.store.history("a")).at(-1);
  expect(last).toMatchObject({ type: "session.pr-checked", meta: { source: "pr-check" } });
  expect((await fresh.tools.store.get("a")).record.prState).toMatchObject({
    exists: true,
    lastChecked: "2026-01-31T10:05:00.000Z",
  });
});

test("an approval of an expected version counts what git said as its own change", async () => {
  const all = repositories();
  const { tools, later } = await session(all);
  const { document } = await createPr(tools, "a");
  later(5 * 60_000);
  const before = tools.git.spawned;
  const other = { expectedVersion: document.version - 1 };
  await expect(approveSession(tools, "a", other)).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
  expect(tools.git.spawned).toBe(before);
  const approved = await approveSession(tools, "a", { expectedVersion: document.version });
  expect(approved.document.version).toBe(document.version + 2);
});

test("acts on another version than expected push, merge and remove nothing", async () => {
  const all = repositories();
  const { tools, path } = await session(all);
  const before = tips(all.remote);
  const wrong = { expectedVersion: 7, force: true };
  for (const act of [createPr, mergePr, deleteWithWorkspace]) {
    await expect(act(tools, "a", wrong)).rejects.toMatchObject({ code: "VERSION_CONFLICT" });
  }
  expect([tips(all.remote), existsSync(path)]).toEqual([before, true]);
});

test("what a pull request pushed, or merged, does not keep the workspace from being deleted", async () => {
  const pushed = repositories();
  const one = await session(pushed);
  await expect(deleteWithWorkspace(one.tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
  await createPr(one.tools, "a");
  await deleteWithWorkspace(one.tools, "a");
  const merged = repositories();
  const two = await session(merged);
  commit(merged.clone, "base.txt", "base");
  git(merged.clone, "push", "--quiet", "origin", "HEAD:refs/heads/main");
  await createPr(two.tools, "a");
  await mergePr(two.tools, "a", { force: true });
  commit(two.path, "later.txt", "later");
  await expect(deleteWithWorkspace(two.tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
  git(two.path, "reset", "--quiet", "--hard", "HEAD~1");
  await deleteWithWorkspace(two.tools, "a");
  expect([existsSync(one.path), existsSync(two.path)]).toEqual([false, false]);
});

test("commits that somebody else pushed to the branch are not merged by the approval of others", async () => {
  const all = repositories();
  const { tools, path, head } = await session(all);
  await createPr(tools, "a");
  await approveSession(tools, "a");
  const theirs = commit(path, "theirs.txt", "theirs");
  git(path, "push", "--quiet", "origin", "HEAD:refs/heads/pr/a");
  const before = tips(all.remote);
  await expect(mergePr(tools, "a")).rejects.toMatchObject({ code: "PR_NOT_APPROVED" });
  expect([tips(all.remote), theirs === head]).toEqual([before, false]);
  await createPr(tools, "a");
  await approveSession(tools, "a");
  expect((await mergePr(tools, "a")).commit).toBe(theirs);
});

test("a branch that somebody took away is gone once the answer is old", async () => {
  const all = repositories();
  const { tools, later } = await session(all);
  await createPr(tools, "a");
  git(all.remote, "update-ref", "-d", "refs/heads/pr/a");
  expect(await prStatus(tools, "a")).toMatchObject({ exists: true, source: "cache" });
  later(5 * 60_000);
  expect(await prStatus(tools, "a")).toMatchObject({ exists: false, source: "remote" });
  await expect(approveSession(tools, "a")).rejects.toMatchObject({ code: "PR_NOT_FOUND" });
});

test("where git fails, the answer is git's own or unknown, and never the old one", async () => {
  const all = repositories();
  const { tools, later, path } = await session(all);
  await createPr(tools, "a");
  later(5 * 60_000);
  renameSync(all.remote, `${all.remote}.away`);
  const before = (await tools.store.history("a")).length;
  expect(await prStatus(tools, "a")).toMatchObject({ exists: true, source: "workspace" });
  git(path, "update-ref", "-d", "refs/heads/pr/a");
  expect(await prStatus(tools, "a")).toMatchObject({ exists: "unknown", source: "nobody", checkedAt: null });
  rmSync(path, { recursive: true });
  expect(await prStatus(tools, "a")).toMatchObject({ exists: "unknown" });
  await expect(approveSession(tools, "a")).rejects.toMatchObject({ code: "PR_STATE_UNKNOWN" });
  expect(await tools.store.history("a")).toHaveLength(before);
});

test.each([
  [
    "a hash, checked",
    { branchName: "pr/a", commitHash: "abc1234", lastChecked: "2026-01-31T09:59:00Z" },
    true,
    "cache",
  ],
  ["no hash, checked", { branchName: "pr/a", lastChecked: "2026-01-31T09:59:00Z" }, false, "cache"],
  [
    "a null hash, checked",
    { branchName: "pr/a", commitHash: null, lastChecked: "2026-01-31T09:59:00Z" },
    false,
    "cache",
  ],
  [
    "exists beside a hash",
    { branchName: "pr/a", exists: false, commitHash: "abc1234", lastChecked: "2026-01-31T09:59:00Z" },
    false,
    "cache",
  ],
  ["an old hash", { branchName: "pr/a", commitHash: "abc1234", lastChecked: "2026-01-31T09:00:00Z" }, false, "remote"],
  ["a hash, never checked", { branchName: "pr/a", commitHash: "abc1234" }, false, "remote"],
  ["a check of the future", { branchName: "pr/a", exists: true, lastChecked: "2026-01-31T10:00:01Z" }, false, "remote"],
  ["a check at no time", { branchName: "pr/a", exists: true, lastChecked: "yesterday" }, false, "remote"],
  ["a state that is a text", "open", false, "remote"],
])("a record of another era is read as it was meant: %s", async (_era, prState, exists, source) => {
  const all = repositories();
  const { tools } = await session(all);
  await tools.store.update("a", { prState: prState as never });
  expect(await prStatus(tools, "a")).toMatchObject({ exists, source, branch: "pr/a" });
  if (source === "cache") return;
  const written = (await tools.store.get("a")).record.prState;
  expect(written).toMatchObject({ branchName: "pr/a", exists: false, lastChecked: "2026-01-31T10:00:00.000Z" });
  expect(written).not.toHaveProperty("commitHash");
});

test("a state that somebody wrote while git was asked stays", async () => {
  const all = repositories();
  const { tools, later } = await session(all);
  await createPr(tools, "a");
  later(5 * 60_000);
  const asked = prStatus(tools, "a");
  await tools.store.update("a", (record) => ({
    ...record,
    prState: { ...record.prState, exists: false, note: "mine" },
  }));
  await asked;
  expect((await tools.store.get("a")).record.prState).toMatchObject({ exists: false, note: "mine" });
});

test("what is not committed keeps a pull request from being made", async () => {
  const all = repositories();
  const { tools, path } = await session(all);
  writeFileSync(join(path, "more.txt"), "more");
  await expect(createPr(tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
  expect(tips(all.remote)).not.toContain("pr/a");
});

test.each(["--detach", "--create=side"])(
  "commits beside the session's branch (switch %s) keep a pull request from being made without them",
  async (beside) => {
    const all = repositories();
    const { tools, path } = await session(all);
    git(path, "switch", "--quiet", ...beside.split("="));
    await createPr(tools, "a"); // what is checked out is the branch's own commit
    const before = tips(all.remote);
    const head = commit(path, "more.txt", "more");
    await expect(createPr(tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
    expect(tips(all.remote)).toBe(before);
    git(path, "switch", "--quiet", "-C", "work"); // as the hint says
    await createPr(tools, "a");
    expect(tips(all.remote)).toContain(`refs/heads/pr/a ${head}`);
  },
);

test("new commits make an approval void, and a rebase needs --force", async () => {
  const all = repositories();
  const { tools, path } = await session(all);
  await createPr(tools, "a");
  await approveSession(tools, "a");
  commit(path, "more.txt", "more");
  expect((await createPr(tools, "a")).document.record).toMatchObject({ prApproved: false, status: "PR_OPEN" });
  await expect(mergePr(tools, "a")).rejects.toMatchObject({ code: "PR_NOT_APPROVED" });
  git(path, "commit", "--quiet", "--amend", "--message", "other");
  await expect(createPr(tools, "a")).rejects.toMatchObject({ code: "GIT_FAILED" });
  await createPr(tools, "a", { force: true });
});

test("where the base has moved on, the merge is a commit of both; a conflict changes nothing", async () => {
  const all = repositories();
  const { tools, head, path } = await session(all);
  await createPr(tools, "a", { title: "New" });
  const base = commit(all.clone, "base.txt", "base");
  git(all.clone, "push", "--quiet", "origin", "HEAD:refs/heads/main");
  const { commit: merged } = await mergePr(tools, "a", { force: true });
  expect(git(all.remote, "rev-parse", "main^1", "main^2").trim().split("\n")).toEqual([base, head]);
  expect(git(all.remote, "log", "-1", "--format=%s", merged).trim()).toBe("New");
  const conflicting = repositories();
  const other = await session(conflicting);
  expect(path).not.toBe(other.path);
  await createPr(other.tools, "a");
  commit(conflicting.clone, "new.txt", "not this");
  git(conflicting.clone, "push", "--quiet", "origin", "HEAD:refs/heads/main");
  const before = tips(conflicting.remote);
  await expect(mergePr(other.tools, "a", { force: true })).rejects.toMatchObject({ code: "PR_CONFLICT" });
  expect(tips(conflicting.remote)).toBe(before);
  expect((await other.tools.store.get("a")).record.status).toBe("PR_OPEN");
});

test("a pull request whose branch is its base is neither pushed nor merged", async () => {
  const all = repositories();
  const { tools } = await session(all);
  await createPr(tools, "a");
  await tools.store.update("a", { prBranch: "main" });
  const before = tips(all.remote);
  await expect(mergePr(tools, "a", { force: true })).rejects.toMatchObject({ code: "BRANCH_INVALID" });
  await expect(createPr(tools, "a", { base: "main", force: true })).rejects.toMatchObject({ code: "BRANCH_INVALID" });
  expect(tips(all.remote)).toBe(before);
});

test("what somebody else has merged is recorded as merged", async () => {
  const all = repositories();
  const { tools, head } = await session(all);
  await createPr(tools, "a");
  git(all.remote, "update-ref", "refs/heads/main", head);
  git(all.remote, "update-ref", "-d", "refs/heads/pr/a");
  expect((await mergePr(tools, "a", { force: true })).document.record.status).toBe("MERGED");
  const unmerged = repositories();
  const other = await session(unmerged);
  await createPr(other.tools, "a");
  git(unmerged.remote, "update-ref", "-d", "refs/heads/pr/a");
  await expect(mergePr(other.tools, "a", { force: true })).rejects.toMatchObject({ code: "PR_NOT_FOUND" });
});

test("a worktree's pull request is a branch of the repository that it comes from", async () => {
  const all = repositories();
  const { tools, head } = await session(all, true);
  await createPr(tools, "a");
  expect(tips(all.clone)).toContain(`refs/heads/pr/a ${head}`);
  const before = tips(all.clone);
  await expect(mergePr(tools, "a", { force: true })).rejects.toMatchObject({ code: "BRANCH_CHECKED_OUT" });
  expect(tips(all.clone)).toBe(before);
  git(all.clone, "checkout", "--quiet", "--detach");
  await mergePr(tools, "a", { force: true });
  expect(git(all.clone, "rev-parse", "main").trim()).toBe(head);
});

test("what was merged by hand where the base is checked out is recorded, and its branch goes", async () => {
  const all = repositories();
  const { tools } = await session(all, true);
  await createPr(tools, "a");
  commit(all.clone, "base.txt", "base");
  git(all.clone, "merge", "--quiet", "--no-edit", "pr/a");
  const main = git(all.clone, "rev-parse", "main").trim();
  expect(await mergePr(tools, "a", { force: true })).toMatchObject({ base: "main", commit: main });
  expect([git(all.clone, "rev-parse", "main").trim(), git(all.clone, "branch", "--list", "pr/*")]).toEqual([main, ""]);
});
