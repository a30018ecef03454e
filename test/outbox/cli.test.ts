import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { CliResult } from "../support/cli.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

/** For a busy machine: a server starts and stops. */
const MANY_LINES_MS = 180_000;

interface Machine {
  readonly server: PostgresServer;
  readonly home: string;
  run(line: string, env?: Record<string, string>): Promise<CliResult>;
  json(line: string): Promise<Record<string, unknown>>;
}

/** A machine whose user has a server and `fallback: outbox` in the configuration. */
async function machine(): Promise<Machine> {
  const server = await startPostgres({});
  onTestFinished(() => server.close());
  const home = tempDir();
  const env = {
    HOME: home,
    XDG_STATE_HOME: join(home, "state"),
    XDG_CONFIG_HOME: join(home, "etc"),
    STORAGE_BACKEND: "postgres",
    DATABASE_URL: server.url,
    SESSIONDB_FALLBACK: "outbox",
    SESSIONDB_ACTOR: "user:ada",
  };
  const run = (line: string, more: Record<string, string> = {}) =>
    runCli(line.split(" "), { cwd: home, env: { ...env, ...more } });
  const json = async (line: string) => {
    const { stdout, stderr } = await run(`${line} --json`);
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  };
  return { server, home, run, json };
}

test("a server that stops and comes back: writes are queued loudly, reads say their age, the next command replays", {
  timeout: MANY_LINES_MS,
}, async () => {
  const { server, run, json } = await machine();
  expect((await run("session start first")).code).toBe(0);
  expect(await json("status")).toMatchObject({ offset: 1, outbox: { queued: 0, conflicts: 0, fallback: true } });
  await server.stop("immediate");

  const queued = await run("session start second");
  expect([queued.code, queued.stdout]).toEqual([0, "queued  session.created  second\n"]);
  expect(queued.stderr).toContain("WARNING: NOT on the server, only queued on this machine (CONNECT_REFUSED)");
  expect((await run("session update second --set branch=b2")).code).toBe(0);
  const listed = await run("session list");
  expect(listed.stderr).toMatch(
    /WARNING: .* is away \(CONNECT_REFUSED\): read from a local copy, as of offset 1 at 20/,
  );
  expect(listed.stdout).toContain("second");
  const list = await json("session list");
  expect(list.stale).toMatchObject({
    copiedOffset: 1,
    queued: 2,
    code: "CONNECT_REFUSED",
    completeAt: expect.any(String),
  });
  expect((await run("key create k")).code).toBe(0);
  for (const line of ["sign --key k -o t.json", "sign --key k --append t.jsonl", "audit --proof p.jsonl"]) {
    const refused = await run(line);
    expect([line, refused.code, refused.stderr]).toEqual([
      line,
      5,
      expect.stringContaining("OUTBOX_PLACE_PROVISIONAL"),
    ]);
  }
  expect((await run("audit --proof p.jsonl --as-of 1")).code, "what the server has is settled").toBe(0);
  const { outbox, stale } = await json("status");
  expect([outbox, stale]).toMatchObject([{ queued: 2 }, { queued: 2 }]);
  const waiting = await json("outbox list");
  expect(waiting.items).toMatchObject([
    { why: "CONNECT_REFUSED", unsure: false, events: [{ type: "session.created", expectedVersion: 0 }] },
    { events: [{ type: "session.updated", expectedVersion: 1 }] },
  ]);
  expect((await run("outbox replay")).code).toBe(5);
  expect((await run("session start third", { SESSIONDB_FALLBACK: "none" })).code).toBe(5);

  await server.restart();
  const back = await run("session show second");
  expect([back.code, back.stderr]).toEqual([0, expect.stringContaining("2 queued appends are in its log now")]);
  const audit = await json("audit");
  expect(audit.stale).toBeUndefined();
  expect((audit.items as { type: string }[]).map(({ type }) => type)).toEqual([
    "session.created",
    "session.created",
    "session.updated",
  ]);
  expect(await json("status")).toMatchObject({ offset: 3, outbox: { queued: 0 } });
  expect((await run("verify")).code).toBe(0);
});

test("what others wrote meanwhile conflicts: it is listed, kept, and given up only by name", {
  timeout: MANY_LINES_MS,
}, async () => {
  const { server, home, run, json } = await machine();
  await run("session start shared");
  await run("session start own");
  await server.stop("fast");
  await run("session update shared --set branch=mine");
  await run("session update own --set branch=mine");
  await run("session update shared --set taskId=7");
  await server.restart();
  const plain = { SESSIONDB_FALLBACK: "none" };
  const others = await run("session update shared --set branch=theirs", plain);
  expect(others.stderr).toContain("WARNING: 3 appends wait for this server, and fallback is off");

  const replay = await run("outbox replay --json");
  expect([replay.code, JSON.parse(replay.stdout)]).toEqual([
    4,
    { schema: "outbox-replay/1", offset: 4, appended: 1, repeated: 0, conflicts: 2 },
  ]);
  expect(JSON.parse((await run("session show shared --json")).stdout)).toMatchObject({ record: { branch: "theirs" } });
  const { conflicts, items, outbox } = (await json("outbox list")) as Record<string, { name: string }[]> & {
    outbox: { name: string };
  };
  expect(items).toEqual([]);
  expect(conflicts).toMatchObject([
    { refused: { code: "VERSION_CONFLICT" }, events: [{ stream: "session-shared" }] },
    { refused: { code: "VERSION_CONFLICT" }, events: [{ stream: "session-shared" }] },
  ]);
  expect((await run("status")).stdout).toContain("0 queued, 2 conflicts: sessiondb outbox list");
  expect((await run("outbox replay")).code, "as long as they are kept").toBe(4);
  expect((await run("outbox drop --conflicts")).code).toBe(7);
  expect((await run("outbox drop --conflicts --yes=wrong")).code).toBe(7);
  const dropped = await run(`outbox drop --conflicts --yes=${outbox.name}`);
  expect([dropped.code, dropped.stdout]).toEqual([0, expect.stringMatching(/^dropped 2; they are kept in \//)]);
  expect((await json("outbox list")).conflicts).toEqual([]);
  const kept = dropped.stdout.trim().split(" ").at(-1) ?? "";
  expect(existsSync(kept)).toBe(true);
  expect((await run(`verify --store jsonl:${kept}`)).code).toBe(0);
  expect(execFileSync("stat", ["-c", "%a", join(home, "state/minsky/outbox", outbox.name)], { encoding: "utf8" })).toBe(
    "700\n",
  );
});

test("a server that was never reached: nothing is read, nothing that must be decided on it is queued, and that is an error", {
  timeout: MANY_LINES_MS,
}, async () => {
  const { home, run } = await machine();
  const nowhere = { DATABASE_URL: "postgres://127.0.0.1:1/app" };
  for (const line of ["session list", "session start a", "status"]) {
    const { code, stdout, stderr } = await run(line, nowhere);
    expect([line, code, stdout]).toEqual([line, 5, ""]);
    expect(stderr).toContain("error OUTBOX_NO_COPY: the server is away");
  }
  expect(readdirSync(join(home, "state/minsky/outbox"))).toHaveLength(1);
  for (const url of ["postgres://nowhere.invalid/app", "postgres://127.0.0.1:1/app?schema=BAD"]) {
    expect((await run("session list", { DATABASE_URL: url })).code).toBe(2);
  }
  const repo = join(home, ".minsky");
  execFileSync("mkdir", ["-p", repo]);
  writeFileSync(join(repo, "config.yaml"), "sessiondb: {outbox: {path: ./outbox}}\n");
  const hostile = await run("session list");
  expect([hostile.code, hostile.stderr]).toEqual([7, expect.stringContaining("CONFIG_NOT_FOR_REPOSITORY")]);
});

test("a dry run of an import asks the server alone, and says what would be sent before it", {
  timeout: MANY_LINES_MS,
}, async () => {
  const { server, home, run, json } = await machine();
  writeFileSync(join(home, "db.json"), JSON.stringify([{ session: "imported" }]));
  const dryRun = "import minsky-json db.json --dry-run";
  const untouched = readdirSync(home, { recursive: true });
  expect(await json(dryRun)).toMatchObject({ dryRun: true, imported: 1, offset: 1 });
  expect(readdirSync(home, { recursive: true })).toEqual(untouched);
  expect((await run("session start first")).code).toBe(0);
  await server.stop("immediate");
  expect((await run("session start second")).stdout).toContain("queued");
  expect((await run(dryRun)).code).toBe(5);
  await server.restart();
  const told = await run(dryRun);
  expect(told.stderr).toContain("WARNING: 1 appends wait for this server, and would be sent first");
  expect([told.code, told.stdout]).toEqual([0, expect.stringContaining("would end at offset 2")]);
  expect(await json("import minsky-json db.json")).toMatchObject({ dryRun: false, imported: 1, offset: 3 });
});
