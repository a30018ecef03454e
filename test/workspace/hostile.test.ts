import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { approveSession } from "../../src/workspace/approve-session.js";
import { isBranchName } from "../../src/workspace/branch-name.js";
import { deleteWithWorkspace } from "../../src/workspace/delete-session.js";
import { createPr } from "../../src/workspace/pr-create.js";
import { mergePr } from "../../src/workspace/pr-merge.js";
import { prStatus } from "../../src/workspace/pr-state.js";
import { repairWorkspaces } from "../../src/workspace/repair-workspaces.js";
import { parseRepository } from "../../src/workspace/repository-address.js";
import { startSession } from "../../src/workspace/start-session.js";
import { workAtRisk } from "../../src/workspace/work-at-risk.js";
import { fc } from "../support/fast-check.js";
import { runCli } from "../support/warm-cli.js";
import { commit, GIT_ENV, git, repositories, toolsIn } from "./repositories.js";

/** A program that leaves a trace where it is run; by whatever name it is called. */
function trap(folder: string): { program: string; sprung: () => string[] } {
  const program = join(folder, "trap.sh");
  const traces = join(folder, "traces");
  mkdirSync(traces);
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" > "${traces}/$$"\ncat 2>/dev/null\nexit 0\n`);
  chmodSync(program, 0o755);
  return { program, sprung: () => readdirSync(traces).map((name) => readFileSync(join(traces, name), "utf8")) };
}

/** Every way that we know in which a repository names a program that git runs. */
function arm(repository: string, gitDir: string, program: string): void {
  const settings = {
    "core.fsmonitor": program,
    "core.hooksPath": join(gitDir, "hooks"),
    "core.sshCommand": program,
    "core.askPass": program,
    "core.pager": program,
    "core.editor": program,
    "core.gitProxy": program,
    "core.alternateRefsCommand": program,
    "diff.external": program,
    "credential.helper": `!${program}`,
    "gpg.program": program,
    "log.showSignature": "true",
    "filter.evil.clean": program,
    "filter.evil.smudge": program,
    "filter.evil.process": program,
    "filter.evil.required": "true",
    "diff.evil.textconv": program,
    "diff.evil.command": program,
    "merge.evil.driver": `${program} %O %A %B`,
    "merge.default": "evil",
    "uploadpack.packObjectsHook": program,
    "receive.denyCurrentBranch": "updateInstead",
    "protocol.allow": "always",
    "protocol.ext.allow": "always",
    "remote.origin.uploadpack": program,
    "remote.origin.receivepack": program,
    "alias.status": `!${program}`,
    "extensions.partialClone": "origin",
    "trace2.eventTarget": join(gitDir, "trace"),
  };
  git(repository, "config", "core.repositoryFormatVersion", "1");
  for (const [name, value] of Object.entries(settings)) git(repository, "config", name, value);
  mkdirSync(join(gitDir, "hooks"), { recursive: true });
  const hooks = [
    "pre-commit",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "post-receive",
    "post-update",
  ];
  const more = [
    "reference-transaction",
    "proc-receive",
    "push-to-checkout",
    "fsmonitor-watchman",
    "post-index-change",
    "pre-auto-gc",
  ];
  for (const name of [...hooks, ...more]) {
    writeFileSync(join(gitDir, "hooks", name), `#!/bin/sh\nexec "${program}" ${name}\n`, { mode: 0o755 });
  }
  mkdirSync(join(gitDir, "info"), { recursive: true });
  writeFileSync(join(gitDir, "info", "attributes"), "* filter=evil diff=evil merge=evil\n");
}

describe("a hostile repository runs nothing", () => {
  test.each([
    ["clone", false],
    ["worktree", true],
  ] as const)("as the source of a %s, through the whole workflow", async (_kind, worktree) => {
    const { folder, clone, baseDir } = repositories();
    commit(clone, ".gitattributes", "* filter=evil diff=evil merge=evil\n");
    git(clone, "branch", "other");
    const { program, sprung } = trap(folder);
    arm(clone, join(clone, ".git"), program);
    const tools = toolsIn(baseDir);
    const repository = parseRepository(clone, "/");
    await startSession(tools, { record: { session: "a", branch: "work" }, repository, worktree });
    const path = join(baseDir, "sessions", "a");
    expect(readFileSync(join(path, "readme.txt"), "utf8")).toBe("hallo\n");
    expect(await workAtRisk(tools.git, path)).toEqual([]);
    await createPr(tools, "a", { base: "other" });
    await prStatus(tools, "a", { freshMs: 0 });
    await approveSession(tools, "a", { freshMs: 0 });
    await mergePr(tools, "a");
    await repairWorkspaces(tools, { execute: true });
    await deleteWithWorkspace(tools, "a");
    expect(existsSync(path)).toBe(false);
    expect(sprung()).toEqual([]);
  });

  test("as a workspace that somebody has worked in", async () => {
    const { folder, remote, clone, baseDir } = repositories();
    const tools = toolsIn(baseDir);
    await startSession(tools, { record: { session: "a", branch: "work" }, repository: parseRepository(remote, "/") });
    const path = join(baseDir, "sessions", "a");
    commit(path, ".gitattributes", "* filter=evil diff=evil merge=evil\n");
    commit(clone, "base.txt", "base");
    git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/main");
    const { program, sprung } = trap(folder);
    arm(path, join(path, ".git"), program);
    writeFileSync(join(path, "readme.txt"), "hello\n"); // as long as before, so that git has to look inside
    expect(await workAtRisk(tools.git, path)).toEqual([
      "not committed: readme.txt",
      "1 commit is in no remote repository",
    ]);
    await expect(createPr(tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
    writeFileSync(join(path, "readme.txt"), "hallo\n");
    await createPr(tools, "a");
    await prStatus(tools, "a", { freshMs: 0 });
    await mergePr(tools, "a", { force: true }); // the base has moved: a merge of trees
    await repairWorkspaces(tools, { execute: true });
    writeFileSync(join(path, "readme.txt"), "other\n");
    await expect(deleteWithWorkspace(tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
    await deleteWithWorkspace(tools, "a", { force: true });
    expect(sprung()).toEqual([]);
  });

  test.each(["HEAD", "config", "info/exclude"])(
    "pipes and endless files in the place of %s are not read",
    async (name) => {
      const { remote, baseDir } = repositories();
      const tools = toolsIn(baseDir);
      await startSession(tools, { record: { session: "a", branch: "work" }, repository: parseRepository(remote, "/") });
      const path = join(baseDir, "sessions", "a");
      const file = join(path, ".git", name);
      for (const put of [() => execFileSync("sh", ["-c", 'mkfifo "$0"', file]), () => symlinkSync("/dev/zero", file)]) {
        rmSync(file, { force: true });
        put();
        await prStatus(tools, "a", { freshMs: 0 });
        await repairWorkspaces({ ...tools, store: toolsIn(baseDir).store }, { execute: name !== "config" });
      }
      if (name === "HEAD") {
        await expect(deleteWithWorkspace(tools, "a")).rejects.toMatchObject({ code: "WORKSPACE_HAS_WORK" });
      }
      await deleteWithWorkspace(tools, "a", { force: true });
      expect(existsSync(path)).toBe(false);
    },
  );

  test("the traps of this test work: plain git springs them", () => {
    const { folder, clone } = repositories();
    const { program, sprung } = trap(folder);
    arm(clone, join(clone, ".git"), program);
    try {
      git(clone, "status");
      git(clone, "checkout", "--quiet", "-b", "x");
    } catch {
      // what the trap answers may be no answer
    }
    expect(sprung()).not.toEqual([]);
  });
});

const HOSTILE_ADDRESSES = [
  ...[
    "--upload-pack=touch pwned",
    "-o",
    "-oProxyCommand=touch pwned",
    "--config=core.sshCommand=touch pwned",
    "-u",
    "",
  ],
  ...["ext::sh -c touch% pwned", "EXT::sh -c x", "fd::0", "ext::ssh://x/y", "foo::bar", "::x", "git-remote-ext::x"],
  ...[
    "ssh://-oProxyCommand=touch%20pwned/x",
    "ssh://-x@host/x",
    "ssh://host%2f..%2f/x",
    "-oProxyCommand=x:repo",
    "user@-oProxyCommand=x:repo",
  ],
  ...["host:-oProxyCommand", "git://example.com/x", "http://example.com/x", "ftp://example.com/x"],
  ...["https://user:secret@example.com/x.git", "https://token@example.com/x.git", "ssh://u:pw@host/x"],
  ...[
    "https://example.com/x\u0000y",
    "https://example.com/\u001b[2J",
    "a\nb",
    "\u202ex",
    "x".repeat(5000),
    "https://",
    "https:///x",
  ],
  ...[
    "../../../../../../etc/shadow-no",
    "./nowhere",
    "file://host/x",
    "file:///no/such/folder",
    "file:///a%2fb",
    "%00",
  ],
];
const HOSTILE_BRANCHES = [
  ...[
    "--upload-pack=x",
    "-b",
    "--",
    "-",
    "",
    ".",
    "..",
    "../x",
    "a/../b",
    "a..b",
    "a b",
    "a~1",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[b",
    "a\\b",
  ],
  ...[
    "a\u0000b",
    "a\nb",
    "\u001b[31mred",
    "a\u009bb",
    "x\u202ey",
    "a@{1}",
    "@",
    "HEAD",
    "a.lock",
    "a/.b",
    "a//b",
    "/a",
    "a/",
    "a.",
    "x".repeat(300),
  ],
];

describe("hostile words", () => {
  test.each(HOSTILE_ADDRESSES)("the address %j is refused, and nothing is left", async (address) => {
    const { folder } = repositories();
    let code = "";
    try {
      parseRepository(address, folder);
    } catch (error) {
      code = (error as { code: string }).code;
    }
    expect(["REPOSITORY_INVALID", "REPOSITORY_NOT_FOUND", "SECRET_REFUSED"]).toContain(code);
  });

  test.each(HOSTILE_BRANCHES)("the branch %j is refused before anything is made", async (branch) => {
    const { remote, baseDir } = repositories();
    const tools = toolsIn(baseDir);
    const started = startSession(tools, { record: { session: "a", branch }, repository: parseRepository(remote, "/") });
    await expect(started).rejects.toMatchObject({ code: "BRANCH_INVALID" });
    expect([tools.git.spawned, existsSync(baseDir)]).toEqual([0, false]);
  });

  test("every name that we take for a branch, git takes too", async () => {
    const { clone } = repositories();
    const names = fc.oneof(
      fc.string({ minLength: 1, maxLength: 30 }),
      fc.string({ unit: fc.constantFrom(..."ab/.-@{~^:*[\\ #lock") }),
    );
    const taken = fc.sample(names.filter(isBranchName), 60);
    for (const name of [...taken, "task#064", "feature/é", "md#283"]) {
      expect(git(clone, "check-ref-format", "--branch", name).trim()).toBe(name);
    }
  });

  test.each([
    "../../escape",
    "..",
    "/etc/x",
    "-rf",
    "a/../../b",
    "CON",
    ".git",
    "x".repeat(300),
    "Ünï/cödé",
    "$(touch pwned)",
    "`touch pwned`",
    "a;b",
  ])("a session named %j stays in its folder", async (session) => {
    const { folder, remote, baseDir } = repositories();
    const tools = toolsIn(baseDir);
    const before = readdirSync(folder);
    await startSession(tools, { record: { session, branch: "work" }, repository: parseRepository(remote, "/") });
    expect(readdirSync(folder)).toEqual([...before, "base"].sort());
    expect(readdirSync(baseDir)).toEqual(["sessions"]);
    expect(await tools.folders.list()).toEqual([{ id: session, path: tools.folders.pathOf(session) }]);
    await deleteWithWorkspace(tools, session);
    expect(readdirSync(join(baseDir, "sessions"))).toEqual([]);
  });

  test("a record that names another folder never has it removed", async () => {
    const { folder, remote, clone, baseDir } = repositories();
    const tools = toolsIn(baseDir);
    await startSession(tools, { record: { session: "a", branch: "work" }, repository: parseRepository(remote, "/") });
    await startSession(tools, { record: { session: "b", branch: "work" }, repository: parseRepository(remote, "/") });
    for (const workspacePath of [
      clone,
      folder,
      baseDir,
      join(baseDir, "sessions"),
      join(baseDir, "sessions", "b"),
      "/",
    ]) {
      await tools.store.update("a", { workspacePath });
      await expect(deleteWithWorkspace(tools, "a", { force: true })).rejects.toMatchObject({
        code: "WORKSPACE_OUTSIDE",
      });
    }
    expect(existsSync(join(clone, "readme.txt")) && existsSync(join(baseDir, "sessions", "b", "readme.txt"))).toBe(
      true,
    );
    expect(await tools.store.load("a")).not.toBeNull();
  });

  test("records with hostile branches and addresses run nothing when they are asked about", async () => {
    const { baseDir, folder } = repositories();
    const tools = toolsIn(baseDir);
    for (const [i, word] of [...HOSTILE_ADDRESSES, ...HOSTILE_BRANCHES].entries()) {
      await tools.store.create({
        session: `s${i}`,
        repoUrl: word,
        branch: word,
        prBranch: word,
        prState: { branchName: word },
      });
      expect(await prStatus(tools, `s${i}`)).toMatchObject({ exists: "unknown" });
    }
    expect(existsSync(join(folder, "pwned")) || existsSync("pwned")).toBe(false);
  });

  test("what a server or a name says reaches the terminal only as visible text", async () => {
    const { folder, remote } = repositories();
    writeFileSync(join(remote, "HEAD"), "ref: refs/heads/\u001b[2Jboo\n");
    const env = { ...GIT_ENV, XDG_STATE_HOME: folder, SESSIONDB_STORE: `jsonl:${join(folder, "s.jsonl")}` };
    for (const args of [
      ["a\u009b31m", "--repo", remote],
      ["ok", "--repo", remote, "--branch", "\u001b]0;x\u0007"],
      ["ok", "--repo", "\u001b[2J"],
    ]) {
      const { code, stdout, stderr } = await runCli(["session", "start", ...args], { env, cwd: folder });
      expect(code).not.toBe(0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    }
  });
});
