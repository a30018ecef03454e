import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

test.each([
  ["list", "hint: did you mean: sessiondb session list, or sessiondb session pr list, or sessiondb collab list\n"],
  ["history", "hint: did you mean: sessiondb collab memory history\n"],
  ["session create", "hint: did you mean: sessiondb session pr create\n"],
  ["session updte", "hint: Did you mean update?\n"],
  ["xyzzy", "hint: add --help to see what it takes\n"],
  ["session --store sqlite:./s.db list", "hint: options stand behind the command, for example: "],
])("sessiondb %s: %s", async (typed, hint) => {
  const { code, stderr } = await runCli(typed.split(" "));
  expect(code).toBe(2);
  expect(stderr).toContain(hint);
});

test.each([
  ["session start a --reason --json", "--reason", "--json"],
  ["session fork a --as --store jsonl:./s.jsonl", "--as", "--store"],
  ["migrate --from --to jsonl:./t.jsonl", "--from", "--to"],
  ["events export -o --json", "-o", "--json"],
])("sessiondb %s: an option is no value of another one", async (typed, option, next) => {
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  const { code, stdout, stderr } = await runCli([...typed.split(" "), "--quiet"], { cwd: tempDir(), env });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(`${option} lacks its value: what follows it, ${next}, is an option`);
});

test("a value that is written like an option is one behind =, and behind --", async () => {
  const env = { SESSIONDB_STORE: "jsonl:./s.jsonl" };
  const cwd = tempDir();
  expect((await runCli(["session", "start", "--reason=--json", "--", "--store"], { cwd, env })).code).toBe(0);
  const { stdout } = await runCli(["session", "log", "--json", "--", "--store"], { cwd, env });
  expect(JSON.parse(stdout)).toMatchObject({ items: [{ reason: "--json" }] });
});
