import { beforeAll, expect, test } from "vitest";
import { openStore } from "../../src/session/open-store.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

const TIMES = ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00"].map((time) => new Date(`2026-03-01T${time}:00Z`));
let cwd = "";

/** 1 c by ada, 2 a by claude, 3 b by codex, 4 a again by ada, 5 a by claude, 6 b by claude; an hour between them. */
beforeAll(async () => {
  cwd = tempDir();
  let at = 0;
  await using store = await openStore(`sqlite:${cwd}/s.db`, { now: () => TIMES[at++] as Date });
  await store.create({ session: "c", status: "ACTIVE" }, { actor: "user:ada" });
  await store.create({ session: "a", status: "ACTIVE", prState: { exists: true } }, { actor: "agent:claude" });
  await store.create({ session: "b" }, { actor: "agent:codex" });
  await store.update("a", { branch: "next", constructor: null }, { actor: "user:ada", reason: "renamed" });
  await store.update("a", { prState: { exists: false } }, { actor: "agent:claude" });
  await store.update("b", { branch: "main" }, { actor: "agent:claude" });
});

async function cli(...args: string[]) {
  const result = await runCli([...args, "--store", "sqlite:./s.db"], { cwd, env: { SESSIONDB_ACTOR: "nobody" } });
  expect(result.code, result.stderr).toBe(0);
  return result;
}

async function listed(...args: string[]): Promise<string[]> {
  const { items } = JSON.parse((await cli("session", "list", "--json", ...args)).stdout);
  return items.map(({ session }: { session: string }) => session);
}

async function logged(...args: string[]): Promise<number[]> {
  const { items } = JSON.parse((await cli("session", "log", "a", "--json", ...args)).stdout);
  return items.map(({ version }: { version: number }) => version);
}

test("sessions are listed by when they were last changed, and by whom", async () => {
  expect(await listed()).toEqual(["b", "a", "c"]);
  expect(await listed("--since", "1")).toEqual(["b", "a"]);
  expect(await listed("--since", "HEAD")).toEqual([]);
  expect(await listed("--until", "5")).toEqual(["a", "c"]);
  expect(await listed("--since", "2026-03-01T08:30:00Z", "--until", "2026-03-01T12:00:00Z")).toEqual(["a"]);
  expect(await listed("--since", "2020-01-01")).toHaveLength(3);
  expect(await listed("--actor", "agent:*")).toEqual(["b", "a"]);
  expect(await listed("--actor", "agent:*", "--as-of", "4")).toEqual(["b"]);
});

test("sessions are listed in the order that was asked for", async () => {
  expect(await listed("--sort", "created")).toEqual(["b", "a", "c"]);
  expect(await listed("--sort", "events")).toEqual(["a", "b", "c"]);
  expect(await listed("--sort", "session")).toEqual(["a", "b", "c"]);
});

test("one record a line, and a last line that tells a whole answer from a torn one", async () => {
  const { stdout, stderr } = await cli("session", "list", "--ndjson", "--limit", "2");
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { session: "b", lastBy: "agent:claude", events: 2 },
    { session: "a", events: 3 },
    { end: true, offset: 6 },
  ]);
  expect(stderr).toBe("");
  expect((await cli("session", "list", "--ndjson", "--actor", "none")).stdout).toBe('{"end":true,"offset":6}\n');
});

test("the table has who and how much, and its footer goes to stderr", async () => {
  const { stdout, stderr } = await cli("session", "list", "--limit", "1");
  expect(stdout).toMatch(/^SESSION +STATUS +HEALTH +TASK +BRANCH +LAST BY +UPDATED +EVENTS\nb .* agent:claude .* 2\n$/);
  expect(stderr).toMatch(/^1 of 3 sessions · offset 6 · sqlite:.*s\.db · --all shows the rest\n$/);
});

test("a session's log is cut by time, type, actor and place", async () => {
  expect(await logged()).toEqual([3, 2, 1]);
  expect(await logged("--since", "v1")).toEqual([3, 2]);
  expect(await logged("--since", "v1", "--until", "v2")).toEqual([2]);
  expect(await logged("--since", "2026-03-01T12:00:00Z")).toEqual([]);
  expect(await logged("--type", "*.pr-*")).toEqual([3]);
  expect(await logged("--actor", "user:?da", "--reverse")).toEqual([2]);
  expect(await logged("--path", "prState.exists")).toEqual([3, 1]);
  expect(await logged("--limit", "1")).toEqual([3]);
  expect(await logged("--limit", "1", "--reverse")).toEqual([1]);
});

test("with a place, only what changed there is told", async () => {
  const { stdout } = await cli("session", "log", "a", "--path", "prState", "--patch", "--since", "v1");
  const [, ...details] = stdout.trimEnd().split("\n");
  expect(details).toEqual(["       ~ prState.exists  true → false"]);
});

test("one place of a session is shown, now and then", async () => {
  expect((await cli("session", "show", "a", "--path", "prState")).stdout).toBe("prState.exists  false\n");
  const past = await cli("session", "show", "a", "--path", "prState.exists", "--as-of", "v1");
  expect(past.stdout).toBe("prState.exists  true\n");
  expect(past.stderr).toContain("2 newer events · compare: sessiondb session diff a v1..HEAD");
  const json = JSON.parse((await cli("session", "show", "a", "--path", "constructor", "--json")).stdout);
  expect(json).toMatchObject({ schema: "session-show/1", offset: 6, path: "/constructor", value: null });
});
