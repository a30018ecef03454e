import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];

async function withSession(): Promise<string> {
  const cwd = tempDir();
  await runCli(["session", "start", "auth", "--branch", "b", ...STORE], { cwd });
  return cwd;
}

test.each(["minsky-json", "csv", "sql"])(
  "export %s - is the file on stdout, and what is told on stderr",
  async (format) => {
    const cwd = await withSession();
    await runCli(["export", format, "file", ...STORE], { cwd });
    const piped = await runCli(["export", format, "-", ...STORE], { cwd });
    expect([piped.code, piped.stderr]).toEqual([0, "1 sessions at offset 1\n"]);
    expect(piped.stdout).toBe(readFileSync(join(cwd, "file"), "utf8"));
    expect(existsSync(join(cwd, "-"))).toBe(false);
  },
);

test.each(["--json", "--watch"])("an export to stdout with %s is refused", async (option) => {
  const cwd = await withSession();
  const { code, stdout, stderr } = await runCli(["export", "minsky-json", "-", option, ...STORE], { cwd });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("ARGUMENT_INVALID");
});

test("what may go to stdout goes there with -o -, too", async () => {
  const cwd = await withSession();
  const events = await runCli(["events", "export", "-o", "-", ...STORE], { cwd });
  expect(events.stdout).toBe(readFileSync(join(cwd, "s.jsonl"), "utf8"));
  await runCli(["key", "create", "k"], { cwd });
  const signed = await runCli(["sign", "--key", "k", "-o", "-", ...STORE], { cwd });
  expect(JSON.parse(signed.stdout)).toMatchObject({ offset: 1 });
  expect(existsSync(join(cwd, "-"))).toBe(false);
});

test.each([
  [["backup", "-o", "-"]],
  [["archive", "--before", "HEAD", "--to", "-"]],
  [["audit", "--proof", "-"]],
  [["key", "create", "-"]],
  [["sign", "--key", "k", "--append", "-"]],
  [["export", "ai-webhook", "-"]],
  [["import", "minsky-json", "s.json", "--report", "-"]],
])("what is read back cannot go to stdout, and no file of that name is made: %j", async (args) => {
  const cwd = await withSession();
  const before = readdirSync(cwd);
  const { code, stdout, stderr } = await runCli([...args, ...STORE], { cwd });
  expect([code, stdout, readdirSync(cwd)]).toEqual([2, "", before]);
  expect(stderr).toMatch(/^error ARGUMENT_INVALID: .* - would be standard output/);
});

test("import minsky-json - and session update --patch - read stdin", async () => {
  const cwd = await withSession();
  const stdin = JSON.stringify([{ session: "other", branch: "x" }]);
  const imported = await runCli(["import", "minsky-json", "-", ...STORE], { cwd, stdin });
  expect([imported.code, imported.stderr]).toEqual([0, expect.not.stringContaining("error")]);
  await runCli(["session", "update", "other", "--patch", "-", ...STORE], { cwd, stdin: '{"branch":"y"}' });
  const { stdout } = await runCli(["session", "show", "other", "--json", ...STORE], { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ record: { branch: "y" } });
  const broken = await runCli(["import", "minsky-json", "-", ...STORE], { cwd, stdin: "[" });
  expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining("stdin cannot be read: it is not JSON")]);
});

test("./- is a file of that name", async () => {
  const cwd = await withSession();
  await runCli(["export", "csv", "./-", ...STORE], { cwd });
  expect(existsSync(join(cwd, "-"))).toBe(true);
  writeFileSync(join(cwd, "-"), "[]");
  expect((await runCli(["import", "minsky-json", "./-", ...STORE], { cwd })).code).toBe(0);
});
