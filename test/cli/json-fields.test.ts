import { beforeAll, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "sqlite:./s.db"];
const cwd = tempDir();

beforeAll(async () => {
  await runCli(["session", "start", "a", ...STORE], { cwd });
  await runCli(["session", "update", "a", "--set", "prState.exists=true", ...STORE], { cwd });
  await runCli(["mark", "add", "m", ...STORE], { cwd });
});

test.each([
  ["session list", "session,prState.exists"],
  ["session search a", "session,nothing"],
  ["session log a", "offset,actor"],
  ["session blame a", "path,value"],
  ["events list", "offset,type"],
  ["audit", "offset,actor"],
  ["audit --group-by actor", "key,events"],
  ["mark list", "name,at"],
  ["projection list", "name,offset"],
  ["projection check", "name,differenceCount"],
  ["doctor", "check,severity"],
  ["config list", "key,value"],
  ["session update a --set branch=b", "offset,type"],
])("%s --json=%s: each item has these members, and no others", async (line, fields) => {
  const { stdout, stderr } = await runCli([...line.split(" "), `--json=${fields}`, ...STORE], { cwd });
  const { schema, items } = JSON.parse(stdout);
  expect([schema, items.length, stderr]).toEqual([expect.stringMatching(/\/\d+$/), expect.any(Number), ""]);
  expect(items.length).toBeGreaterThan(0);
  for (const item of items) expect(Object.keys(item)).toEqual(fields.split(","));
});

test("a place inside is told, and a document about one thing stays whole", async () => {
  const list = await runCli(["session", "list", "--json=prState.exists", ...STORE], { cwd });
  expect(JSON.parse(list.stdout).items).toEqual([{ "prState.exists": true }]);
  const show = await runCli(["session", "show", "a", "--json=branch", ...STORE], { cwd });
  expect(JSON.parse(show.stdout)).toMatchObject({ schema: "session-show/1", version: expect.any(Number), record: {} });
});

test("no names are refused before anything is written", async () => {
  const before = await runCli(["status", "--json", ...STORE], { cwd });
  const { code, stderr } = await runCli(["session", "update", "a", "--set", "x=1", "--json=", ...STORE], { cwd });
  expect([code, JSON.parse(stderr).error.code]).toEqual([2, "ARGUMENT_INVALID"]);
  expect((await runCli(["status", "--json", ...STORE], { cwd })).stdout).toBe(before.stdout);
});
