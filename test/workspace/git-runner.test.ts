import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { GitRunner } from "../../src/workspace/git-runner.js";
import { commit, GIT_ENV, repositories } from "./repositories.js";

const runner = new GitRunner(GIT_ENV);

test("every exit code of git is an answer; output asks for success", async () => {
  const { clone: cwd } = repositories();
  const args = ["show-ref", "--verify", "--quiet", "refs/heads/none"];
  expect(await runner.run({ cwd, args })).toEqual({ exitCode: 1, stdout: "", stderr: "" });
  await expect(runner.output({ cwd, args })).rejects.toMatchObject({ code: "GIT_FAILED", exitCode: 1 });
});

test("git that takes too long, prints too much or is stopped by the caller is ended, and the reason is told", async () => {
  const { clone: cwd } = repositories();
  const waiting = { cwd, args: ["cat-file", "--batch"] }; // reads from a stdin that says nothing
  await expect(runner.run({ ...waiting, limitMs: 100 })).rejects.toMatchObject({ code: "GIT_TIMEOUT" });
  const stop = new AbortController();
  const stopped = runner.run({ ...waiting, signal: stop.signal });
  setImmediate(() => stop.abort(new Error("enough")));
  await expect(stopped).rejects.toThrow("enough");
  const large = commit(cwd, "large.txt", "x".repeat(17 * 1024 * 1024));
  await expect(runner.run({ cwd, args: ["show", large] })).rejects.toMatchObject({ code: "GIT_OUTPUT_TOO_LARGE" });
});

test("what would run a program is refused by git's own rules, or before git is started", async () => {
  const { folder: cwd } = repositories();
  const refused = ["GIT_FAILED", "GIT_ARGUMENT_REFUSED"];
  for (const args of [
    ["ls-remote", "--end-of-options", "ext::sh -c touch% pwned"],
    ["ls-remote", "--upload-pack=touch pwned", "./app.git"],
    ["ls-remote", "--end-of-options", "--upload-pack=touch pwned"],
    ["-c", "protocol.ext.allow=always", "ls-remote", "ext::sh -c touch% pwned"],
    ["clone", "-u", "touch pwned", "./app.git", "x"],
  ]) {
    const code = await runner.output({ cwd, args, remote: true }).then(
      () => "",
      (error) => error.code,
    );
    expect(refused, args.join(" ")).toContain(code);
  }
  expect(existsSync(join(cwd, "pwned"))).toBe(false);
});

test("without git, or without the folder, the error says so", async () => {
  const { folder: cwd } = repositories();
  await expect(new GitRunner({ PATH: cwd }).run({ cwd, args: ["--version"] })).rejects.toMatchObject({
    code: "GIT_MISSING",
  });
  await expect(runner.run({ cwd: join(cwd, "none"), args: ["status"] })).rejects.toMatchObject({
    code: "WORKSPACE_NOT_FOUND",
  });
});

test("passwords in what git says never reach a message", async () => {
  const { folder: cwd } = repositories();
  const failed = runner.output({
    cwd,
    args: ["ls-remote", "--end-of-options", "https://ada:hunter2@127.0.0.1:1/x"],
    remote: true,
  });
  await expect(failed).rejects.toSatisfy((error: Error) => !error.message.includes("hunter2"));
});
