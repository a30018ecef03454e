import { expect, test } from "vitest";
import { spawnWorker } from "../support/worker.js";

/** What a program prints whose act is ended by SIGTERM, and how it ends. */
async function endedBySignal(how: "whole" | "failed" | "given-up") {
  const worker = spawnWorker("told-at-the-end", [how]);
  const printed: unknown[] = [];
  for await (const line of worker.lines) printed.push(JSON.parse(line));
  return { printed, signal: (await worker.exit).signal };
}

test.each([
  ["whole", ["whole"]],
  ["failed", ["the disk is full"]],
  ["given-up", []],
] as const)(
  "an act that is %s when a signal has come is told as what it is, and the program ends by the signal",
  async (how, printed) => {
    expect(await endedBySignal(how)).toEqual({ printed: [...printed], signal: "SIGTERM" });
  },
);
