import type { Command } from "commander";
import { expect, test } from "vitest";
import { WORDS } from "../../src/cli/argument-words.js";
import { Streams } from "../../src/cli/output/streams.js";
import { programOf } from "../../src/cli/program.js";
import { runCli } from "../support/warm-cli.js";

interface Described {
  readonly described: string;
  /** What may stand for it in WORDS. */
  readonly keys: readonly string[];
}

/** Every argument of every command. */
function argumentsOf(command: Command, path: readonly string[]): Described[] {
  const own = command.registeredArguments.map((argument) => ({
    described: `${path.join(" ")}: ${argument.name()}${argument.description === "" ? "" : " is described"}`,
    keys: [[...path, argument.name()].join(" "), argument.name()],
  }));
  return [...own, ...command.commands.flatMap((below) => argumentsOf(below, [...path, below.name()]))];
}

test("every argument says what it is, and nothing is said of one that is not there", async () => {
  const program = await programOf("sessiondb", { exitCode: 0, streams: new Streams({}) });
  const all = program.commands.flatMap((command) => argumentsOf(command, [command.name()]));
  expect(all.map(({ described }) => described).filter((text) => !text.endsWith(" is described"))).toEqual([]);
  const used = new Set(all.flatMap(({ keys }) => keys));
  expect(Object.keys(WORDS).filter((key) => !used.has(key))).toEqual([]);
});

test("the help of a command shows its arguments above its options", async () => {
  const { stdout } = await runCli(["collab", "artifact", "save", "--help"]);
  expect(stdout).toMatch(
    /Arguments:\n {2}session +the id of the session\n {2}id +the id of the artifact[\s\S]*\nOptions:/,
  );
});
