import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { addSessions, allLines, everyByte } from "../migrate/stores.js";
import { openAdmin } from "../postgres/open-postgres.js";
import { bundledProgram } from "../support/bundled-program.js";
import type { CliResult } from "../support/cli.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let cwd = "";
let state = "";
beforeEach(() => {
  cwd = tempDir();
  state = join(cwd, "state");
});

const NO_STORES = {
  SESSIONDB_STORE: undefined,
  DATABASE_URL: undefined,
  MINSKY_POSTGRES_URL: undefined,
  MINSKY_SQLITE_PATH: undefined,
};

const folders = () => ({ XDG_STATE_HOME: state, XDG_CONFIG_HOME: join(cwd, "etc") });

function run(line: string, env: Record<string, string | undefined> = {}): Promise<CliResult> {
  const args = line.split(" ");
  return runCli(args, { cwd, command: "minsky", env: { ...NO_STORES, ...folders(), ...env } });
}

async function ok(line: string, env?: Record<string, string | undefined>): Promise<string> {
  const { code, stdout, stderr } = await run(line, env);
  expect(code, `${line}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

async function json(line: string, env?: Record<string, string | undefined>): Promise<Record<string, unknown>> {
  return JSON.parse(await ok(`${line} --json`, env));
}

const defaultLog = () => `jsonl:${join(state, "minsky/session-db.jsonl")}`;
const defaultDatabase = () => `sqlite:${join(state, "minsky/sessions.db")}`;

test("the documented spellings run as written", { timeout: 120_000 }, async () => {
  await addSessions(defaultLog(), 2);
  const postgres = await freshPostgresUrl();
  const env = { MINSKY_POSTGRES_URL: postgres };
  const before = await everyByte(defaultLog());
  expect(await ok("sessiondb migrate --preview --dry-run")).toContain(`to     ${defaultDatabase()}`);
  expect(await everyByte(defaultLog())).toEqual(before);
  expect(await ok("sessiondb migrate to postgres --dry-run", env)).toContain("PREVIEW");
  expect(await ok(`sessiondb migrate --dry-run --from ${defaultLog()} to jsonl:./x.jsonl`)).toContain("PREVIEW");
  expect(existsSync(join(cwd, "x.jsonl"))).toBe(false);
  expect(await ok("sessiondb migrate to sqlite --backup ./backups")).toContain("1..4 (4 events)");
  expect(await json("sessiondb migrate status")).toMatchObject({
    schema: "migration-status/1",
    offset: 4,
    migration: { state: "done", backups: [expect.stringContaining("backups/source-")] },
  });
  await addSessions(defaultLog(), 1, "more");
  expect(await json("sessiondb migrate --incremental --since 2024-01-01")).toMatchObject({ copied: 2, offset: 6 });
  expect(await json(`sessiondb migrate --from sqlite --to postgresql --connection-url ${postgres}`)).toMatchObject({
    copied: 6,
  });
  const back = await json("sessiondb migrate --from postgresql --to sqlite --sqlite-path ./sessions.db", env);
  expect(back).toMatchObject({ copied: 6, to: `sqlite:${join(cwd, "sessions.db")}` });
  expect(await allLines(`sqlite:${join(cwd, "sessions.db")}`)).toEqual(await allLines(defaultLog()));
  // Each of them has made its target the store in use.
  const { migration } = (await json("sessiondb migrate status", env)) as { migration: { id: string } };
  expect(await ok(`sessiondb rollback --migration-id ${migration.id} --yes`, env)).toContain(
    "ends at offset 0; 6 events left it",
  );
  const { items } = await json("sessiondb migrate list", env);
  expect(items).toMatchObject([{ state: "done" }, { state: "done" }, { state: "done" }]);
});

test("a session-db.json at the default place is migrated at the first start, and a preview leaves it alone", async () => {
  mkdirSync(join(state, "minsky"), { recursive: true });
  writeFileSync(
    join(state, "minsky/session-db.json"),
    JSON.stringify({ sessions: [{ session: "a" }, { session: "b" }] }),
  );
  expect((await run("sessiondb migrate to sqlite --dry-run")).code).toBe(3);
  expect(readdirSync(join(state, "minsky"))).toEqual(["session-db.json"]);
  expect(await json("sessiondb migrate to sqlite")).toMatchObject({ copied: 2, sessions: 2 });
});

test("a rollback shows what it would cut, asks, and names the command that takes it back", async () => {
  await addSessions(defaultLog(), 1);
  await ok("sessiondb migrate to sqlite");
  const asked = await run("sessiondb rollback last");
  expect([asked.code, asked.stdout]).toEqual([
    7,
    expect.stringContaining("goes back from offset 2 to 0; 2 copied events"),
  ]);
  expect(asked.stderr).toContain("CONFIRMATION_NEEDED");
  expect(await ok("sessiondb rollback last --dry-run")).toContain("PREVIEW");
  await addSessions(defaultDatabase(), 1, "theirs");
  const refused = await run("sessiondb rollback last --yes");
  expect(refused.code).toBe(7);
  expect(refused.stderr).toContain("ROLLBACK_WOULD_LOSE");
  const shown = await run("sessiondb rollback last");
  expect(shown.stdout).toMatch(/3 {2}\S+ {2}user:test {2}session.created {2}session-theirs-1/);
  const all = await allLines(defaultDatabase());
  const done = await run("sessiondb rollback last --yes --force");
  expect([done.code, done.stdout]).toEqual([0, expect.stringContaining("saved in")]);
  const command = /take it back: sessiondb (restore .+)$/m.exec(done.stderr)?.[1] ?? "";
  expect(await ok(command)).toContain("restored 1..4");
  expect(await allLines(defaultDatabase())).toEqual(all);
});

test("of a target that was moved, status and rollback name the place where it is now", async () => {
  await addSessions(defaultLog(), 1);
  const { id } = (await json("sessiondb migrate to sqlite:./first.db --no-switch")) as { id: string };
  renameSync(join(cwd, "first.db"), join(cwd, "second.db"));
  const there = `sqlite:${join(cwd, "second.db")}`;
  expect(await ok("sessiondb migrate status --to sqlite:./second.db")).toContain(`rollback ${id} --to ${there}\n`);
  const { code, stdout, stderr } = await run("sessiondb rollback last --to sqlite:./second.db --yes");
  expect([code, stdout]).toEqual([0, expect.stringContaining(`rolled back ${id}: ${there} ends at offset 0`)]);
  expect(stdout + stderr).not.toContain("first.db");
  expect(stderr).toMatch(new RegExp(`take it back: sessiondb restore \\S+ --to ${there}\n`));
});

test("a point that is restored already is told as what it is", async () => {
  await addSessions(defaultLog(), 2);
  await ok(`backup -o ./b.jsonl --store ${defaultLog()}`);
  const { code, stdout, stderr } = await run(`restore ./b.jsonl --to ${defaultLog()} --as-of 2`);
  expect([code, stdout]).toEqual([0, expect.stringContaining("restored nothing")]);
  expect(stderr).toBe("2 → offset 2\n");
  const before = await run("restore ./b.jsonl --to sqlite:./new.db --as-of 2020-01-01");
  expect([before.code, before.stdout]).toEqual([0, expect.stringContaining("begins at offset 1, behind that point\n")]);
  writeFileSync(join(cwd, "empty.jsonl"), "");
  expect(await ok("restore ./empty.jsonl --to sqlite:./new.db")).toContain("empty.jsonl holds no events\n");
  writeFileSync(join(cwd, "b.jsonl.gz"), gzipSync(readFileSync(join(cwd, "b.jsonl"))));
  const packed = await run("restore ./b.jsonl.gz --to sqlite:./new.db");
  expect([packed.code, packed.stderr]).toEqual([6, expect.stringMatching(/is compressed.*\nhint: unpack it first/)]);
  expect(existsSync(join(cwd, "new.db"))).toBe(false);
});

test("--since says what it was taken for, and a gap is refused with the command that closes it", async () => {
  await addSessions(defaultLog(), 3);
  const gap = await run("sessiondb migrate to sqlite --since 4");
  expect(gap.code).toBe(7);
  expect(gap.stderr).toContain("4 → offset 4");
  expect(gap.stderr).toMatch(/SINCE_GAP: .* lacks the events 1\.\.4/);
  expect(gap.stderr).toContain("--since 0");
  expect(existsSync(join(state, "minsky/sessions.db"))).toBe(false);
  for (const [since, code] of [
    ["last", 3],
    ["0190a000-0000-7000-8000-000000000001", 3],
    ["99", 3],
    ["soon", 2],
    ["1h", 0],
    ["last", 0],
    ["6", 0],
    ["HEAD~1", 0],
  ] as const) {
    const result = await run(`sessiondb migrate to sqlite --since ${since}`);
    expect(result.code, `${since}: ${result.stderr}`).toBe(code);
  }
});

test("two logs that parted are shown, and joined in the way that is named", async () => {
  await addSessions(defaultLog(), 1);
  await ok("sessiondb migrate to sqlite");
  await addSessions(defaultLog(), 1, "ours");
  await addSessions(defaultDatabase(), 1, "theirs");
  const preview = await run("sessiondb migrate to sqlite --preview");
  expect(preview.code).toBe(6);
  expect(preview.stdout).toMatch(/there {2}2 events, the first: 3 .*session-ours-1/);
  expect(preview.stdout).toMatch(/here {3}2 events, the first: 3 .*session-theirs-1/);
  expect(preview.stderr).toContain("--on-conflict source-wins, target-wins or rebase");
  expect((await run("sessiondb migrate to sqlite")).code).toBe(6);
  expect(await json("sessiondb migrate to sqlite --on-conflict target-wins")).toMatchObject({ copied: 0, offset: 4 });
  expect(await ok("sessiondb migrate to sqlite --on-conflict rebase")).toContain("rebased  2 events of the source");
  expect(await json("session list", { SESSIONDB_STORE: defaultDatabase() })).toMatchObject({ total: 3 });
  expect(await ok("sessiondb migrate to sqlite --on-conflict source-wins")).toContain(
    "replaced 3..6 of the target, saved in",
  );
  const replaced = await allLines(defaultDatabase());
  expect(replaced).toEqual(await allLines(defaultLog()));
  expect((await run("sessiondb migrate to sqlite --on-conflict both")).code).toBe(2);
  // What gave way comes back, so the file of what was cut fits nowhere: the same is done again instead.
  const { stderr } = await run("sessiondb rollback last --yes");
  const again = /take it back: sessiondb (migrate .+ --on-conflict source-wins)$/m.exec(stderr)?.[1] ?? "";
  await ok(`sessiondb ${again}`);
  expect(await allLines(defaultDatabase())).toEqual(replaced);
});

test.each(["jsonl", "sqlite"])(
  "a backup never takes the place of its own store in %s, also with --force",
  async (scheme) => {
    const store = { SESSIONDB_STORE: `${scheme}:./own` };
    await ok("sessiondb session start a", store);
    for (const file of ["./own", "./folder/../own", "./own.lock", "./own-wal"]) {
      const { code, stderr } = await run(`sessiondb backup -o ${file} --force`, store);
      expect([code, stderr.includes("TARGET_IS_SOURCE")]).toEqual([2, true]);
    }
    await ok("sessiondb session update a --set branch=b", store);
    expect(await ok("sessiondb backup -o ./own.bak --force", store)).toContain("2 events");
    expect(await json("sessiondb verify", store)).toMatchObject({ ok: true, offset: 2 });
  },
);

test("backup and restore, to a point", async () => {
  await addSessions(defaultLog(), 3);
  const store = { SESSIONDB_STORE: defaultLog() };
  expect(await json("sessiondb backup -o ./b.jsonl", store)).toMatchObject({ offset: 6, file: join(cwd, "b.jsonl") });
  expect((await run("sessiondb backup -o ./b.jsonl", store)).code).toBe(7);
  expect(await ok("sessiondb backup -o ./b.jsonl --force", store)).toContain("6 events");
  expect(await ok("sessiondb restore ./b.jsonl --to sqlite:./r.db --as-of 4 --dry-run")).toContain(
    "would restore 1..4",
  );
  expect(existsSync(join(cwd, "r.db"))).toBe(false);
  expect(await json("sessiondb restore ./b.jsonl --to sqlite:./r.db --as-of 4")).toMatchObject({
    offset: 4,
    events: 4,
  });
  expect(await json("sessiondb restore ./b.jsonl --to sqlite:./r.db")).toMatchObject({ offset: 6, events: 2 });
  expect(await allLines(`sqlite:${join(cwd, "r.db")}`)).toEqual(
    readFileSync(join(cwd, "b.jsonl"), "utf8").split(/(?<=\n)/),
  );
});

describe("how it is told", () => {
  test("--ndjson: progress, then the result", async () => {
    await addSessions(defaultLog(), 2);
    const lines = (await ok("sessiondb migrate to sqlite --ndjson --batch 1"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ progress }) => progress === "copying").map(({ done }) => done)).toEqual([1, 2, 3, 4]);
    expect(lines.at(-1)).toMatchObject({ schema: "migrate/1", end: true, copied: 4 });
  });

  test("--verify alone compares with the last target again, and writes nothing", async () => {
    await addSessions(defaultLog(), 2);
    await ok("sessiondb migrate to sqlite");
    await addSessions(defaultLog(), 1, "more");
    const before = await everyByte(defaultDatabase());
    expect(await ok("sessiondb migrate --verify")).toContain("equal hashes up to offset 4, 2 states equal");
    expect(await everyByte(defaultDatabase())).toEqual(before);
  });

  test("passwords never: not in the output, not in the journal", async () => {
    await addSessions(defaultLog(), 1);
    const url = new URL(await freshPostgresUrl());
    url.password = "hunter2";
    const env = { MINSKY_POSTGRES_URL: url.href };
    const outputs = [
      await run("sessiondb migrate to postgres", env),
      await run("sessiondb migrate status", env),
      await run("sessiondb migrate list --json", env),
      await run("sessiondb rollback last --dry-run --json", env),
    ];
    for (const { code, stdout, stderr } of outputs) {
      expect(code, stderr).toBe(0);
      expect(stdout + stderr).not.toContain("hunter2");
    }
    const argued = await run(`sessiondb migrate --from ${defaultLog()} --to ${url.href} --preview`);
    expect(argued.stderr).toContain("can read the password in this command line");
  });

  test("a migration from a server is resumed with the address that the environment knows", async () => {
    const url = new URL(await freshPostgresUrl());
    url.password = "hunter2";
    await addSessions(url.href, 1);
    const env = { MINSKY_POSTGRES_URL: url.href };
    await ok("sessiondb migrate --from postgres --to sqlite", env);
    expect((await run("sessiondb migrate resume last", env)).stderr).toContain("RESUME_IMPOSSIBLE");
  });
});

// Without the setting a statement waits for 30 seconds.
test("both sides are opened as configured: schema, and how long a statement may take", {
  timeout: 25_000,
}, async () => {
  const url = new URL(await freshPostgresUrl());
  const schema = url.searchParams.get("schema") ?? "";
  url.searchParams.delete("schema");
  mkdirSync(join(cwd, "etc/minsky"), { recursive: true });
  const settings = [`connectionString: ${url.href}`, `schema: ${schema}`, "statementTimeoutMs: 300"];
  writeFileSync(join(cwd, "etc/minsky/config.yaml"), `sessiondb:\n  postgres: { ${settings.join(", ")} }\n`, {
    mode: 0o600,
  });
  await addSessions(defaultLog(), 1);
  await ok("sessiondb migrate to postgres --no-switch");
  const admin = await openAdmin(url.href);
  const { rows } = await admin.query(`SELECT count(*)::int AS n FROM "${schema}".events`);
  expect(rows).toEqual([{ n: 2 }]);
  await admin.query(`BEGIN; LOCK TABLE "${schema}".events IN ACCESS EXCLUSIVE MODE`);
  const { code, stderr } = await run("sessiondb migrate to postgres --no-switch");
  await admin.query("ROLLBACK");
  expect([code, stderr]).toEqual([5, expect.stringMatching(/^error (LOG_LOCKED|SERVER_UNREACHABLE)/)]);
});

test("Ctrl-C stops between two batches and names the command that goes on", { timeout: 120_000 }, async () => {
  await addSessions(defaultLog(), 300);
  const program = bundledProgram("cli", "dist/cli/sessiondb.js");
  const args = [program, "migrate", "to", "sqlite", "--batch", "1", "--ndjson"];
  const env = { ...process.env, ...folders() };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    // The second one would end the process at once.
    if (text.includes('"copying"') && !child.killed) child.kill("SIGINT");
  });
  const signal = await new Promise((resolve) => child.once("close", (_code, name) => resolve(name)));
  expect([signal, stderr]).toEqual(["SIGINT", expect.stringContaining("MIGRATION_STOPPED")]);
  const { migration } = (await json("sessiondb migrate status")) as { migration: { id: string; state: string } };
  expect(migration.state).toBe("stopped");
  const command = /go on with: sessiondb (migrate resume \S+ --to [^"\s]+)/.exec(stderr)?.[1] ?? "";
  expect(await json(command)).toMatchObject({ id: migration.id, offset: 600 });
  expect(await allLines(defaultDatabase())).toEqual(await allLines(defaultLog()));
});
