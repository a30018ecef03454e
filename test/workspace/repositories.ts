import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MemoryLog } from "../../src/log/memory/memory-log.js";
import { SessionStore } from "../../src/session/session-store.js";
import { GitRunner } from "../../src/workspace/git-runner.js";
import { WorkspaceFolders } from "../../src/workspace/workspace-folders.js";
import { tempDir } from "../support/temp.js";

/** Runs git as the developer whose machine this is, who has no configuration but a name. */
export function git(cwd: string, ...args: string[]): string {
  const who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync("git", [...who, ...args], { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

export function commit(cwd: string, path: string, text: string): string {
  mkdirSync(dirname(join(cwd, path)), { recursive: true });
  writeFileSync(join(cwd, path), text);
  git(cwd, "add", "--all");
  git(cwd, "commit", "--quiet", "--message", `write ${path}`);
  return git(cwd, "rev-parse", "HEAD").trim();
}

export interface Repositories {
  /** Nothing that a test does may appear outside of it. */
  readonly folder: string;
  /** Bare, with one commit on main. */
  readonly remote: string;
  /** A developer's clone of it. */
  readonly clone: string;
  readonly baseDir: string;
}

export function repositories(): Repositories {
  return repositoriesIn(tempDir());
}

/** app.git, app and base in a folder. */
export function repositoriesIn(folder: string): Repositories {
  const [remote, clone] = [join(folder, "app.git"), join(folder, "app")];
  git(folder, "init", "--quiet", "--bare", remote);
  git(folder, "clone", "--quiet", remote, clone);
  commit(clone, "readme.txt", "hallo\n");
  git(clone, "push", "--quiet", "origin", "HEAD:refs/heads/main");
  return { folder, remote, clone, baseDir: join(folder, "base") };
}

/** The environment of git in tests: who commits, and no configuration of the machine. */
export const GIT_ENV = {
  ...{ PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_GLOBAL: "/dev/null" },
  ...{ GIT_AUTHOR_NAME: "Ada", GIT_AUTHOR_EMAIL: "ada@example.com" },
  ...{ GIT_COMMITTER_NAME: "Ada", GIT_COMMITTER_EMAIL: "ada@example.com" },
};

export function toolsIn(baseDir: string, log = new MemoryLog()) {
  const store = new SessionStore(log, { actor: "ada" });
  return { store, git: new GitRunner(GIT_ENV), folders: new WorkspaceFolders(baseDir) };
}
