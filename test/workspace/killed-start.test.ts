import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { JsonlLog } from "../../src/log/jsonl/jsonl-log.js";
import { repairWorkspaces } from "../../src/workspace/repair-workspaces.js";
import { parseRepository } from "../../src/workspace/repository-address.js";
import { startSession } from "../../src/workspace/start-session.js";
import { UnfinishedStart } from "../../src/workspace/unfinished-start.js";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/until.js";
import { spawnWorker } from "../support/worker.js";
import { git, repositories, toolsIn } from "./repositories.js";

const IDS = ["a", "b", "c", "d", "e", "f"];

function hidden(baseDir: string): string[] {
  const root = join(baseDir, "sessions");
  if (!existsSync(root)) return [];
  return readdirSync(root).filter((name) => name.startsWith(".") && statSync(join(root, name)).isDirectory());
}

/** A start whose process is gone, with a claim and some files. */
async function abandoned(tools: ReturnType<typeof toolsIn>): Promise<string> {
  const record = { session: "a", branch: "work" };
  const { folder } = await UnfinishedStart.begin(tools.folders, { session: "a", record, actor: "bob" });
  const dead = folder.replace(`-${process.pid}-`, "-999999999-");
  renameSync(folder, dead);
  mkdirSync(join(dead, "tree", ".git", "objects"), { recursive: true });
  return dead;
}

test.each(["clone", "worktree"] as const)(
  "a start that is killed at any moment is ended or removed by repair, and can be made again (%s)",
  { timeout: 120_000 },
  async (kind) => {
    for (const kill of [0, 1, 2, 3, 5, 8]) {
      const { folder, clone, baseDir } = repositories();
      const url = `jsonl:${join(folder, "s.jsonl")}`;
      const worker = spawnWorker("session-starter", [url, baseDir, clone, kind, ...IDS]);
      await until("a start is under way", () => hidden(baseDir).length > 0);
      // Another moment each time: the more of these have come and gone, the later.
      let seen = 0;
      await until("it is time", () => seen++ >= kill * 3);
      worker.kill9();
      await worker.exit;
      const log = await JsonlLog.open(join(folder, "s.jsonl"));
      const tools = toolsIn(baseDir, log as never);
      await repairWorkspaces(tools, { execute: true });
      expect(hidden(baseDir)).toEqual([]);
      for (const id of IDS) {
        const request = {
          record: { session: id, branch: `b-${id}` },
          repository: parseRepository(clone, "/"),
          worktree: kind === "worktree",
        };
        await startSession(tools, request).catch((error: { code: string }) =>
          expect(error.code).toBe("SESSION_EXISTS"),
        );
        expect(git(join(baseDir, "sessions", id), "status", "--porcelain=v1", "--branch").split("\n")[0]).toContain(
          `b-${id}`,
        );
      }
      expect((await repairWorkspaces(tools)).findings).toEqual([]);
      await log.close();
    }
  },
);

test("a workspace that was complete when its start was killed is recorded as it was meant", async () => {
  const { folder, remote, baseDir } = repositories();
  const tools = toolsIn(baseDir);
  await startSession(tools, { record: { session: "other", branch: "work" }, repository: parseRepository(remote, "/") });
  const path = tools.folders.pathOf("a#1");
  const record = { session: "a#1", branch: "work", workspacePath: path, description: "as meant" };
  const start = await UnfinishedStart.begin(tools.folders, { session: "a#1", record, actor: "bob", reason: "why" });
  git(folder, "clone", "--quiet", remote, path);
  expect((await repairWorkspaces(tools)).findings).toMatchObject([{ kind: "start-running", session: "a#1" }]);
  renameSync(start.folder, start.folder.replace(`-${process.pid}-`, "-999999999-"));
  await expect(
    startSession(tools, { record: { session: "a#1", branch: "w" }, repository: parseRepository(remote, "/") }),
  ).rejects.toMatchObject({ code: "WORKSPACE_EXISTS" });
  expect((await repairWorkspaces(tools)).findings).toMatchObject([
    { kind: "start-unrecorded", session: "a#1", done: false },
  ]);
  expect((await repairWorkspaces(tools, { execute: true })).findings).toMatchObject([
    { kind: "start-unrecorded", done: true },
  ]);
  expect((await tools.store.get("a#1")).record).toEqual(record);
  expect((await tools.store.history("a#1"))[0]).toMatchObject({ actor: "bob", meta: { reason: "why" } });
  expect((await repairWorkspaces(tools)).findings).toEqual([]);
});

test("where a start was repaired away, a git that outlived it makes nothing any more", async () => {
  const { baseDir } = repositories();
  const tools = toolsIn(baseDir);
  const dead = await abandoned(tools);
  // As git does on its way to a file, in a loop.
  const line =
    'while :; do mkdir -p "$0/tree/.git/refs" && echo x > "$0/tree/.git/refs/$$" && echo made; done 2>/dev/null';
  const survivor = spawn("sh", ["-c", line, dead], { stdio: ["ignore", "pipe", "ignore"] });
  cleanUp(() => void survivor.kill("SIGKILL"));
  let made = 0;
  survivor.stdout.on("data", () => made++);
  await until("it is at work", () => made > 3);
  const { findings } = await repairWorkspaces(tools, { execute: true });
  expect(findings).toMatchObject([{ kind: "start-abandoned", done: true }]);
  expect(hidden(baseDir)).toEqual([]);
  expect(() => git(baseDir, "init", "--quiet", join(dead, "tree"))).toThrow();
  expect((await repairWorkspaces(tools)).findings).toEqual([]);
  survivor.kill("SIGKILL");
});

test("a repair that is killed while it removes a start is gone on with, and what it left goes in time", async () => {
  const { baseDir } = repositories();
  const tools = toolsIn(baseDir);
  const dead = await abandoned(tools);
  renameSync(dead, join(baseDir, "sessions", `.closed-${basename(dead).slice(1)}`));
  expect((await repairWorkspaces(tools)).findings).toMatchObject([{ kind: "start-abandoned", session: "a" }]);
  writeFileSync(dead, "");
  expect((await repairWorkspaces(tools, { execute: true })).findings).toMatchObject([{ done: true }]);
  expect(hidden(baseDir)).toEqual([]);
  expect(existsSync(dead)).toBe(true);
  utimesSync(dead, 0, 0);
  expect((await repairWorkspaces(tools, { execute: true })).findings).toEqual([]);
  expect(readdirSync(join(baseDir, "sessions"))).toEqual([]);
});
