import { join } from "node:path";
import { expect, test } from "vitest";
import { colourIn, hasColours } from "../../src/cli/output/colours.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const terminal = { isTTY: true };

test.each([
  ["a terminal", terminal, {}, true],
  ["a file or a pipe", {}, {}, false],
  ["a pipe in a build", {}, { CI: "true" }, false],
  ["a terminal that obeys no escapes", terminal, { TERM: "dumb" }, false],
  ["NO_COLOR", terminal, { NO_COLOR: "1" }, false],
  ["NO_COLOR that is empty", terminal, { NO_COLOR: "" }, true],
  ["NO_COLOR and FORCE_COLOR", terminal, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
  ["FORCE_COLOR in a pipe", {}, { FORCE_COLOR: "1" }, true],
  ["FORCE_COLOR=0", terminal, { FORCE_COLOR: "0" }, false],
  ["FORCE_COLOR=false", terminal, { FORCE_COLOR: "false" }, false],
] as const)("%s", (_name, stream, env, coloured) => {
  expect(hasColours(stream, env)).toBe(coloured);
});

test.each([
  ["verify --color always", "always"],
  ["verify --color=never", "never"],
  ["verify --color always --color never", "never"],
  ["verify --color", "auto"],
  ["verify --color sometimes", "auto"],
  ["verify always", "auto"],
] as const)("of a line that may be wrong: %s", (line, choice) => {
  expect(colourIn(line.split(" "))).toBe(choice);
});

test.each([
  ["always", { NO_COLOR: "1" }, true],
  ["never", { FORCE_COLOR: "1" }, false],
  ["auto", { FORCE_COLOR: "1", NO_COLOR: undefined }, true],
] as const)(
  "--color %s wins over the variables, for errors of every kind and for what was found",
  async (when, env, coloured) => {
    const store = `jsonl:${join(tempDir(), "s.jsonl")}`;
    await runCli(["collab", "create", "auth", "--title", "x", "--store", store]);
    await runCli(["collab", "chunk", "add", "auth", "c1", "--text", "sqlite", "--store", store]);
    for (const args of [
      ["session", "show", "nope"],
      ["session", "show"],
      ["collab", "search", "sqlite"],
    ]) {
      const { stdout, stderr } = await runCli([...args, "--store", store, "--color", when], { env });
      expect(stdout + stderr, args.join(" ")).not.toBe("");
      expect((stdout + stderr).includes("\u001b["), args.join(" ")).toBe(coloured);
    }
  },
);

test("a colour that is none is told with those that are", async () => {
  const { code, stderr } = await runCli(["session", "list", "--color", "red"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("Allowed choices are auto, always, never")]);
});
