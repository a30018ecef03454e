import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { openLog } from "../../src/open-log.js";
import { bundledProgram } from "../support/bundled-program.js";
import { tempDir } from "../support/temp.js";
import { until } from "../support/until.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];
let cwd = "";

beforeEach(async () => {
  cwd = tempDir();
  await run("session", "start", "a", "--actor", "ada", ...STORE);
  await run("session", "update", "a", "--set", "branch=x", "--actor", "agent:claude", ...STORE);
});

function run(...args: string[]) {
  return runCli(args, { cwd });
}

test("a proof is written, and checked without the store", async () => {
  const written = await run("audit", "--actor", "agent:*", "--proof", "p", ...STORE);
  expect(written).toMatchObject({ code: 0, stdout: "p: 1 event, and the hashes of 1 other event up to offset 2\n" });
  const head = /head hash (\w{64})/.exec(written.stderr)?.[1] as string;
  const alone = tempDir();
  writeFileSync(join(alone, "p"), readFileSync(join(cwd, "p")));
  const checked = await runCli(["audit", "check", "p", "--expect-head", head], { cwd: alone });
  expect(checked.stdout).toMatch(
    /^ok: 1 event, linked to the head hash \w{8}… of store jsonl:.*s\.jsonl \(checked without the database\)\n$/,
  );
  const { stdout } = await runCli(["audit", "check", "p", "--json"], { cwd: alone });
  expect(JSON.parse(stdout)).toMatchObject({ schema: "audit-check/1", ok: true, offset: 2, hash: head, matched: 1 });
});

test("an edit is found, with its code and its line", async () => {
  await run("audit", "--proof", "p", ...STORE);
  const path = join(cwd, "p");
  writeFileSync(path, readFileSync(path, "utf8").replace("agent:claude", "agent:claudy"));
  const { code, stdout, stderr } = await run("audit", "check", "p");
  expect([code, stdout]).toEqual([6, ""]);
  expect(stderr).toMatch(/^error PROOF_BROKEN: line 3: /);
});

test("the log is never overwritten, and a proof only with --force", async () => {
  const log = readFileSync(join(cwd, "s.jsonl"), "utf8");
  const over = await run("audit", "--proof", "s.jsonl", "--force", ...STORE);
  expect([over.code, over.stderr]).toEqual([7, expect.stringMatching(/^error PROOF_EXISTS: /)]);
  expect(readFileSync(join(cwd, "s.jsonl"), "utf8")).toBe(log);
  expect((await run("audit", "--proof", "p", ...STORE)).code).toBe(0);
  expect((await run("audit", "--proof", "p", ...STORE)).code).toBe(7);
  expect((await run("audit", "--proof", "p", "--force", "--json", ...STORE)).stdout).toContain(
    '"schema":"audit-proof/1"',
  );
});

test.each<[number, string, string[]]>([
  [3, "PROOF_NOT_FOUND", ["check", "nope"]],
  [2, "PROOF_INVALID", ["check", "s.jsonl"]],
  [2, "ARGUMENT_INVALID", ["check", "s.jsonl", "--expect-head", "xyz"]],
  [2, "ARGUMENT_INVALID", ["--force", ...STORE]],
  [2, "USAGE", ["--proof", "p", "--limit", "1", ...STORE]],
  [3, "SESSION_NOT_FOUND", ["--proof", "p", "--session", "nope", ...STORE]],
])("%i %s", async (exitCode, errorCode, args) => {
  const { code, stdout, stderr } = await run("audit", ...args);
  expect([code, stdout]).toEqual([exitCode, ""]);
  expect(stderr).toMatch(new RegExp(`^error ${errorCode}: .+`, "m"));
  expect(readdirSync(cwd)).not.toContain("p");
});

test("Ctrl-C leaves no half file, and ends as a signal does", async () => {
  const log = await openLog(`sqlite:${join(cwd, "large.db")}`);
  const events = Array.from({ length: 10_000 }, () => ({ type: "noise", data: {} }));
  for (let i = 0; i < 10; i++) await log.append({ stream: "other-1", events }, { actor: "ada" });
  await log.close();
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const child = spawn(process.execPath, [program, "audit", "--proof", "p", "--store", "sqlite:./large.db"], { cwd });
  const ended = once(child, "close");
  await until("the unfinished file", () => readdirSync(cwd).some((name) => name.startsWith(".unfinished-")));
  child.kill("SIGINT");
  expect(await ended).toEqual([null, "SIGINT"]);
  expect(readdirSync(cwd).filter((name) => name === "p" || name.startsWith(".unfinished-"))).toEqual([]);
});
