import { beforeAll, describe, expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const STORE = ["--store", "sqlite:./s.db"];
const cwd = tempDir();

/** 1 ada creates a, 2 claude creates b, 3 claude prepares a pull request of b, 4 codex checks it. */
beforeAll(async () => {
  await ok("session", "start", "a", "--actor", "ada");
  await ok("session", "start", "b", "--actor", "agent:claude", "--reason", '=HYPERLINK("x"), y');
  await ok("session", "update", "b", "--set", "prState.exists=true", "--actor", "agent:claude");
  await ok("session", "update", "b", "--set", "prState.exists=false", "--actor", "agent:codex", "--reason", "a\nb");
});

function run(...args: string[]) {
  return runCli([...args, ...STORE], { cwd });
}

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

async function offsets(...args: string[]): Promise<number[]> {
  const { items } = JSON.parse(await ok("audit", "--json", ...args)) as { items: { offset: number }[] };
  return items.map(({ offset }) => offset);
}

test("one line an event, and a last word on stderr that claims what was read", async () => {
  const { stdout, stderr } = await run("audit", "--actor", "agent:*", "--path", "prState.*");
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^OFFSET +TIME +ACTOR +SESSION +TYPE +PATHS +WHY$/);
  expect(lines[2]).toMatch(/^ +4 +\S+Z +agent:codex +b +session\.pr-checked +prState\.exists +a\\u\{a\}b$/);
  expect(stderr).toBe("2 events in 1 session, offsets 3..4 · chain verified 1..4\n");
  expect((await run("audit", "--since", "2")).stderr).toContain(" · chain verified 3..4 of 1..4\n");
});

test.each<[number[], string[]]>([
  [
    [2, 3],
    ["--actor", "agent:claude"],
  ],
  [
    [1, 4],
    ["--actor", "ada", "--actor", "*codex"],
  ],
  [
    [2, 3, 4],
    ["--session", "b"],
  ],
  [
    [1, 2],
    ["--type", "session.created"],
  ],
  [
    [3, 4],
    ["--path", "prState"],
  ],
  [[3], ["--since", "2", "--until", "3"]],
  [[4], ["--since", "v2", "--session", "b"]],
  [
    [1, 2, 3, 4],
    ["--since", "7d"],
  ],
  [[], ["--until", "2000-01-01"]],
  [
    [1, 2],
    ["--as-of", "2"],
  ],
  [[1], ["--limit", "1"]],
])("offsets %j for %j", async (expected, args) => {
  expect(await offsets(...args)).toEqual(expected);
});

test("the actor of the environment is who writes, not who is looked for", async () => {
  const { stdout } = await runCli(["audit", "--ndjson", ...STORE], { cwd, env: { SESSIONDB_ACTOR: "ada" } });
  expect(stdout.trimEnd().split("\n")).toHaveLength(5);
});

test("groups, the largest first", async () => {
  const lines = (await ok("audit", "--group-by", "actor")).trimEnd().split("\n");
  expect(lines[0]).toMatch(/^ACTOR +EVENTS +SESSIONS +PATHS +LAST$/);
  expect(lines[1]).toMatch(/^agent:claude +2 +1 +branch createdAt prState\.exists session status +\S+Z$/);
  const byPath = JSON.parse(await ok("audit", "--group-by", "path", "--json", "--path", "prState"));
  expect(byPath).toMatchObject({ schema: "audit/1", offset: 4, groupBy: "path", total: 2 });
  expect(byPath.items).toMatchObject([{ key: "/prState/exists", events: 2, sessions: 1 }]);
});

test("CSV that no spreadsheet runs", async () => {
  const lines = (await ok("audit", "--format", "csv", "--session", "b")).split("\r\n");
  expect(lines[0]).toBe("offset,recordedAt,actor,session,type,paths,reason");
  expect(lines[1]).toMatch(/^2,\S+,agent:claude,b,session\.created,.*,"'=HYPERLINK\(""x""\), y"$/);
  expect(lines).toHaveLength(5);
});

test("one JSON document, also with nothing in it; one line an event with --ndjson", async () => {
  const empty = JSON.parse(await ok("audit", "--json", "--actor", "nobody"));
  expect(empty).toMatchObject({ schema: "audit/1", offset: 4, items: [], total: 0, verified: { from: 1, to: 4 } });
  const lines = (await ok("audit", "--ndjson", "--session", "b")).trimEnd().split("\n");
  const records = lines.map((line) => JSON.parse(line));
  expect(records.slice(0, -1).map(({ offset }) => offset)).toEqual([2, 3, 4]);
  expect(records.at(-1)).toEqual({ end: true, offset: 4 });
  expect(JSON.parse(await ok("audit", "--json=offset,actor", "--limit", "1")).items).toEqual([
    { offset: 1, actor: "ada" },
  ]);
});

describe("each failure has its code", () => {
  test.each<[number, string, string[]]>([
    [3, "SESSION_NOT_FOUND", ["--session", "nope"]],
    [3, "SESSION_NOT_FOUND", ["--session", "nope", "--format", "csv"]],
    [3, "SESSION_NOT_FOUND", ["--session", "nope", "--group-by", "day"]],
    [2, "GLOB_INVALID", ["--actor", ""]],
    [2, "RANGE_INVALID", ["--since", "3", "--until", "2"]],
    [2, "POINT_INVALID", ["--since", "v1"]],
    [3, "POINT_OUTSIDE", ["--since", "99"]],
    [2, "USAGE", ["--group-by", "mood"]],
    [2, "USAGE", ["--format", "csv", "--ndjson"]],
    [2, "USAGE", ["nonsense"]],
  ])("%i %s", async (exitCode, errorCode, args) => {
    const { code, stdout, stderr } = await run("audit", ...args);
    expect([code, stdout]).toEqual([exitCode, ""]);
    expect(stderr).toMatch(new RegExp(`^error ${errorCode}: .+`, "m"));
  });
});
