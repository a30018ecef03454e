import { beforeAll, expect, test } from "vitest";
import { documentOf, refusalOf } from "../support/cli-answers.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const cwd = tempDir();
let large = "";
let copy = "";
let again = "";

const run = (...args: string[]) => runCli(args, { cwd, env: { SESSIONDB_STORE: large } });

const json = async (...args: string[]) => documentOf(await run(...args, "--json"));
const refused = async (...args: string[]) => refusalOf(await run(...args, "--json"));

beforeAll(async () => {
  large = await freshPostgresUrl();
  copy = `${await freshPostgresUrl()}&partition_events=2`;
  again = `${await freshPostgresUrl()}&partition_events=3`;
});

test("a log that is not there has no partitions, and none are made for it", async () => {
  expect(await refused("partition", "--events", "10")).toEqual({ code: 3, error: "LOG_NOT_FOUND" });
  expect(await refused("partition", "list")).toEqual({ code: 3, error: "LOG_NOT_FOUND" });
  for (const id of ["one", "two", "three"]) expect((await run("session", "start", id)).code).toBe(0);
});

test.each([["0"], ["-1"], ["1.5"], ["many"], ["1e999"], ["99999999999999999999"]])(
  "--events %s is refused",
  async (events) => {
    expect(await refused("partition", "--events", events)).toMatchObject({ code: 2 });
  },
);

test("whoever makes the first ones says how large they are, and how many wait is bounded", async () => {
  expect(await refused("partition")).toEqual({ code: 2, error: "ARGUMENT_INVALID" });
  expect(await refused("partition", "--events", "10", "--ahead", "0")).toEqual({ code: 2, error: "ARGUMENT_INVALID" });
  expect(await refused("partition", "--events", "10", "--ahead", "101")).toEqual({
    code: 2,
    error: "ARGUMENT_INVALID",
  });
  expect((await json("partition", "list")).items).toEqual([]);
});

test("a dry run says what would be done and changes nothing; then it is done, and once more there is nothing to do", async () => {
  const dry = await json("partition", "--events", "2", "--dry-run");
  expect(dry).toMatchObject({ schema: "partition/1", dryRun: true, converts: true, offset: 3, added: [5, 7, 9] });
  expect((await json("partition", "list")).items).toEqual([]);
  expect(await json("partition", "--events", "2")).toEqual({ ...dry, dryRun: false });
  const { items } = await json("partition", "list");
  expect(items.map(({ from, to }: { from: number; to: number }) => [from, to])).toEqual([
    [null, 4],
    [5, 6],
    [7, 8],
    [9, null],
  ]);
  expect(await json("partition")).toMatchObject({ converts: false, added: [], bounded: [] });
  expect((await run("partition")).stdout).toBe("nothing to do: enough partitions wait behind offset 3\n");
});

test("everything works on it: sessions, verify, stats, undo", async () => {
  for (const line of [
    ["session", "start", "four", "--branch", "secret"],
    ["session", "update", "one", "--set", "branch=x"],
    ["session", "update", "four", "--set", "branch=y"],
    ["undo"],
    ["session", "list"],
    ["session", "log", "four"],
    ["session", "search", "four"],
    ["session", "show", "one", "--as-of", "2"],
    ["verify"],
    ["stats"],
    ["status"],
    ["health"],
    ["events", "list"],
  ]) {
    const { code, stderr } = await run(...line);
    expect(code, `${line.join(" ")}\n${stderr}`).toBe(0);
  }
});

test("doctor says that the last partition holds events, and what to type; afterwards it does not", async () => {
  for (let i = 0; i < 4; i++) await run("session", "update", "two", "--set", `branch=b${i}`);
  const findings = async () => {
    const { stdout } = await run("doctor", "--json");
    const items = JSON.parse(stdout).items as { check: string; code: string; mend: { text: string } | null }[];
    return items.filter(({ check }) => check === "partitions");
  };
  expect(await findings()).toMatchObject([
    { code: "last-partition", mend: { kind: "command", text: "sessiondb partition" } },
    { code: "partition-guard" },
  ]);
  await json("partition");
  expect(await findings()).toMatchObject([{ code: "partitions", mend: null }]);
});

test("a copy that is made with partitions from the first has the same events; back it goes to a file", async () => {
  const { code, stderr } = await run("migrate", "--from", large, "--to", copy, "--no-switch");
  expect(code, stderr).toBe(0);
  const { hash } = await json("status");
  const there = await json("partition", "list", "--store", copy);
  expect(there.items.length).toBeGreaterThan(3);
  for (const line of [
    ["backup", "-o", "all.jsonl", "--store", copy],
    ["verify", "--store", copy, "--expect-head", hash],
    ["verify", "--store", "jsonl:./all.jsonl", "--expect-head", hash],
    ["restore", "all.jsonl", "--to", again],
    ["verify", "--store", again, "--expect-head", hash],
  ]) {
    const done = await run(...line);
    expect(done.code, `${line.join(" ")}\n${done.stderr}`).toBe(0);
  }
});

test.each(["0", "-1", "x", "1.5", "", "1e3", "99999999999999999999"])(
  "partition_events=%s is no address",
  async (events) => {
    const url = `${large}&partition_events=${events}`;
    expect(await refused("status", "--store", url)).toEqual({ code: 2, error: "STORE_URL_INVALID" });
  },
);

test("an address that asks for partitions leaves a log that has events as it is", async () => {
  const plain = await freshPostgresUrl();
  expect((await run("session", "start", "a", "--store", plain)).code).toBe(0);
  expect((await run("session", "start", "b", "--store", `${plain}&partition_events=5`)).code).toBe(0);
  expect((await json("partition", "list", "--store", plain)).items).toEqual([]);
});

test("other stores have no partitions, and say so", async () => {
  for (const store of ["sqlite:./other.db", "jsonl:./other.jsonl"]) {
    expect((await run("session", "start", "a", "--store", store)).code).toBe(0);
    expect(await refused("partition", "--events", "5", "--store", store)).toEqual({
      code: 7,
      error: "PARTITION_UNSUPPORTED",
    });
    expect(await json("partition", "list", "--store", store)).toMatchObject({ offset: 1, items: [] });
  }
});
