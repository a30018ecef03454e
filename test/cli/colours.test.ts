import { expect, test } from "vitest";
import { hasColours } from "../../src/cli/output/colours.js";

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
