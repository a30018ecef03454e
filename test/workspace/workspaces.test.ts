import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deleteWithWorkspace } from "../../src/workspace/delete-session.js";
import { GitRunner } from "../../src/workspace/git-runner.js";
import { repairWorkspaces } from "../../src/workspace/repair-workspaces.js";
import { parseRepository } from "../../src/workspace/repository-address.js";
import { sessionHealth } from "../../src/workspace/session-health.js";
import { startSession } from "../../src/workspace/start-session.js";
import { workAtRisk } from "../../src/workspace/work-at-risk.js";
import { commit, git, repositories, toolsIn } from "./repositories.js";

async function started(worktree = false) {
  const all = repositories();
  const tools = toolsIn(all.baseDir);
  const repository = parseRepository(worktree ? all.clone : all.remote, "/");
  await startSession(tools, { record: { session: "a", branch: "work" }, repository, worktree });
  return { ...all, tools, path: join(all.baseDir, "sessions", "a") };
}

describe("a workspace is not deleted while it holds", () => {
  test.each<[string, (path: string, folder: string) => void]>([
    ["a file that git does not know", (path) => writeFileSync(join(path, "new.txt"), "x")],
    ["a changed file", (path) => writeFileSync(join(path, "readme.txt"), "changed")],
    ["a deleted file", (path) => rmSync(join(path, "readme.txt"))],
    [
      "a staged file",
      (path) => {
        writeFileSync(join(path, "s.txt"), "x");
        git(path, "add", "s.txt");
        rmSync(join(path, "s.txt"));
      },
    ],
    ["a commit that was not pushed", (path) => commit(path, "c.txt", "c")],
    [
      "a commit on another branch",
      (path) => {
        git(path, "switch", "--quiet", "--create", "side");
        commit(path, "c.txt", "c");
        git(path, "switch", "--quiet", "work");
      },
    ],
    [
      "a commit on no branch",
      (path) => {
        git(path, "switch", "--quiet", "--detach");
        commit(path, "c.txt", "c");
      },
    ],
    [
      "a stash",
      (path) => {
        writeFileSync(join(path, "readme.txt"), "changed");
        git(path, "stash", "--quiet");
      },
    ],
    ["a repository in it", (path) => git(path, "init", "--quiet", "inner")],
    [
      "a change that git was told not to see",
      (path) => {
        git(path, "update-index", "--assume-unchanged", "readme.txt");
        writeFileSync(join(path, "readme.txt"), "changed");
      },
    ],
    [
      "a submodule",
      (path, folder) => {
        git(path, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", join(folder, "app.git"), "sub");
        git(path, "commit", "--quiet", "--message", "sub");
        git(path, "push", "--quiet", "origin", "HEAD");
      },
    ],
    ["another worktree of it", (path, folder) => git(path, "worktree", "add", "--quiet", join(folder, "more"))],
    ["a repository that git cannot read", (path) => writeFileSync(join(path, ".git", "index"), "no index")],
    ["no repository, but files", (path) => rmSync(join(path, ".git"), { recursive: true })],
  ])("%s", async (_what, act) => {
    const { tools, path, folder } = await started();
    act(path, folder);
    await expect(deleteWithWorkspace(tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
    expect(await tools.store.load("a")).not.toBeNull();
    expect(await deleteWithWorkspace(tools, "a", { force: true })).toMatchObject({ removed: path });
    expect(await tools.folders.find("a")).toBeUndefined();
  });

  test("what only git could tell: where it is not installed, that is told", async () => {
    const { tools, path } = await started();
    const git = new GitRunner({ PATH: path });
    const deleted = deleteWithWorkspace({ ...tools, git }, "a");
    await expect(deleted).rejects.toMatchObject({ code: "GIT_MISSING" });
    expect((await tools.store.get("a")).version).toBe(1);
  });

  test("nothing but what is pushed, or ignored", async () => {
    const { tools, path, remote } = await started();
    commit(path, ".gitignore", "*.log\n");
    writeFileSync(join(path, "x.log"), "x");
    writeFileSync(join(path, ".git", "info", "exclude"), "*.tmp\n");
    writeFileSync(join(path, "x.tmp"), "x");
    git(path, "push", "--quiet", "origin", "HEAD");
    expect(await workAtRisk(tools.git, path)).toEqual([]);
    symlinkSync(remote, join(path, "x.log.d.log"));
    await deleteWithWorkspace(tools, "a");
    expect(git(remote, "rev-parse", "work")).toMatch(/^[0-9a-f]{40}/); // a link in it is not followed
  });

  test("in a worktree only what no branch has: its commits live on in the repository", async () => {
    const { tools, path, clone } = await started(true);
    const head = commit(path, "c.txt", "c");
    expect(await workAtRisk(tools.git, path)).toEqual([]);
    git(path, "switch", "--quiet", "--detach");
    commit(path, "d.txt", "d");
    expect(await workAtRisk(tools.git, path)).toEqual(["1 commit is on no branch"]);
    git(path, "switch", "--quiet", "work");
    await deleteWithWorkspace(tools, "a");
    expect(git(clone, "rev-parse", "work").trim()).toBe(head);
    expect(git(clone, "worktree", "list").trim().split("\n")).toHaveLength(1);
  });
});

test("health goes by the last activity, and by whether the folder is there", async () => {
  const { tools, path } = await started();
  const document = await tools.store.get("a");
  const at = (ms: number) => sessionHealth(document, new Date(Date.parse(document.updatedAt) + ms));
  const minutes = 60_000;
  expect([0, 30 * minutes - 1, 30 * minutes, 120 * minutes - 1, 120 * minutes].map(at)).toEqual([
    "healthy",
    "healthy",
    "idle",
    "idle",
    "stale",
  ]);
  const record = {
    ...document.record,
    lastActivityAt: new Date(Date.parse(document.updatedAt) + 110 * minutes).toISOString(),
  };
  const later = new Date(Date.parse(document.updatedAt) + 120 * minutes);
  expect(sessionHealth({ ...document, record }, later)).toBe("healthy");
  expect(sessionHealth({ ...document, record: { ...document.record, status: "MERGED" } }, later)).toBe("healthy");
  rmSync(path, { recursive: true });
  expect(at(0)).toBe("orphaned");
  expect(sessionHealth({ ...document, record: { session: "a" } }, later)).toBe("stale"); // it never had a folder
});

test("repair tells what does not fit, and mends what loses nothing", async () => {
  const { tools, path, baseDir, folder, remote } = await started();
  const root = join(baseDir, "sessions");
  cpSync(path, join(root, "task#7"), { recursive: true });
  cpSync(path, join(root, "gone"), { recursive: true });
  cpSync(path, join(root, "kept"), { recursive: true });
  writeFileSync(join(root, "kept", "work.txt"), "work");
  for (const id of ["gone", "kept"]) {
    await tools.store.create({ session: id });
    await tools.store.delete(id);
  }
  mkdirSync(join(root, "NotOurs"));
  mkdirSync(join(root, "empty"));
  await tools.store.create({ session: "lost", workspacePath: join(folder, "nowhere") });
  const kinds = async (execute: boolean) => {
    const { findings } = await repairWorkspaces(tools, { execute });
    return findings.map(({ kind, session, done }) => `${kind} ${session} ${done}`);
  };
  const before = (await tools.store.log.tail()).offset;
  const found = [
    "folder-unknown null",
    "folder-unknown empty",
    "folder-of-deleted gone",
    "folder-of-deleted kept",
    "folder-without-record task#7",
    "record-without-folder lost",
  ];
  expect(await kinds(false)).toEqual(found.map((one) => `${one} false`));
  expect((await tools.store.log.tail()).offset).toBe(before);
  const mended = ["folder-of-deleted gone", "folder-without-record task#7"];
  expect(await kinds(true)).toEqual(found.map((one) => `${one} ${mended.includes(one)}`));
  expect((await tools.store.get("task#7")).record).toMatchObject({
    branch: "work",
    repoUrl: remote,
    workspacePath: join(root, "task#7"),
  });
  expect(await kinds(true)).toEqual(found.filter((one) => !mended.includes(one)).map((one) => `${one} false`));
});
