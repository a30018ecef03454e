import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "sqlite:./s.db"];

async function failure(cwd: string, ...args: string[]): Promise<[number | null, string]> {
  const { code, stderr } = await runCli([...args, ...STORE, "--json"], { cwd });
  return [code, JSON.parse(stderr.trim().split("\n").at(-1) ?? "").error.code];
}

test("a time limit of nothing is an argument, not a fault of the program", async () => {
  const cwd = tempDir();
  await runCli(["session", "start", "a", ...STORE], { cwd });
  expect(await failure(cwd, "health", "--timeout", "0s")).toEqual([2, "ARGUMENT_INVALID"]);
  expect(await failure(cwd, "collab", "task", "claim", "ada", "--lease", "0ms")).toEqual([2, "ARGUMENT_INVALID"]);
});

test.each(["", "5", "1w", "-1s", "1.5h", "25d", "1e3ms"])("--timeout %j is refused", async (time) => {
  expect(await failure(tempDir(), "health", "--timeout", time)).toEqual([2, "ARGUMENT_INVALID"]);
});

test("a time of days is taken, as a point is", async () => {
  const cwd = tempDir();
  await runCli(["session", "start", "a", ...STORE], { cwd });
  expect((await runCli(["health", "--timeout", "1d", ...STORE], { cwd })).code).toBe(0);
  const { code } = await runCli(["collab", "task", "claim", "ada", "--lease", "1d", ...STORE], { cwd });
  expect(code, "nothing to claim").toBe(3);
});

test("a batch of no events is refused, and no target is made", async () => {
  const cwd = tempDir();
  await runCli(["session", "start", "a", ...STORE], { cwd });
  expect(await failure(cwd, "migrate", "--to", "jsonl:./t.jsonl", "--batch", "0")).toEqual([2, "ARGUMENT_INVALID"]);
  expect((await runCli(["status", "--store", "jsonl:./t.jsonl"], { cwd })).code).toBe(3);
});

test("a memory that is given as text and as JSON is refused, and nothing is written", async () => {
  const cwd = tempDir();
  await runCli(["collab", "create", "c", ...STORE], { cwd });
  const set = ["collab", "memory", "set", "c", "k", "--type", "fact", "--value", "1"];
  expect(await failure(cwd, ...set, "--text", "x")).toEqual([2, "USAGE"]);
  expect(await failure(cwd, ...set, "--file", "x")).toEqual([2, "USAGE"]);
  expect((await runCli(["collab", "memory", "show", "c", "k", ...STORE], { cwd })).code).toBe(3);
});
