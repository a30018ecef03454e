import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "jsonl:./s.jsonl"];
let cwd = "";

beforeEach(async () => {
  cwd = tempDir();
  await run("session", "start", "a", ...STORE);
  await run("session", "update", "a", "--set", "branch=x", ...STORE);
  await run("key", "create", "k");
});

function run(...args: string[]) {
  return runCli(args, { cwd });
}

test("a signature kept elsewhere finds the cut of a log that verifies by itself", async () => {
  expect(await run("sign", "--key", "k", "-o", "tail.json", ...STORE)).toMatchObject({ code: 0 });
  await run("session", "update", "a", "--set", "branch=y", ...STORE);
  const grown = await run("verify", "--key", "k.pub", "--signed", "tail.json", ...STORE);
  expect(grown).toMatchObject({ code: 0, stdout: expect.stringMatching(/1\.\.2 as signed on .*; 3\.\.3 came since/) });
  const [first] = readFileSync(join(cwd, "s.jsonl"), "utf8").split("\n");
  writeFileSync(join(cwd, "s.jsonl"), `${first}\n`);
  expect((await run("verify", ...STORE)).code).toBe(0);
  const cut = await run("verify", "--key", "k.pub", "--signed", "tail.json", "--json", ...STORE);
  expect(cut.code).toBe(6);
  expect(JSON.parse(cut.stdout)).toMatchObject({
    schema: "verify/1",
    ok: false,
    offset: 1,
    fault: { code: "SIGNED_LOG_CUT", offset: 2 },
    signed: { signatures: 1, last: { offset: 2 } },
  });
});

test("sign without a file prints the very line that a file would hold", async () => {
  const { stdout } = await run("sign", "--key", "k", ...STORE);
  writeFileSync(join(cwd, "tail.json"), stdout);
  expect((await run("verify", "--key", "k.pub", "--signed", "tail.json", ...STORE)).code).toBe(0);
  const { stdout: shown } = await run("key", "show", "k.pub");
  expect(JSON.parse(stdout).key).toBe(shown.trim());
  const { stdout: json } = await run("sign", "--key", "k", "--json", ...STORE);
  expect(JSON.parse(json)).toMatchObject({ schema: "sign/1", offset: 2, key: shown.trim() });
});

test("a signed proof is checked by the key alone", async () => {
  await run("audit", "--proof", "p", "--key", "k", ...STORE);
  const { code, stderr } = await run("audit", "check", "p", "--key", "k.pub");
  expect([code, stderr]).toEqual([0, expect.stringContaining("the head was signed on ")]);
  await run("key", "create", "other");
  expect(await run("audit", "check", "p", "--key", "other.pub")).toMatchObject({ code: 6, stdout: "" });
});

test.each<[number, string, string[]]>([
  [7, "KEY_EXISTS", ["key", "create", "k"]],
  [3, "KEY_NOT_FOUND", ["sign", "--key", "none", ...STORE]],
  [2, "KEY_INVALID", ["sign", "--key", "k.pub", ...STORE]],
  [2, "USAGE", ["sign", ...STORE]],
  [2, "USAGE", ["sign", "--key", "k", "--append", "a", "-o", "b", ...STORE]],
  [7, "OUTPUT_EXISTS", ["sign", "--key", "k", "-o", "s.jsonl", ...STORE]],
  [2, "SIGNATURES_INVALID", ["sign", "--key", "k", "--append", "s.jsonl", ...STORE]],
  [2, "ARGUMENT_INVALID", ["verify", "--signed", "x", ...STORE]],
  [2, "ARGUMENT_INVALID", ["verify", "--key", "k.pub", ...STORE]],
  [2, "USAGE", ["verify", "--key", "k.pub", "--signed", "x", "--as-of", "1", ...STORE]],
  [3, "SIGNATURES_NOT_FOUND", ["verify", "--key", "k.pub", "--signed", "none", ...STORE]],
  [2, "SIGNATURES_INVALID", ["verify", "--key", "k.pub", "--signed", "s.jsonl", ...STORE]],
  [2, "ARGUMENT_INVALID", ["audit", "--key", "k", ...STORE]],
  [3, "LOG_NOT_FOUND", ["sign", "--key", "k", "--store", "jsonl:./none.jsonl"]],
])("%i %s", async (exitCode, errorCode, args) => {
  const log = readFileSync(join(cwd, "s.jsonl"), "utf8");
  const { code, stdout, stderr } = await run(...args);
  expect([code, stdout]).toEqual([exitCode, ""]);
  expect(stderr).toMatch(new RegExp(`^error ${errorCode}: .+`, "m"));
  expect(readFileSync(join(cwd, "s.jsonl"), "utf8")).toBe(log);
});
