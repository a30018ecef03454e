import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigWorld, ref, type Variables } from "../config/config-world.js";
import type { CliResult } from "../support/cli.js";
import { runCli } from "../support/warm-cli.js";

const SECRET_URL = "postgres://ada:hunter2@127.0.0.1:1/app";
/** There are many lines; two busy cores take a while. */
const MANY_LINES_MS = 120_000;

/** Whatever the machine that runs the tests has set. */
const UNSET = Object.fromEntries(
  ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "SESSIONDB_STORE", "SESSIONDB_ACTOR", "DATABASE_URL", "STORAGE_BACKEND"].map(
    (name) => [name, undefined],
  ),
);

function run(world: ConfigWorld, line: string, env: Variables = {}, stdin = ""): Promise<CliResult> {
  const options = { cwd: join(world.repo, "sub"), env: { ...UNSET, ...world.env(env) }, stdin };
  return runCli(line.split(" "), options);
}

async function json(world: ConfigWorld, line: string, env: Variables = {}): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run(world, `${line} --json`, env);
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("every command takes its store from the layers", () => {
  test("the default, the user's file, the repository's, a variable, --store, each before the last", {
    timeout: MANY_LINES_MS,
  }, async () => {
    const world = new ConfigWorld();
    const decided = async (env: Variables, ...flags: string[]) => {
      await run(world, ["session", "start", "a", ...flags].join(" "), env);
      const { store, decidedBy, layer } = await json(world, ["status", ...flags].join(" "), env);
      return [store, decidedBy, layer];
    };
    const none = `jsonl:${world.home}/.local/state/minsky/session-db.jsonl`;
    expect(await decided({})).toEqual([none, "default", "default"]);
    world.user(`storage:\n  backend: sqlite\n  sqlite:\n    path: ~/user.db\n`);
    expect(await decided({})).toEqual([`sqlite:${world.home}/user.db`, `${world.userFile}:2`, "user"]);
    world.repository(`sessiondb: {backend: jsonl, jsonl: {path: team.jsonl}}\n`);
    expect(await decided({})).toEqual([`jsonl:${world.repo}/team.jsonl`, `${world.repoFile}:1`, "repository"]);
    const backend = { MINSKY_SESSIONDB_BACKEND: "sqlite" };
    expect(await decided(backend)).toEqual([`sqlite:${world.home}/user.db`, "MINSKY_SESSIONDB_BACKEND", "environment"]);
    const store = { ...backend, SESSIONDB_STORE: "sqlite:./env.db" };
    expect(await decided(store)).toEqual([`sqlite:${world.repo}/sub/env.db`, "SESSIONDB_STORE", "environment"]);
    expect(await decided(store, "--store", "jsonl:./flag.jsonl")).toEqual([
      `jsonl:${world.repo}/sub/flag.jsonl`,
      "--store",
      "flag",
    ]);
  });

  test("DATABASE_URL counts last, and only where the backend is postgres", async () => {
    const world = new ConfigWorld();
    const stray = { DATABASE_URL: SECRET_URL };
    await run(world, "session start a", stray);
    expect(await json(world, "status", stray)).toMatchObject({ layer: "default" });
    const { code, stderr } = await run(world, "status", { ...stray, STORAGE_BACKEND: "postgres" });
    expect([code, stderr]).toEqual([5, expect.stringContaining("CONNECT_REFUSED")]);
    expect(stderr).toContain("decided by STORAGE_BACKEND (environment), and where it lies by DATABASE_URL");
    world.user("sessiondb: {connectionString: postgres://ada@127.0.0.1:2/own}");
    const named = await run(world, "status", { ...stray, STORAGE_BACKEND: "postgres" });
    expect(named.stderr).toContain("127.0.0.1:2/own");
  });

  test.each<[string, number, Variables, string]>([
    ["BACKEND_UNKNOWN", 2, { MINSKY_STORAGE_BACKEND: "mongo" }, ""],
    ["CONNECTION_STRING_MISSING", 2, { MINSKY_STORAGE_BACKEND: "postgres" }, ""],
    ["CONFIG_VALUE_INVALID", 2, { STORAGE_BACKEND: "postgres", DATABASE_URL: "mysql://u:hunter2@h/d" }, ""],
    ["CONFIG_VARIABLE_UNDEFINED", 2, {}, `sessiondb: {backend: postgres, connectionString: "${ref("NOPE")}"}`],
    ["CONFIG_KEY_UNKNOWN", 2, {}, "sesiondb: {}"],
    ["CONFIG_SECRET_IN_REPOSITORY", 7, {}, `sessiondb: {connectionString: "${SECRET_URL}"}`],
    ["CONFIG_PATH_OUTSIDE", 7, {}, "sessiondb: {backend: sqlite, sqlite: {path: ../s.db}}"],
  ])("%s ends it with exit code %i, and makes no other store", async (code, exit, env, text) => {
    const world = new ConfigWorld();
    if (text !== "") world.repository(text);
    const result = await run(world, "session start a", env);
    expect([result.code, result.stdout]).toEqual([exit, ""]);
    expect(result.stderr).toMatch(new RegExp(`^error ${code}: .*\\nhint: .`));
    expect(result.stderr).not.toContain("hunter2");
    expect(existsSync(join(world.home, ".local"))).toBe(false);
  });

  test("the actor too", async () => {
    const world = new ConfigWorld().user("sessiondb: {actor: 'agent:x'}");
    await run(world, "session start a");
    await run(world, "session start b", { SESSIONDB_ACTOR: "user:env" });
    await run(world, "session start c --actor user:flag", { SESSIONDB_ACTOR: "user:env" });
    const { items } = await json(world, "audit");
    expect((items as { actor: string }[]).map(({ actor }) => actor)).toEqual(["agent:x", "user:env", "user:flag"]);
  });
});

describe("config", () => {
  test("set, get, list and unset say where and what", { timeout: MANY_LINES_MS }, async () => {
    const world = new ConfigWorld().user("# mine\nstorage:\n  backend: json # old\n");
    expect((await run(world, "config set storage.backend sqlite")).stdout).toBe(
      `${world.userFile}:3: sessiondb.backend = sqlite\n`,
    );
    expect(readFileSync(world.userFile, "utf8")).toBe("# mine\nstorage:\n  backend: sqlite # old\n");
    expect((await run(world, "config get sessiondb.backend")).stdout).toBe("sqlite\n");
    await run(world, "config set sqlite.path ./s.db --repo");
    expect(readFileSync(world.repoFile, "utf8")).toBe("sessiondb:\n  sqlite:\n    path: sub/s.db\n");
    const { items } = await json(world, "config list --sources", { MINSKY_SQLITE_PATH: "/e.db" });
    expect(items).toContainEqual({
      key: "sessiondb.sqlite.path",
      value: "/e.db",
      source: { layer: "environment", name: "MINSKY_SQLITE_PATH" },
      overridden: [
        {
          value: "sub/s.db",
          source: { layer: "repository", name: `${world.repoFile}:3`, file: world.repoFile, line: 3 },
        },
        { value: `${world.home}/.local/state/minsky/sessions.db`, source: { layer: "default", name: "default" } },
      ],
    });
    const table = (await run(world, "config list --sources")).stdout;
    expect(table).toMatch(new RegExp(`sessiondb\\.backend +sqlite +${world.userFile}:3\n`));
    await run(world, "config unset sqlite.path --repo");
    expect(readFileSync(world.repoFile, "utf8")).toBe("");
    expect((await run(world, "config unset sqlite.path --repo")).code).toBe(3);
    expect((await run(world, "config get postgres.schema")).code).toBe(3);
  });

  test("a stronger layer is told of", async () => {
    const { stderr } = await run(new ConfigWorld(), "config set backend sqlite", { MINSKY_STORAGE_BACKEND: "json" });
    expect(stderr).toBe("note: MINSKY_STORAGE_BACKEND says otherwise, and is stronger\n");
  });

  test("a password comes in by stdin, is kept to its owner, and comes out nowhere", {
    timeout: MANY_LINES_MS,
  }, async () => {
    const world = new ConfigWorld();
    const written = await run(world, "config set postgres.connectionString -", {}, `${SECRET_URL}\n`);
    expect(written.code).toBe(0);
    expect(statSync(world.userFile).mode & 0o777).toBe(0o600);
    await run(world, "config set backend postgres");
    const variable = { MINSKY_POSTGRES_URL: SECRET_URL.replace("app", "env") };
    const shown = [
      "config list --sources",
      "config list --json",
      "config get connectionString",
      "status",
      "verify --debug",
    ];
    const results = await Promise.all(shown.map((line, i) => run(world, line, i % 2 === 0 ? {} : variable)));
    for (const { stdout, stderr } of results) expect(stdout + stderr).not.toContain("hunter2");
    expect((await run(world, "config get connectionString")).stdout).toBe(
      SECRET_URL.replace("hunter2", "***").concat("\n"),
    );
    expect(readFileSync(world.userFile, "utf8")).toContain("hunter2");
    const seen = await run(world, `config set connectionString ${SECRET_URL}`);
    expect(seen.stderr).toMatch(/^warning: other users/);
    expect(seen.stdout).not.toContain("hunter2");
  });

  test.each(["", "a\nb\n"])("stdin that is no one line is refused: %j", async (stdin) => {
    const result = await run(new ConfigWorld(), "config set actor -", {}, stdin);
    expect([result.code, result.stderr]).toEqual([2, expect.stringContaining("ARGUMENT_INVALID")]);
  });

  test("list shows what cannot be used, and why; get fails with it", async () => {
    const world = new ConfigWorld().user(`sessiondb:\n  lockTimeoutMs: "${ref("NOPE")}"\n`);
    const { code, stdout, stderr } = await run(world, "config list");
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(/lockTimeoutMs +CONFIG_VARIABLE_UNDEFINED/),
      expect.stringContaining("NOPE"),
    ]);
    expect((await run(world, "config get lockTimeoutMs")).stderr).toContain("CONFIG_VARIABLE_UNDEFINED");
  });

  test("path tells where the files are, also where they are broken", async () => {
    const world = new ConfigWorld().repository("[[[");
    expect((await run(world, "config path")).stdout).toBe(
      `repository  ${world.repoFile}\nuser        ${world.userFile}  (not there)\n`,
    );
    expect((await run(world, "config path --repo")).stdout).toBe(`${world.repoFile}\n`);
    expect((await run(world, "config path --repo --user")).code).toBe(2);
    expect((await run(world, "config list")).stderr).toContain("CONFIG_SYNTAX");
  });

  test("a misspelled key gets a suggestion", async () => {
    const { code, stderr } = await run(new ConfigWorld(), "config set sqlite.pat x");
    expect([code, stderr]).toEqual([2, expect.stringContaining("did you mean sessiondb.sqlite.path?")]);
  });

  test("stored text does not reach the terminal raw", async () => {
    const world = new ConfigWorld().user('sessiondb: {sqlite: {path: "/x\u009b31m\u202e.db"}}');
    const { stdout, stderr } = await run(world, "config list --sources");
    expect(stdout + stderr).not.toMatch(/[\u009b\u202e]/);
  });
});
