import { expect, test } from "vitest";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const READING: readonly (readonly string[])[] = [
  ["session", "list"],
  ["session", "search", "a"],
  ["session", "pr", "list"],
  ["session", "show", "a"],
  ["session", "log", "a", "--patch"],
  ["session", "diff", "a", "v1..HEAD"],
  ["session", "blame", "a"],
  ["session", "bisect", "a", "--good", "v1", "--path", "branch", "--equals", "main"],
  ["session", "what-if", "a", "--skip", "v2"],
  ["audit"],
  ["audit", "--group-by", "path"],
  ["events", "list"],
  ["events", "show", "HEAD"],
  ["mark", "list"],
  ["status"],
  ["verify"],
];

/** Of the disk and the clock, which no log holds: it is told for now only. */
function withoutHealth(name: string, value: unknown): unknown {
  return name === "health" ? undefined : value;
}

test("what a command answers as of a point is what it answered when the log ended there", async () => {
  const cwd = tempDir();
  const ask = async (...more: string[]) => {
    const answers = [];
    for (const args of READING) {
      const { code, stdout, stderr } = await runCli([...args, "--json", "--store", "sqlite:./s.db", ...more], { cwd });
      answers.push({ args, code, stderr, answer: JSON.parse(stdout, withoutHealth) });
    }
    return answers;
  };
  await using store = await openStore(`sqlite:${cwd}/s.db`);
  await store.create({ session: "a", branch: "main" });
  await store.create({ session: "b" });
  await store.update("a", { branch: "next" });
  await store.update("a", { commitCount: 4 });
  const then = await ask();
  for (const { args, code, stderr } of then) expect([args, code, stderr]).toEqual([args, 0, ""]);
  await store.update("a", { branch: "other", prState: { exists: true } });
  await store.delete("b");
  const now = await ask();
  expect(await ask("--as-of", "4")).toEqual(then);
  const { offset } = await store.log.tail();
  expect(await ask("--as-of", `HEAD~${offset - 4}`)).toEqual(then);
  for (const [i, { args, answer }] of now.entries()) expect([args, answer]).not.toEqual([args, then[i]?.answer]);
});
