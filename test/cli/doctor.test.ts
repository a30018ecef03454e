import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundledProgram } from "../support/bundled-program.js";
import type { CliResult } from "../support/cli.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { GIT_ENV, repositoriesIn } from "../workspace/repositories.js";

async function started(): Promise<string> {
  const cwd = tempDir();
  await runCli(["session", "start", "auth", "--store", "jsonl:./s.jsonl"], { cwd });
  return cwd;
}

function doctor(
  cwd: string,
  args: readonly string[],
  env: Record<string, string | undefined> = {},
): Promise<CliResult> {
  return runCli(["doctor", ...args], { cwd, env: { XDG_STATE_HOME: join(cwd, "state"), ...env } });
}

test("a store in order ends with 0, a warning with 8, something bad with 6, an unreachable one with 5", async () => {
  const cwd = await started();
  const store = ["--store", "jsonl:./s.jsonl"];
  expect((await doctor(cwd, store)).code).toBe(0);
  writeFileSync(join(cwd, "s.jsonl.torn-9-20260131T100000Z"), "half", { mode: 0o600 });
  expect((await doctor(cwd, store)).code).toBe(8);
  appendFileSync(join(cwd, "s.jsonl"), '{"v":1');
  expect((await doctor(cwd, store)).code).toBe(6);
  expect((await doctor(cwd, [], { SESSIONDB_STORE: "postgres://ada:hunter2@127.0.0.1:1/none" })).code).toBe(5);
});

test("what doctor says fits the terminal, but for commands, which stay in one piece", async () => {
  const cwd = await started();
  appendFileSync(join(cwd, "s.jsonl"), '{"v":1');
  const line = `stty cols 60; '${process.execPath}' '${bundledProgram("cli", "dist/cli/sessiondb.js")}' doctor --store jsonl:./s.jsonl 2>/dev/null`;
  const { stdout } = spawnSync("script", ["-qec", line, "/dev/null"], { cwd, encoding: "utf8" });
  const lines = stdout.split("\r\n").filter((one) => !one.includes("mend: sessiondb"));
  expect(lines.length).toBeGreaterThan(5);
  for (const one of lines.filter((text) => !text.includes(cwd))) expect(one.length, one).toBeLessThanOrEqual(60);
  expect(stdout).toContain("mend: sessiondb doctor --fix --store jsonl:");
});

test("without a store, and without one that was named, there is nothing wrong and nothing made", async () => {
  const cwd = tempDir();
  const { code, stdout } = await doctor(cwd, ["--json"]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ schema: "doctor/1", ok: true, offset: null });
  expect(() => readFileSync(join(cwd, "state"))).toThrow(/ENOENT/);
});

test("--json is one document, whatever is wrong, and --fix says in it what was done", async () => {
  const cwd = await started();
  appendFileSync(join(cwd, "s.jsonl"), '{"v":1');
  const { stdout, stderr, code } = await doctor(cwd, ["--store", "jsonl:./s.jsonl", "--fix", "--json"]);
  expect([code, stderr]).toEqual([8, ""]);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ schema: "doctor/1", offset: 1, ok: false });
  expect(document.fixes).toMatchObject([{ check: "tail", code: "torn", done: true }]);
  expect(document.items.filter((item: { severity: string }) => item.severity !== "ok")).toMatchObject([
    { check: "leftovers", code: "torn-file", mend: { kind: "command" }, fixable: false },
  ]);
});

test("a configuration that cannot be read is a finding, and no check of the store is ok", async () => {
  const cwd = await started();
  mkdirSync(join(cwd, "etc", "minsky"), { recursive: true });
  writeFileSync(join(cwd, "etc", "minsky", "config.yaml"), "sessiondb: [\n");
  const { code, stdout } = await doctor(cwd, ["--json"], { XDG_CONFIG_HOME: join(cwd, "etc") });
  expect(code).toBe(6);
  const { items, store } = JSON.parse(stdout);
  expect(store).toBeNull();
  expect(items.map(({ check, severity }: { check: string; severity: string }) => [check, severity])).toEqual([
    ["configuration", "bad"],
    ["store", "unknown"],
  ]);
});

test("stored text and file names reach the terminal escaped", async () => {
  const cwd = await started();
  writeFileSync(join(cwd, "s.jsonl.torn-\u001b[31mred"), "half", { mode: 0o600 });
  const { stdout } = await doctor(cwd, ["--store", "jsonl:./s.jsonl"]);
  expect(stdout).not.toContain("\u001b");
  expect(stdout).toContain("\\u{1b}[31mred");
});

test("workspaces and records that do not fit are told, and --fix records what is there", async () => {
  const cwd = tempDir();
  const { baseDir } = repositoriesIn(cwd);
  const env = { MINSKY_BASE_DIR: baseDir, SESSIONDB_STORE: "jsonl:./s.jsonl", ...GIT_ENV };
  for (const id of ["gone", "here"]) {
    const { code, stderr } = await runCli(["session", "start", id, "--repo", "./app.git"], { cwd, env });
    expect(code, stderr).toBe(0);
  }
  rmSync(join(baseDir, "sessions", "gone"), { recursive: true });
  renameSync(join(baseDir, "sessions", "here"), join(baseDir, "sessions", "other"));
  const seen = async (args: readonly string[]) => {
    const { items, fixes } = JSON.parse((await doctor(cwd, [...args, "--json"], env)).stdout);
    const told = items.filter(({ check }: { check: string }) => check === "workspaces");
    return { fixes, codes: told.map(({ code }: { code: string }) => code), mends: told };
  };
  const before = await seen([]);
  expect(before.codes).toEqual(["folder-without-record", "record-without-folder", "record-without-folder"]);
  expect(before.mends[0].mend).toEqual({ kind: "command", text: "sessiondb session repair --execute" });
  const after = await seen(["--fix"]);
  expect(after.fixes).toMatchObject([{ check: "workspaces", code: "folder-without-record", done: true }]);
  expect(after.codes).toEqual(["record-without-folder", "record-without-folder"]);
  expect((await runCli(["session", "dir", "other"], { cwd, env })).code).toBe(0);
});
