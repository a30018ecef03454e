import { copyFileSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { legacySessions } from "../fixtures/legacy-sessions.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let cwd = "";
beforeEach(() => {
  cwd = tempDir();
});

/** Runs a line that must succeed. @returns stdout */
async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(args, { cwd });
  expect(code, stderr).toBe(0);
  return stdout;
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await ok(...args, "--json"));
}

function legacyFile(): string {
  const path = join(cwd, "session-backup.json");
  const data = { sessions: legacySessions(), baseDir: "/srv/state" };
  writeFileSync(path, JSON.stringify({ timestamp: "2025-06-23T16:46:12.144Z", version: "1.0", data }));
  return path;
}

test("217 legacy sessions come in, and a second import adds nothing", async () => {
  const file = legacyFile();
  const before = readFileSync(file);
  const store = ["--store", "sqlite:./s.db"];
  expect(await json("import", "minsky-json", file, ...store)).toMatchObject({
    read: 217,
    imported: 217,
    refused: 0,
    offset: 218, // one more for the base folder
  });
  expect(await json("import", "minsky-json", file, ...store)).toMatchObject({
    imported: 0,
    unchanged: 217,
    offset: 218,
  });
  const list = await json("session", "list", ...store);
  expect(list).toMatchObject({ total: 217, offset: 218 });
  const records = new Map((list.items as { session: string }[]).map((item) => [item.session, item]));
  for (const record of legacySessions()) expect(records.get(record.session as string)).toMatchObject(record);
  expect(readFileSync(file)).toEqual(before);
});

test("a change is in the log with its reason, and the past stays as it was", async () => {
  const store = ["--store", "jsonl:./s.jsonl"];
  await ok("session", "start", "task#7", "--branch", "a", "--task", "#7", ...store);
  await ok(
    "session",
    "update",
    "task#7",
    "--set",
    "branch=x",
    "--set",
    "prState.exists=false",
    "--reason",
    "why",
    "--actor",
    "agent:t",
    ...store,
  );
  expect(await json("session", "show", "task#7", ...store)).toMatchObject({
    version: 3,
    lastActor: "agent:t",
    record: { branch: "x", prState: { exists: false } },
  });
  for (const point of ["1", "v1", "HEAD~2"]) {
    expect(await json("session", "show", "task#7", "--as-of", point, ...store)).toMatchObject({
      offset: 1,
      record: { branch: "a" },
    });
  }
  const log = await ok("session", "log", "task#7", "--patch", ...store);
  expect(log).toContain('~ branch  "a" → "x"');
  expect(log).toContain('"why"');
  const ndjson = await json("session", "log", "task#7", ...store);
  expect((ndjson.items as { type: string }[]).map(({ type }) => type)).toEqual([
    "session.pr-created",
    "session.updated",
    "session.created",
  ]);
});

test("a log moves through all backends and comes back with the same bytes; again, only what is new", async () => {
  await ok("import", "minsky-json", legacyFile(), "--store", "jsonl:./s.jsonl");
  const stores = ["jsonl:./s.jsonl", "sqlite:./s.db", await freshPostgresUrl(), "jsonl:./back.jsonl"];
  const moves = stores.slice(1).map((to, i) => ["migrate", "--from", stores[i] as string, "--to", to]);
  for (const move of moves) expect(await json(...move)).toMatchObject({ copied: 218, relation: "empty" });
  await ok("session", "update", "001", "--set", "branch=new", "--store", "jsonl:./s.jsonl");
  for (const move of moves) expect(await json(...move)).toMatchObject({ copied: 1, relation: "prefix", offset: 219 });
  for (const move of moves) expect(await json(...move)).toMatchObject({ copied: 0, relation: "equal" });
  const verified = await Promise.all(stores.map((store) => json("verify", "--store", store)));
  expect(new Set(verified.map(({ hash }) => hash)).size).toBe(1);
  expect(readFileSync(join(cwd, "back.jsonl"))).toEqual(readFileSync(join(cwd, "s.jsonl")));
});

test("a preview writes nothing", async () => {
  await ok("session", "start", "a", "--store", "sqlite:./s.db");
  const out = await ok("migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./s.jsonl", "--dry-run");
  expect(out).toContain("PREVIEW");
  const { code } = await runCli(["verify", "--store", "jsonl:./s.jsonl"], { cwd });
  expect(code).toBe(3);
});

test("one changed byte of a copy is named with its offset", async () => {
  await ok("import", "minsky-json", legacyFile(), "--store", "jsonl:./s.jsonl");
  copyFileSync(join(cwd, "s.jsonl"), join(cwd, "copy.jsonl"));
  const lines = readFileSync(join(cwd, "copy.jsonl"), "utf8").split("\n");
  lines[99] = (lines[99] as string).replace("minsky", "minskx");
  writeFileSync(join(cwd, "copy.jsonl"), lines.join("\n"));
  const bad = await runCli(["verify", "--store", "jsonl:./copy.jsonl"], { cwd });
  expect([bad.code, bad.stdout.includes("offset 100")]).toEqual([6, true]);
  const target = await runCli(["migrate", "--from", "jsonl:./copy.jsonl", "--to", "sqlite:./s.db"], { cwd });
  expect(target.code).toBe(6);
});

test("a head that is expected is a hash: what is none, as an unset variable, is refused and not compared", async () => {
  await ok("session", "start", "a", "--store", "jsonl:./s.jsonl");
  const { hash } = JSON.parse(await ok("verify", "--store", "jsonl:./s.jsonl", "--json")) as { hash: string };
  const verify = (head: string) => runCli(["verify", "--expect-head", head, "--store", "jsonl:./s.jsonl"], { cwd });
  for (const head of [hash, hash.slice(0, 8), hash.toUpperCase()]) expect((await verify(head)).code).toBe(0);
  for (const head of ["", "zz", hash.slice(0, 7), `${hash}0`, `${hash} `]) {
    const { code, stdout, stderr } = await verify(head);
    expect([code, stdout, stderr.split(":")[0]]).toEqual([2, "", "error ARGUMENT_INVALID"]);
  }
  expect((await verify("0".repeat(64))).code).toBe(6);
});

test("files are for their owner only", async () => {
  for (const store of ["jsonl:./deep/er/s.jsonl", "sqlite:./deep/est/s.db"])
    await ok("session", "start", "a", "--store", store);
  const modes = ["deep/er", "deep/er/s.jsonl", "deep/est", "deep/est/s.db"].map(
    (path) => statSync(join(cwd, path)).mode & 0o777,
  );
  expect(modes).toEqual([0o700, 0o600, 0o700, 0o600]);
});

test("minsky is the same command, with and without sessiondb in front", async () => {
  const store = ["--store", "sqlite:./s.db"];
  const run = (args: string[]) => runCli([...args, ...store], { cwd, command: "minsky" });
  expect((await run(["session", "start", "a"])).code).toBe(0);
  expect((await run(["sessiondb", "session", "list"])).stdout).toBe((await run(["session", "list"])).stdout);
  expect((await run(["sessiondb", "verify"])).code).toBe(0);
});
