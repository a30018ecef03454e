import { expect, test } from "vitest";
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
