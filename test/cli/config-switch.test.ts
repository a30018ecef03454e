import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { switchConfig, switchConfigAgain, switchConfigBack } from "../../src/cross-database/config-switch.js";
import type { JournalEntry } from "../../src/migrate/journal-entry.js";
import { addSessions, allLines } from "../migrate/stores.js";
import type { CliResult } from "../support/cli.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

let home = "";
beforeEach(() => {
  home = tempDir();
  mkdirSync(join(home, "repo/.git"), { recursive: true });
});

type Variables = Record<string, string | undefined>;
const NOBODY_SAYS = {
  XDG_CONFIG_HOME: undefined,
  XDG_STATE_HOME: undefined,
  SESSIONDB_STORE: undefined,
  DATABASE_URL: undefined,
  MINSKY_POSTGRES_URL: undefined,
  MINSKY_SQLITE_PATH: undefined,
};

/** As in a home folder of its own, from inside a repository. */
function run(line: string, env: Variables = {}): Promise<CliResult> {
  return runCli(line.split(" "), { cwd: join(home, "repo"), env: { ...NOBODY_SAYS, HOME: home, ...env } });
}

async function ok(line: string, env?: Variables): Promise<CliResult> {
  const result = await run(line, env);
  expect(result.code, `${line}\n${result.stdout}${result.stderr}`).toBe(0);
  return result;
}

const userFile = () => join(home, ".config/minsky/config.yaml");
const repositoryFile = () => join(home, "repo/.minsky/config.yaml");
const inState = (name: string) => join(home, ".local/state/minsky", name);
const defaultLog = () => `jsonl:${inState("session-db.jsonl")}`;
const defaultDatabase = () => `sqlite:${inState("sessions.db")}`;

function write(path: string, text: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}

async function storeInUse(env?: Variables): Promise<unknown> {
  return JSON.parse((await ok("status --json", env)).stdout).store;
}

async function lastId(env?: Variables): Promise<string> {
  return JSON.parse((await ok("migrate status --json", env)).stdout).migration.id;
}

describe("after a migration", () => {
  test("the store in use is the target, and after its rollback the source again", async () => {
    await addSessions(defaultLog(), 2);
    const preview = await ok("migrate to sqlite --preview");
    expect(preview.stdout).toContain(`then   ${userFile()} will name the target`);
    expect(await storeInUse()).toBe(defaultLog());
    const { stdout, stderr } = await ok("migrate to sqlite");
    expect(stdout).toContain(`switched: ${userFile()} names the target now`);
    expect(stderr).toContain("which also switches the configuration back");
    expect(await storeInUse()).toBe(defaultDatabase());
    expect((await ok("rollback last --dry-run")).stdout).toContain(`${userFile()} names ${defaultLog()} again`);
    expect((await ok("rollback last --yes")).stdout).toContain(`config      ${userFile()} names ${defaultLog()} again`);
    expect(await storeInUse()).toBe(defaultLog());
    expect(readFileSync(userFile(), "utf8")).toBe("");
  });

  test("an address that sizes the segments of a log is switched to with its size", async () => {
    await addSessions(defaultLog(), 1);
    const target = `jsonl:${inState("moved.jsonl")}?segment=1MiB`;
    expect((await ok(`migrate --to ${target}`)).stdout).toContain(`switched: ${userFile()} names the target now`);
    expect(readFileSync(userFile(), "utf8")).toContain("?segment=1MiB");
    expect(await storeInUse()).toBe(`jsonl:${inState("moved.jsonl")}`);
    expect((await ok("rollback last --yes")).stdout).toContain(`config      ${userFile()} names ${defaultLog()} again`);
  });

  test("the file that decides is changed, in its own words, with its comments", async () => {
    const text = "# ours\nstorage:\n  # since May\n  backend: json # the file\n  base_dir: /srv\n\nai: { model: x }\n";
    write(userFile(), text);
    await addSessions(defaultLog(), 1);
    await ok("migrate to sqlite");
    expect(readFileSync(userFile(), "utf8")).toBe(text.replace("json #", "sqlite #"));
    await ok("rollback last --yes");
    expect(readFileSync(userFile(), "utf8")).toBe(text);
  });

  test("a repository's file names a path inside it", async () => {
    write(repositoryFile(), "sessiondb:\n  backend: jsonl\n  jsonl: { path: s.jsonl } # here\n");
    await addSessions(`jsonl:${join(home, "repo/s.jsonl")}`, 1);
    await ok("migrate to sqlite:./.minsky/s.db");
    expect(readFileSync(repositoryFile(), "utf8")).toContain("backend: sqlite");
    expect(readFileSync(repositoryFile(), "utf8")).toContain("path: .minsky/s.db");
    expect(await storeInUse()).toBe(`sqlite:${join(home, "repo/.minsky/s.db")}`);
  });

  test("a log in segments is named with their size: else it would grow on as one file", async () => {
    await addSessions(defaultLog(), 1);
    await ok("migrate to jsonl:./new.jsonl?segment=64KiB");
    expect(readFileSync(userFile(), "utf8")).toContain(`store: jsonl:${join(home, "repo/new.jsonl")}?segment=64KiB`);
    await ok("session start goes-on --branch main");
    await ok("rollback last --yes --force");
    expect(await storeInUse()).toBe(defaultLog());
  });

  test("a server whose address a variable holds is named by its backend alone", async () => {
    const env = { MINSKY_POSTGRES_URL: await freshPostgresUrl() };
    await addSessions(defaultLog(), 1);
    await ok("migrate to postgres", env);
    expect(readFileSync(userFile(), "utf8")).toBe("sessiondb:\n  backend: postgres\n");
    expect(await storeInUse(env)).toBe(env.MINSKY_POSTGRES_URL);
  });

  test("a password goes into the user's file only, which is made private, and back out of it", async () => {
    const url = new URL(await freshPostgresUrl());
    url.password = "hunter2";
    write(userFile(), "storage: { backend: json }\n");
    await addSessions(defaultLog(), 1);
    const said = [await ok(`migrate --to ${url.href}`), await ok("migrate status --json"), await ok("migrate list")];
    expect(readFileSync(userFile(), "utf8")).toContain("hunter2");
    expect(statSync(userFile()).mode & 0o777).toBe(0o600);
    const saved = JSON.parse((said[1] as CliResult).stdout).migration.switched.savedAs;
    expect(statSync(saved).mode & 0o777).toBe(0o600);
    said.push(await ok("rollback last --yes"));
    for (const { stdout, stderr } of said) expect(stdout + stderr).not.toContain("hunter2");
    expect(readFileSync(userFile(), "utf8")).toBe("storage: { backend: json }\n");
  });

  test("what was migrated with --no-switch is switched by doing it again, and rolling that back cuts nothing", async () => {
    await addSessions(defaultLog(), 1);
    await ok("migrate to sqlite --no-switch");
    expect(await storeInUse()).toBe(defaultLog());
    expect((await ok("migrate to sqlite")).stdout).toContain("switched:");
    expect(await storeInUse()).toBe(defaultDatabase());
    await ok("session start written-here --branch b");
    expect((await ok("rollback last --yes")).stdout).toContain("0 events left it");
    expect(await storeInUse()).toBe(defaultLog());
    expect(await allLines(defaultDatabase())).toHaveLength(3);
  });
});

describe("the same command line again", () => {
  test.each(["migrate to sqlite", "migrate", "migrate --incremental --since 2024-01-01"])(
    "%s brings what the old store was given meanwhile, and then nothing",
    async (line) => {
      await addSessions(defaultLog(), 1);
      await ok("migrate to sqlite");
      await addSessions(defaultLog(), 1, "late");
      expect(JSON.parse((await ok(`${line} --json`)).stdout)).toMatchObject({
        from: defaultLog(),
        copied: 2,
        offset: 4,
      });
      expect(JSON.parse((await ok(`${line} --json`)).stdout)).toMatchObject({
        from: defaultLog(),
        copied: 0,
        offset: 4,
      });
      expect((await ok("migrate --verify")).stdout).toContain("equal hashes up to offset 4");
    },
  );

  test("a store that nothing was migrated into is not its own source", async () => {
    write(userFile(), "storage: {backend: sqlite}\n");
    await addSessions(defaultDatabase(), 1);
    const { code, stderr } = await run("migrate to sqlite");
    expect([code, stderr]).toEqual([2, expect.stringContaining("TARGET_IS_SOURCE")]);
  });
});

describe("the configuration stays as it is, and that is told", () => {
  test("where it names another store than the source", async () => {
    await addSessions(`jsonl:${join(home, "a.jsonl")}`, 1);
    const { stderr } = await ok(`migrate --from jsonl:${home}/a.jsonl --to sqlite:${home}/a.db`);
    expect(stderr).toContain(`the configuration was left as it is: it names ${defaultLog()}`);
  });

  test("where a variable decides", async () => {
    const env = { SESSIONDB_STORE: `jsonl:${join(home, "a.jsonl")}` };
    await addSessions(env.SESSIONDB_STORE, 1);
    expect((await ok(`migrate --to sqlite:${home}/a.db --preview`, env)).stdout).toContain("SESSIONDB_STORE");
    const { stderr } = await ok(`migrate --to sqlite:${home}/a.db`, env);
    expect(stderr).toContain("the configuration was left as it is: the store is decided by SESSIONDB_STORE");
  });

  test("where a repository's file would hold the address of a server", async () => {
    write(repositoryFile(), "sessiondb: {backend: jsonl}\n");
    await addSessions(defaultLog(), 1);
    const { stderr } = await ok(`migrate --to ${await freshPostgresUrl()}`);
    expect(stderr).toContain("left as it is");
    expect(readFileSync(repositoryFile(), "utf8")).toBe("sessiondb: {backend: jsonl}\n");
  });

  test("where somebody has changed the store since, by its rollback", async () => {
    await addSessions(defaultLog(), 1);
    await ok("migrate to sqlite");
    const id = await lastId();
    await ok("config set sessiondb.backend jsonl");
    expect((await ok(`rollback ${id} --yes`)).stdout).toContain("was left as it is: it was changed since");
    expect(await storeInUse()).toBe(defaultLog());
  });

  test("where only a part is rolled back", async () => {
    await addSessions(defaultLog(), 2);
    await ok("migrate to sqlite");
    await ok("rollback last --to-offset 2 --yes");
    expect(await storeInUse()).toBe(defaultDatabase());
    await ok("rollback last --yes");
    expect(await storeInUse()).toBe(defaultLog());
  });
});

test("a configuration that cannot be written fails the migration, which goes on with it mended", async () => {
  await addSessions(defaultLog(), 1);
  write(join(home, ".config"), "no folder");
  const { code, stderr } = await run("migrate to sqlite");
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/SWITCH_FAILED: all is copied and verified, but not switched/),
  ]);
  expect(await storeInUse({ XDG_CONFIG_HOME: join(home, "empty") })).toBe(defaultLog());
  const env = { XDG_CONFIG_HOME: join(home, "etc") };
  const id = await lastId(env);
  expect(JSON.parse((await ok("migrate resume last --to sqlite --json", env)).stdout)).toMatchObject({ id, copied: 0 });
  expect(await storeInUse(env)).toBe(defaultDatabase());
});

test("a switch that was taken back for a rollback which then cut nothing is made again", async () => {
  write(repositoryFile(), "sessiondb:\n  backend: jsonl # ours\n");
  const switched = { host: hostname(), file: repositoryFile(), savedAs: join(home, "id-config.json") };
  const change = { file: repositoryFile(), before: { backend: "jsonl" }, after: { backend: "sqlite" } };
  await switchConfig(change, { id: "id", folder: home, note: async () => undefined });
  const entry = { id: "id", target: defaultDatabase(), switched } as JournalEntry;
  expect(await switchConfigBack(entry)).toEqual({ file: repositoryFile(), left: null });
  await switchConfigAgain(entry);
  expect(readFileSync(repositoryFile(), "utf8")).toBe("sessiondb:\n  backend: sqlite # ours\n");
  await switchConfigBack(entry);
  write(repositoryFile(), "sessiondb:\n  backend: postgres\n");
  await expect(switchConfigAgain(entry)).rejects.toMatchObject({ code: "SWITCH_FAILED" });
});
