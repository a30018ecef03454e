import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { sessions } from "../../projections/sessions.js";
import { loadConfig } from "../../src/config/layers.js";
import { diagnose, fixAll } from "../../src/inspect/doctor/diagnose.js";
import type { Finding } from "../../src/inspect/doctor/finding.js";
import { serverSettings } from "../../src/inspect/doctor/postgres-checks.js";
import { sqliteVersion, walFile } from "../../src/inspect/doctor/sqlite-checks.js";
import { openLog } from "../../src/open-log.js";
import { ReadModel } from "../../src/replay/read-model/read-model.js";
import { SessionStore } from "../../src/session/session-store.js";
import { openAdmin } from "../postgres/open-postgres.js";
import { deafProxy } from "../support/deaf-proxy.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { runShell } from "../support/shell.js";
import { SHARED_STORES } from "../support/stores.js";
import { tempDir } from "../support/temp.js";

/** Three sessions, and the stored read model of them. */
async function filled(url: string): Promise<void> {
  const log = await openLog(url);
  const store = new SessionStore(log, { actor: "user:ada" });
  for (const session of ["auth", "docs", "spike"]) await store.create({ session });
  await store.update("auth", { branch: "auth-2" });
  await new ReadModel(log, sessions).query();
  await log.close();
}

async function filledFile(name: string): Promise<{ path: string; url: string; folder: string }> {
  const folder = tempDir();
  const path = join(folder, name);
  const url = `${name.endsWith(".db") ? "sqlite" : "jsonl"}:${path}`;
  await filled(url);
  return { path, url, folder };
}

async function wrong(url: string): Promise<readonly Finding[]> {
  return (await diagnose({ url })).findings.filter(({ severity }) => severity !== "ok");
}

/** The one finding with this code; its command has to run. */
async function withMend(url: string, code: string, cwd: string): Promise<Finding> {
  const found = (await wrong(url)).filter((finding) => finding.code === code);
  expect(found, JSON.stringify(await wrong(url))).toHaveLength(1);
  const [finding] = found as [Finding];
  expect(finding.why).toBeTruthy();
  expect(finding.mend?.kind).toBe("command");
  const { code: exitCode, stdout, stderr } = await runShell(finding.mend?.text ?? "", { cwd });
  // A doctor that has mended something may have more to tell.
  const fine = finding.mend?.text.startsWith("sessiondb doctor") ? [0, 8] : [0];
  expect(fine, `${finding.mend?.text}\n${stdout}${stderr}`).toContain(exitCode);
  return finding;
}

function snapshot(folder: string): unknown {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .sort()
    .map((name) => [name, statSync(join(folder, name)).mtimeMs, statSync(join(folder, name)).size]);
}

describe.each(SHARED_STORES)("on %s", (kind, fresh) => {
  test("a store in order has nothing to mend, and looking changes nothing", async () => {
    const url = await fresh();
    await filled(url);
    const folder = kind === "postgres" ? undefined : join(url.slice(url.indexOf(":") + 1), "..");
    const before = folder && snapshot(folder);
    const { findings, offset, store } = await diagnose({ url });
    // The server of the tests does not write to its disk, and says so.
    expect(findings.filter(({ severity, check }) => severity !== "ok" && check !== "server")).toEqual([]);
    expect(offset).toBe(4);
    expect(store).not.toContain("password");
    expect(folder && snapshot(folder)).toEqual(before);
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["store", "lock", "chain", "read models"]),
    );
  });

  test("a store that is not there is told, and not made", async () => {
    const url = await fresh();
    const { findings, offset } = await diagnose({ url });
    expect(findings).toContainEqual(expect.objectContaining({ check: "store", code: "missing", severity: "bad" }));
    expect(offset).toBeNull();
    expect(await diagnose({ url })).toMatchObject({ offset: null });
    expect((await diagnose({ url, isDefaultPlace: true })).findings.every(({ severity }) => severity === "ok")).toBe(
      true,
    );
  });

  test("a secret in the log is told by its place, and not repeated", async () => {
    const url = await fresh();
    const log = await openLog(url, { scrub: { mode: "off" } });
    const token = `ghp_${"a1B2".repeat(9)}`;
    await new SessionStore(log).create({ session: "auth", note: `use ${token}` });
    await log.close();
    const { findings } = await diagnose({ url });
    const found = findings.filter(({ check }) => check === "secrets");
    expect(found).toMatchObject([{ code: "in-log", severity: "warn", what: expect.stringContaining("events 1 ") }]);
    expect(found[0]?.mend?.text).toMatch(/^sessiondb redact --event 1 --reason "a secret" --dry-run/);
    expect(JSON.stringify(findings)).not.toContain(token);
  });

  test("a migration that was killed is told with the command that resumes it", async () => {
    const [url, source] = [await fresh(), `jsonl:${join(tempDir(), "from.jsonl")}`];
    await filled(source);
    await filled(url);
    const log = await openLog(url);
    const id = "0190a000-0000-7000-8000-00000000000a";
    const tail = { offset: 0, hash: "0".repeat(64), recordedAt: "" };
    const at = "2026-01-31T10:00:00.000Z";
    const entry = {
      format: 1,
      id,
      state: "running",
      source,
      target: url,
      actor: "user:ada",
      host: "elsewhere",
      pid: 1,
    };
    const times = { processStartedAt: at, startedAt: at, heartbeatAt: at, endedAt: null };
    const counts = { events: 0, sessions: 0, bytes: 0, states: 0, checkMs: 0, copyMs: 0, verifyMs: 0 };
    const rest = {
      before: tail,
      planned: { ...tail, offset: 4 },
      reached: tail,
      after: null,
      onConflict: null,
      error: null,
    };
    const lists = { replaced: null, rollbacks: [], backups: [] };
    await log.sidecar.write(`migrations/${id}`, JSON.stringify({ ...entry, ...times, ...counts, ...rest, ...lists }));
    await log.sidecar.write("migrations/not-one", "{");
    await log.close();
    const found = (await wrong(url)).filter(({ check }) => check === "migrations");
    expect(found.map(({ code }) => code)).toEqual(["interrupted", "unreadable-entry"]);
    expect(found[0]?.mend?.text).toMatch(new RegExp(`^sessiondb migrate resume ${id} --to `));
  });
});

describe("a JSONL log", () => {
  test("with a torn tail: the command moves it aside, and every byte is kept", async () => {
    const { path, url, folder } = await filledFile("it's a log.jsonl");
    const whole = readFileSync(path);
    appendFileSync(path, '{"v":1,"offset":5,"com');
    const before = snapshot(folder);
    await wrong(url);
    expect(snapshot(folder)).toEqual(before);
    await withMend(url, "torn", folder);
    expect(readFileSync(path)).toEqual(whole);
    const torn = readdirSync(folder).filter((name) => name.includes(".torn-"));
    expect(torn.map((name) => readFileSync(join(folder, name), "utf8"))).toEqual(['{"v":1,"offset":5,"com']);
    expect((await wrong(url)).map(({ code }) => code)).toEqual(["torn-file"]);
    await withMend(url, "torn-file", folder);
    expect(await wrong(url)).toEqual([]);
  });

  test("beside which lies a segment that it does not read: it is told, and somebody else's file is not", async () => {
    const { path, url, folder } = await filledFile("s.jsonl");
    writeFileSync(`${path}.000001`, "rotated by somebody else\n", { mode: 0o600 });
    expect(await wrong(url)).toEqual([]);
    writeFileSync(`${path}.000002`, readFileSync(path), { mode: 0o600 });
    expect((await wrong(url)).map(({ code }) => code)).toEqual(["unnamed-segment"]);
    await withMend(url, "unnamed-segment", folder);
    expect(await wrong(url)).toEqual([]);
    expect(readdirSync(folder)).toContain("s.jsonl.000001");
  });

  test.each([
    ["in the middle", 2, ["chain"]],
    ["at the end", 4, ["store"]],
  ])(
    "that was edited %s: the command saves what stands before it, and nothing is changed",
    async (_name, line, where) => {
      const { path, url, folder } = await filledFile("s.jsonl");
      const lines = readFileSync(path, "utf8").split("\n");
      lines[line - 1] = (lines[line - 1] as string).replace("user:ada", "user:eve");
      writeFileSync(path, lines.join("\n"));
      const bad = (await wrong(url)).filter(({ severity }) => severity === "bad");
      expect(bad.map(({ check }) => check)).toEqual(where);
      const { code, stdout, stderr } = await runShell(bad[0]?.mend?.text ?? "", { cwd: folder });
      expect(code, `${bad[0]?.mend?.text}\n${stdout}${stderr}`).toBe(0);
      expect(readFileSync(path, "utf8")).toBe(lines.join("\n"));
      expect(await fixAll({ url })).toEqual([]);
    },
  );

  test("that cannot be opened leaves no check ok that needs it", async () => {
    const { path, url } = await filledFile("s.jsonl");
    writeFileSync(path, readFileSync(path, "utf8").replace(/\n$/, "\r\n"));
    const { findings, offset } = await diagnose({ url });
    expect(offset).toBeNull();
    const needing = ["tail", "chain", "read models", "migrations", "secrets"];
    for (const check of needing) {
      const severities = findings.filter((finding) => finding.check === check).map(({ severity }) => severity);
      expect(severities, check).toEqual(["unknown"]);
    }
  });

  test("of an unknown kind of lock, or with a broken manifest, is unusable and stays as it is", async () => {
    const { path, url } = await filledFile("s.jsonl");
    for (const manifest of ['{"format":1,"lock":"flock"}', "{", '{"format":99,"lock":"ofd"}']) {
      writeFileSync(`${path}.manifest.json`, manifest);
      const found = await wrong(url);
      expect(found[0]).toMatchObject({ check: "store", code: "unusable", severity: "bad" });
      expect(found.map(({ check }) => check)).toContain("lock");
      expect(readFileSync(`${path}.manifest.json`, "utf8")).toBe(manifest);
    }
  });

  test("beside which old unfinished files lie: --fix removes those, and no young one", async () => {
    const { path, url, folder } = await filledFile("s.jsonl");
    mkdirSync(`${path}.sidecar`, { mode: 0o700 });
    const [old, young] = [".unfinished-0a0b0c", ".unfinished-0d0e0f"].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    for (const name of [old, young, join(`${path}.sidecar`, ".tmp-00ff")]) writeFileSync(name, "half");
    const folderLeft = join(folder, ".unfinished-0a0a0a"); // of an export that is a folder
    mkdirSync(folderLeft);
    writeFileSync(join(folderLeft, "s.json"), "half");
    utimesSync(folderLeft, new Date(0), new Date(0));
    for (const name of [old, join(`${path}.sidecar`, ".tmp-00ff")]) utimesSync(name, new Date(0), new Date(0));
    expect((await wrong(url)).map(({ code }) => code)).toEqual([
      "unfinished-file",
      "unfinished-file",
      "unfinished-file",
    ]);
    expect((await fixAll({ url })).map(({ done }) => done)).toEqual([true, true, true]);
    expect(readdirSync(folder)).toContain(".unfinished-0d0e0f");
    expect(await wrong(url)).toEqual([]);
  });

  test("a rollback that was killed while it saved leaves a file that is told, and removed by --fix", async () => {
    const { url, folder } = await filledFile("s.jsonl");
    const env = { XDG_STATE_HOME: join(folder, "state"), XDG_CONFIG_HOME: folder, HOME: folder };
    const left = join(folder, "state/minsky/rollbacks/.unfinished-0a0b0c");
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(left, "half");
    utimesSync(left, new Date(0), new Date(0));
    const config = loadConfig({ cwd: folder, env });
    const { findings } = await diagnose({ url, config });
    expect(findings.filter(({ check }) => check === "leftovers")).toMatchObject([{ code: "unfinished-file" }]);
    await fixAll({ url, config });
    expect(readdirSync(dirname(left))).toEqual([]);
  });

  test.each(["/dev/null", tmpdir()])("in the place of %s: nobody is told to change the mode of that", async (path) => {
    for (const scheme of ["jsonl", "sqlite"]) {
      const { findings } = await diagnose({ url: `${scheme}:${path}` });
      expect(findings.filter(({ check, severity }) => check === "permissions" && severity !== "ok")).toEqual([]);
    }
  });

  test("that others can read is told with the chmod, which --fix leaves to its owner", async () => {
    const { path, url, folder } = await filledFile("s.jsonl");
    chmodSync(path, 0o644);
    expect(await fixAll({ url })).toEqual([]);
    await withMend(url, "open-store", folder);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe("a SQLite log", () => {
  test("whose stored documents differ from the log: the command computes them anew", async () => {
    const { path, url, folder } = await filledFile("s.db");
    const db = new Database(path);
    const table = db.prepare("SELECT name FROM sqlite_schema WHERE name LIKE '%sessions%' AND type = 'table'").pluck();
    const [name] = (table.all() as string[]).filter((one) => /^rm_sessions|^model_sessions|sessions/.test(one));
    db.exec(`DELETE FROM "${name}" WHERE id = 'docs'`);
    db.close();
    const finding = await withMend(url, "drifted", folder);
    expect(finding).toMatchObject({ severity: "bad", fixable: true, what: expect.stringContaining("docs missing") });
    expect(await wrong(url)).toEqual([]);
  });

  test("of an older schema: looking leaves it old, --fix brings it up to date", async () => {
    const { path, url } = await filledFile("s.db");
    const db = new Database(path);
    db.exec("DROP TABLE read_models; DROP TRIGGER events_no_delete");
    db.exec("CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'append-only'); END");
    db.exec("DROP TABLE archives; DROP TABLE archived_streams; DROP TABLE archived_ids");
    db.exec("DELETE FROM schema_migrations WHERE name <> '0001-log'");
    db.close();
    expect((await wrong(url)).map(({ code }) => code)).toContain("behind");
    expect((await wrong(url)).map(({ code }) => code)).toContain("behind");
    expect(await fixAll({ url })).toEqual([{ check: "schema", code: "behind", done: true, what: expect.any(String) }]);
    expect(await wrong(url)).toEqual([]);
  });

  test("of a newer schema, or that is none, is unusable and stays as it is", async () => {
    const { path, url } = await filledFile("s.db");
    const db = new Database(path);
    db.exec("INSERT INTO schema_migrations (name, timestamp) VALUES ('9999-later', '2030-01-01')");
    db.close();
    expect((await wrong(url))[0]).toMatchObject({ check: "store", severity: "bad" });
    const other = join(tempDir(), "notes.db");
    writeFileSync(other, "this is no database, whatever its name says\n".repeat(40));
    const found = await wrong(`sqlite:${other}`);
    expect(found[0]).toMatchObject({ check: "store", code: "unusable", severity: "bad" });
    expect(found.filter(({ severity }) => severity === "unknown").length).toBeGreaterThan(2);
    expect(readFileSync(other, "utf8")).toContain("no database");
  });

  test("with a large -wal file that a reader keeps from being written back", async () => {
    const { path, url } = await filledFile("s.db");
    const reader = new Database(path, { readonly: true });
    reader.exec("BEGIN; SELECT count(*) FROM events");
    reader.prepare("SELECT count(*) FROM events").get();
    const log = await openLog(url);
    const store = new SessionStore(log);
    for (let i = 0; i < 5; i++) await store.create({ session: `large-${i}`, note: "x".repeat(15_000_000) });
    expect(await wrong(url)).toMatchObject([{ check: "wal", code: "large", fixable: true }]);
    reader.exec("COMMIT");
    reader.close();
    await log.close();
    expect(await wrong(url)).toEqual([]);
  });

  test("of an unsafe SQLite, or without WAL", () => {
    const unsafe = sqliteVersion({ version: "3.45.1", versionFault: "3.45.1 can lose data" });
    expect(unsafe).toMatchObject({
      severity: "bad",
      mend: { kind: "command", text: expect.stringMatching(/^npm install /) },
    });
    const facts = { journalMode: "delete", walBytes: 0 };
    expect(walFile({ storeOption: "" }, facts, async () => 0)).toMatchObject({ code: "no-wal", severity: "warn" });
  });
});

describe("a Postgres log", () => {
  test("on a server that does not write to its disk", async () => {
    const settings = {
      host: "",
      serverVersion: "18.4",
      fullPageWrites: "on",
      synchronousCommit: "off",
      inRecovery: false,
      unlogged: [],
    };
    const seen = serverSettings({ ...settings, fsync: "off" });
    expect(seen.map(({ code, severity }) => [code, severity])).toEqual([
      ["fsync", "bad"],
      ["settings", "ok"],
    ]);
    const admin = await openAdmin(await freshPostgresUrl());
    // Only looked at: the server is everybody's.
    const [name] = /ALTER SYSTEM SET (\w+) = on/.exec(seen[0]?.mend?.text ?? "")?.slice(1) ?? [];
    expect((await admin.query(`SELECT 1 FROM pg_settings WHERE name = '${name}'`)).rows).toHaveLength(1);
  });

  test("whose events the server would empty after a crash: what it says mends it", async () => {
    const url = await freshPostgresUrl();
    await filled(url);
    const schema = new URL(url).searchParams.get("schema");
    const admin = await openAdmin(url);
    await admin.query(`ALTER TABLE "${schema}".events SET UNLOGGED`);
    const found = (await wrong(url)).filter(({ check }) => check === "server");
    expect(found).toMatchObject([{ code: "unlogged", severity: "bad", mend: { kind: "sql" } }]);
    await admin.query(found[0]?.mend?.text ?? "");
    expect((await wrong(url)).filter(({ check }) => check === "server")).toEqual([]);
  });

  test("behind something that swallows notifications: the command names a direct address, and with it all is well", async () => {
    const direct = await freshPostgresUrl();
    await filled(direct);
    const url = await deafProxy(direct);
    const found = (await wrong(url)).filter(({ check }) => check === "listen");
    expect(found).toMatchObject([{ code: "pooler", severity: "warn", mend: { kind: "command" } }]);
    const home = tempDir();
    const env = { XDG_CONFIG_HOME: home, DIRECT_URL: direct };
    const { code, stderr } = await runShell(found[0]?.mend?.text ?? "", { cwd: home, env });
    expect(code, stderr).toBe(0);
    const listenUrl = loadConfig({ cwd: home, env: { XDG_CONFIG_HOME: home, HOME: home } }).find(
      "postgres.listenUrl",
    )?.value;
    const { findings } = await diagnose({ url, openOptions: { listenUrl: String(listenUrl) } });
    expect(findings.filter(({ check }) => check === "listen")).toMatchObject([{ code: "heard", severity: "ok" }]);
  });

  test("that cannot be reached: nothing is ok, and the password is not told", async () => {
    const { findings, store } = await diagnose({
      url: "postgres://ada:hunter2@127.0.0.1:1/none",
      openOptions: { connectTimeoutMs: 1000 },
    });
    expect(findings.filter(({ severity }) => severity === "ok").map(({ check }) => check)).toEqual([
      "lock",
      "permissions",
    ]);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "store", code: "unreachable", severity: "unknown" }),
    );
    expect(JSON.stringify([findings, store])).not.toContain("hunter2");
  });
});

test("a password in a configuration file that others can read: --fix takes it away from them", async () => {
  const home = tempDir();
  const path = join(home, "minsky", "config.yaml");
  mkdirSync(join(home, "minsky"));
  writeFileSync(path, "sessiondb:\n  postgres:\n    connectionString: postgres://ada:hunter2@db/s\n", { mode: 0o644 });
  chmodSync(path, 0o644);
  const config = loadConfig({ cwd: home, env: { XDG_CONFIG_HOME: home, HOME: home } });
  const { url } = await filledFile("s.jsonl");
  const seen = (await diagnose({ url, config })).findings.filter(({ severity }) => severity !== "ok");
  expect(seen).toMatchObject([{ code: "open-password", severity: "bad", mend: { text: `chmod 600 ${path}` } }]);
  expect(JSON.stringify(seen)).not.toContain("hunter2");
  expect(await fixAll({ url, config })).toMatchObject([{ done: true }]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test.each([
  ["a byte order mark", "broken", (text: string) => `\ufeff${text}`],
  ["CR LF in every line", "damaged", (text: string) => text.replaceAll("\n", "\r\n")],
  ["both", "damaged", (text: string) => `\ufeff${text.replaceAll("\n", "\r\n")}`],
])("what an editor has added is taken out again, and all events are there: %s", async (_, code, change) => {
  const { path, url, folder } = await filledFile("s.jsonl");
  const bytes = readFileSync(path, "utf8");
  writeFileSync(path, change(bytes));
  await withMend(url, code, folder);
  expect(readFileSync(`${path}.whole`, "utf8")).toBe(bytes);
  expect(readFileSync(path, "utf8")).toBe(change(bytes));
});

test("a log that a clock far ahead has written to is told of, until the clocks have come there", async () => {
  for (const name of ["s.jsonl", "s.db"]) {
    const { url } = await filledFile(name);
    const seenAt = async (now: Date) =>
      (await diagnose({ url, now })).findings.filter(({ check }) => check === "chain");
    expect(await seenAt(new Date())).toMatchObject([{ code: "verified" }]);
    const before = new Date(Date.now() - 3_600_000);
    expect(await seenAt(before)).toMatchObject([
      { code: "verified" },
      { code: "ahead-of-clock", severity: "warn", what: expect.stringContaining(before.toISOString()) },
    ]);
  }
});

test("a JSONL log that somebody has emptied: the advice is what begins a new one, as nothing can be restored into it", async () => {
  const { path, url } = await filledFile("s.jsonl");
  writeFileSync(path, "");
  const [finding] = (await wrong(url)).filter(({ check }) => check === "store");
  expect(finding).toMatchObject({ severity: "bad", mend: { text: expect.stringContaining(`mv ${path}`) } });
});
