import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { encode } from "@msgpack/msgpack";
import Database from "better-sqlite3";
import type { Command } from "commander";
import stringWidth from "string-width";
import { beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { examplesOf } from "../../src/cli/command.js";
import { describeTree } from "../../src/cli/command-tree.js";
import { Streams } from "../../src/cli/output/streams.js";
import { programOf } from "../../src/cli/program.js";
import { ALL_OUTPUTS, ERROR_SCHEMA } from "../../src/cli/schemas/all-outputs.js";
import { findSchema, jsonSchemaOf, namedSchemas } from "../../src/cli/schemas/named-schema.js";
import { EVENT_TYPE_SCHEMAS } from "../../src/inspect/event-types.js";
import { openLog } from "../../src/open-log.js";
import { LEGACY_TABLES } from "../fixtures/legacy-tables.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { GIT_ENV, repositoriesIn } from "../workspace/repositories.js";

/** Many processes, one after the other, on a machine that others use too. */
const ALL_COMMANDS_MS = 480_000;

const STORE = ["--store", "sqlite:./s.db"];
/** Stands for the address of a log in Postgres. */
const LARGE = "LARGE";

/** It speaks the protocol of agents, and prints nothing else. */
const WITHOUT_DOCUMENT = ["mcp"];

/** Command lines that between them print every form, in an order in which they can run. */
const LINES: readonly (readonly string[])[] = [
  ["session", "start", "auth", "--task", "md#7", "--branch", "auth", "--reason", "begin"],
  ["session", "update", "auth", "--set", "branch=auth-2", "--set", "prState.exists=false"],
  ["session", "start", "later", "--dry-run"],
  ["session", "update", "auth", "--set", "branch=auth-3", "--dry-run"],
  ["session", "update", "auth", "--set", "branch=auth-3"],
  ["session", "update", "auth", "--set", "branch=auth-3"],
  ["session", "list"],
  ["session", "show", "auth"],
  ["session", "show", "auth", "--path", "prState.exists"],
  ["session", "start", "app", "--repo", "./app.git"],
  ["session", "dir", "app"],
  ["session", "search", "app"],
  ["session", "repair"],
  ["session", "pr", "create", "app", "--title", "App"],
  ["session", "pr", "show", "app"],
  ["session", "pr", "list"],
  ["session", "approve", "app"],
  ["session", "log", "auth", "--patch"],
  ["session", "diff", "auth", "v1..v3"],
  ["session", "diff", "auth", "0..v3", "--format", "json-patch"],
  ["session", "diff", "auth", "v1..v3", "--format", "merge-patch"],
  ["session", "blame", "auth"],
  ["session", "bisect", "auth", "--good", "v1", "--path", "branch", "--equals", "auth"],
  ["session", "what-if", "auth", "--skip", "v2"],
  ["session", "what-if", "auth", "--set", "v2:branch=other"],
  ["session", "fork", "auth", "--as", "auth-copy", "--dry-run"],
  ["session", "fork", "auth", "--as", "auth-copy"],
  ["session", "revert", "auth", "--event", "v3"],
  ["session", "delete", "auth-copy", "--dry-run"],
  ["session", "delete", "auth-copy", "--reason", "done"],
  ["undo"],
  ["redo"],
  ["undo", "--dry-run"],
  ["mark", "add", "here", "--dry-run"],
  ["mark", "add", "here", "--reason", "why not"],
  ["mark", "list"],
  ["mark", "rm", "here", "--dry-run"],
  ["mark", "rm", "here"],
  ["events", "list"],
  ["events", "list", "--ndjson"],
  ["session", "list", "--ndjson"],
  ["audit", "--ndjson"],
  ["events", "show", "1"],
  ["events", "export", "-o", "all.jsonl"],
  ["audit"],
  ["audit", "--group-by", "actor"],
  ["audit", "--actor", "nobody"],
  ["audit", "--proof", "proof.jsonl"],
  ["audit", "check", "proof.jsonl"],
  ["key", "create", "audit.key"],
  ["key", "show", "audit.key.pub"],
  ["sign", "--key", "audit.key"],
  ["sign", "--key", "audit.key", "--append", "tails.jsonl"],
  ["audit", "--proof", "signed.jsonl", "--key", "audit.key"],
  ["audit", "check", "signed.jsonl", "--key", "audit.key.pub"],
  ["roles", "--sql"],
  ["health"],
  ["health", "--max-lag", "1000"],
  ["status"],
  ["stats"],
  ["stats", "--as-of", "HEAD~1"],
  ["archive", "--before", "3", "--dry-run"],
  ["archive", "--before", "3", "--to", "old.jsonl.gz", ...STORE],
  ["archive", "list"],
  ["archive", "verify", "old.jsonl.gz"],
  ["archive", "restore", "old.jsonl.gz"],
  ["verify"],
  ["verify", "--key", "audit.key.pub", "--signed", "tails.jsonl"],
  ["doctor"],
  ["ui", "--until-idle", "100ms"],
  ["outbox", "list"],
  ["outbox", "replay"],
  ["outbox", "drop", "--queue"],
  ["projection", "list"],
  ["projection", "check"],
  ["projection", "rebuild"],
  ["config", "set", "actor", "user:ada"],
  ["config", "list", "--all"],
  ["config", "get", "actor"],
  ["config", "unset", "actor"],
  ["config", "path"],
  ["backup", "-o", "backup.jsonl"],
  ["restore", "backup.jsonl", "--to", "jsonl:./restored.jsonl", "--dry-run"],
  ["restore", "backup.jsonl", "--to", "jsonl:./restored.jsonl"],
  ["migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./t.jsonl", "--preview"],
  ["migrate", "--from", "sqlite:./s.db", "--to", "jsonl:./t.jsonl"],
  ["migrate", "to", "jsonl"],
  ["migrate", "--verify"],
  ["migrate", "list", "--to", "jsonl:./t.jsonl"],
  ["migrate", "status", "--to", "jsonl:./t.jsonl"],
  ["rollback", "last", "--to", "jsonl:./t.jsonl", "--dry-run"],
  ["rollback", "last", "--to", "jsonl:./t.jsonl", "--yes"],
  ["export", "minsky-json", "out.json"],
  ["export", "csv", "out.csv"],
  ["export", "sql", "out.sql"],
  ["import", "minsky-json", "session-db.json", "--dry-run"],
  ["import", "minsky-json", "session-db.json"],
  ["import", "minsky-sqlite", "sessions.db"],
  ["import", "minsky-postgres", "env:LEGACY_URL"],
  ["import", "tower-sessions", "app.db", "--dry-run"],
  ["import", "tower-sessions", "app.db"],
  ["web", "list"],
  ["web", "list", "--ndjson"],
  ["web", "count"],
  ["web", "who"],
  ["web", "revoke", "--user", "ada"],
  ["web", "expire"],
  ["collab", "create", "talk", "--title", "T", "--participant", "ada", "--context", '{"a":1}'],
  ["collab", "update", "talk", "--metadata", "[1]"],
  ["collab", "pause", "talk"],
  ["collab", "resume", "talk"],
  ["collab", "list"],
  ["collab", "chunk", "add", "talk", "c1", "--text", "we talk", "--start", "2026-01-31T10:00:00Z"],
  ["collab", "chunk", "list", "talk"],
  ["collab", "chunk", "show", "talk", "c1"],
  ["collab", "memory", "set", "talk", "k", "--type", "fact", "--value", "7", "--tag", "x"],
  ["collab", "memory", "list", "talk"],
  ["collab", "memory", "show", "talk", "k"],
  ["collab", "memory", "history", "talk", "k"],
  ["collab", "artifact", "save", "talk", "a", "--text", "we made it", "--format", "md"],
  ["collab", "artifact", "list", "talk"],
  ["collab", "artifact", "show", "talk", "a"],
  ["collab", "artifact", "versions", "talk", "a"],
  ["collab", "agent", "register", "w", "--type", "cli", "--max-concurrent", "2", "--capabilities", "null"],
  ["collab", "agent", "samples"],
  ["collab", "agent", "list"],
  ["collab", "agent", "show", "w"],
  ["collab", "agent", "heartbeat", "w", "--status", "busy"],
  ["collab", "task", "add", "talk", "--id", "t", "--agent", "w", "--type", "x"],
  ["collab", "task", "claim", "w", "--lease", "1h"],
  ["collab", "task", "claim", "w"],
  ["collab", "task", "start", "talk/t", "--token", "2", "--lease", "1h"],
  ["collab", "task", "heartbeat", "talk/t", "--token", "2"],
  ["collab", "task", "complete", "talk/t", "--token", "2", "--output", "null"],
  ["collab", "task", "show", "talk/t"],
  ["collab", "task", "log", "talk/t"],
  ["collab", "task", "list"],
  ["collab", "task", "requeue"],
  ["collab", "search", "we"],
  ["collab", "show", "talk"],
  ["collab", "log", "talk"],
  ["collab", "log", "--ndjson", "talk"],
  ["collab", "complete", "talk"],
  ["collab", "refresh"],
  ["export", "ai-webhook", "talk-out"],
  ["redact", "--path", "branch", "--session", "auth", "--reason", "a name", "--dry-run"],
  ["redact", "--path", "branch", "--session", "auth", "--reason", "a name", "--yes=s.db"],
  ["partition", "list", "--store", LARGE],
  ["partition", "--events", "10", "--store", LARGE],
  ["partition", "list", "--store", LARGE],
  ["completion", "bash"],
  ["help"],
  ["help", "session", "list"],
  ["schema"],
  ["schema", "session", "list"],
];

let legacyUrl = "";
let largeUrl = "";

beforeAll(async () => {
  largeUrl = await freshPostgresUrl();
  await (await openLog(largeUrl)).close();
  legacyUrl = await freshPostgresUrl();
  const schema = schemaOf(legacyUrl);
  const admin = await openAdmin(legacyUrl);
  await admin.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}; ${LEGACY_TABLES[0]?.sql ?? ""}`);
});

function prepared(): string {
  const cwd = tempDir();
  const legacy = { sessions: [{ session: "task#1" }, { session: "task#1" }, { nothing: 1 }], baseDir: "/srv" };
  writeFileSync(join(cwd, "session-db.json"), JSON.stringify(legacy));
  repositoriesIn(cwd);
  const db = new Database(join(cwd, "sessions.db"));
  db.exec(LEGACY_TABLES[0]?.sql ?? "");
  db.close();
  const web = new Database(join(cwd, "app.db"));
  web.exec("CREATE TABLE tower_sessions (id TEXT PRIMARY KEY, data BLOB, expiry_date INTEGER)");
  const id = Buffer.alloc(16, 7);
  const living = encode([id, { user_id: "ada" }, [2099, 1, 0, 0, 0, 0, 0, 0, 0]]);
  web.prepare("INSERT INTO tower_sessions VALUES (?, ?, 4070908800)").run(id.reverse().toString("base64url"), living);
  web.close();
  return cwd;
}

/** Parsed by its schema it is what it was: nothing is missing, and no member is undocumented. @returns what differs */
function undocumented(name: string, value: unknown, line: string): string[] {
  const { data, error } = findSchema(name).schema.safeParse(value);
  if (error !== undefined) return [`${line}: ${z.prettifyError(error)} ${JSON.stringify(value).slice(0, 600)}`];
  return isDeepStrictEqual(data, value)
    ? []
    : [`${line}: ${JSON.stringify(value)} has more than ${JSON.stringify(data)}`];
}

test("what every command prints with --json is what its schema says, member by member", {
  timeout: ALL_COMMANDS_MS,
}, async () => {
  const cwd = prepared();
  const env = {
    XDG_CONFIG_HOME: join(cwd, "etc"),
    XDG_STATE_HOME: join(cwd, "state"),
    LEGACY_URL: legacyUrl,
    ...GIT_ENV,
  };
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const line of LINES) {
    const ndjson = line.includes("--ndjson");
    const named = line.includes("--to") || line.includes(LARGE);
    const words = line.map((word) => (word === LARGE ? largeUrl : word));
    const args = [...words, ...(named ? [] : STORE), ...(ndjson ? [] : ["--json"])];
    const { stdout, stderr } = await runCli(args, { cwd, env });
    const typed = args.join(" ");
    expect(stdout, `${typed}\n${stderr}`).not.toBe("");
    if (!ndjson) {
      const document = JSON.parse(stdout);
      wrong.push(...undocumented(document.schema, document, typed));
      seen.add(document.schema);
      continue;
    }
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));
    expect(lines.pop()).toMatchObject({ end: true });
    const name = `${line.slice(0, line.indexOf("--ndjson")).join("-")}/1/line`;
    for (const one of lines) wrong.push(...undocumented(name, one, typed));
  }
  expect(wrong).toEqual([]);
  expect(ALL_OUTPUTS.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([]);
});

test("what is told of a damaged log is what its schema says", async () => {
  const cwd = tempDir();
  const store = ["--store", "jsonl:./s.jsonl", "--json"];
  for (const id of ["auth", "docs"]) await runCli(["session", "start", id, ...store], { cwd });
  const path = join(cwd, "s.jsonl");
  writeFileSync(path, readFileSync(path, "utf8").replace('"session-auth"', '"session-oath"'));
  for (const command of ["verify", "doctor"]) {
    const { code, stdout } = await runCli([command, ...store], { cwd });
    expect(code).toBe(6);
    expect(undocumented(`${command}/1`, JSON.parse(stdout), command)).toEqual([]);
  }
});

test("an error with --json is what its schema says", async () => {
  const { stderr } = await runCli(["session", "show", "nobody", ...STORE, "--json"], { cwd: tempDir() });
  expect(ERROR_SCHEMA.parse(JSON.parse(stderr))).toEqual(JSON.parse(stderr));
});

test("the data of every stored event is what the schema of its type says", async () => {
  const cwd = prepared();
  const env = { XDG_CONFIG_HOME: join(cwd, "etc"), XDG_STATE_HOME: join(cwd, "state") };
  const lines = [
    ["session", "start", "auth"],
    ["session", "update", "auth", "--set", "branch=b"],
    ["session", "delete", "auth"],
    ["mark", "add", "m"],
    ["mark", "rm", "m"],
    ["import", "minsky-json", "session-db.json"],
    ["redact", "--event", "3", "--reason", "asked for", "--yes=s.jsonl"],
  ];
  for (const line of lines) await runCli([...line, "--store", "jsonl:./s.jsonl"], { cwd, env });
  const { stdout } = await runCli(["events", "export", "--store", "jsonl:./s.jsonl"], { cwd, env });
  const types = new Set<string>();
  for (const text of stdout.trimEnd().split("\n")) {
    const { type, data, dataHash } = JSON.parse(text);
    types.add(type);
    if (dataHash === undefined) expect(undocumented(type, data, text)).toEqual([]);
  }
  expect([...types].sort()).toEqual([
    "mark.removed",
    "mark.set",
    "session.created",
    "session.deleted",
    "session.imported",
    "session.updated",
    "store.base-dir-set",
    "store.redacted",
  ]);
  expect(Object.keys(EVENT_TYPE_SCHEMAS)).toEqual(expect.arrayContaining([...types]));
});

test("every schema is JSON Schema that a program can read, without a member forbidden that may come later", () => {
  for (const named of namedSchemas()) {
    const schema = jsonSchemaOf(named);
    expect(schema.$schema, named.name).toContain("json-schema.org");
    expect(JSON.stringify(schema), named.name).not.toContain('"additionalProperties":false');
  }
});

async function program(): Promise<Command> {
  return programOf("sessiondb", { exitCode: 0, streams: new Streams() });
}

test("every command that runs has a schema of what it prints, and every schema a command that is there", async () => {
  const tree = (await program()).commands.flatMap((one) => describeTree(one));
  const runs = tree.filter((one) => one.runs).map(({ command }) => command);
  const documented = new Set(namedSchemas().flatMap(({ commands }) => commands));
  expect(runs.filter((command) => !documented.has(command) && !WITHOUT_DOCUMENT.includes(command))).toEqual([]);
  expect([...documented].filter((command) => !tree.some((one) => one.command === command))).toEqual([]);
});

test("help --json tells of every command, option, default, choice and variable", async () => {
  const { stdout } = await runCli(["help", "--json"]);
  const { items } = JSON.parse(stdout);
  const list = items.find(({ command }: { command: string }) => command === "session list");
  expect(list).toMatchObject({ aliases: ["ls"], runs: true, outputs: ["session-list/1"] });
  const option = (name: string) => list.options.find((one: { name: string }) => one.name === name);
  expect(option("--sort")).toMatchObject({
    type: "string",
    default: "updated",
    choices: expect.arrayContaining(["created"]),
  });
  expect(option("--limit")).toMatchObject({ type: "integer", value: "n" });
  expect(option("--store")).toMatchObject({ env: "SESSIONDB_STORE" });
  expect(option("--ndjson")).toMatchObject({ type: "boolean", conflicts: ["json"] });
  const all = (await program()).commands.flatMap((one) => describeTree(one));
  expect(items.map(({ command }: { command: string }) => command)).toEqual(all.map(({ command }) => command));
});

test("an option is an integer for help --json exactly where its parser makes a number", async () => {
  const wrong: string[] = [];
  const visit = (command: Command): void => {
    const [described] = describeTree(command);
    for (const option of command.options.filter(({ hidden, parseArg }) => !hidden && parseArg !== undefined)) {
      const made = attempt(() => option.parseArg?.("1", undefined as never));
      const told = described?.options.find(({ flags }) => flags === option.flags)?.type;
      if ((typeof made === "number" && !/duration|time/.test(option.flags)) !== (told === "integer"))
        wrong.push(`${command.name()} ${option.flags}`);
    }
    command.commands.forEach(visit);
  };
  visit(await program());
  expect(wrong).toEqual([]);
});

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch {
    return undefined;
  }
}

test("help tells the same of a command as --help, and suggests where there is none", async () => {
  const [a, b] = await Promise.all([runCli(["help", "session", "ls"]), runCli(["session", "list", "--help"])]);
  expect([a.code, a.stdout]).toEqual([0, b.stdout]);
  expect(await runCli(["help"])).toMatchObject({ code: 0, stdout: expect.stringContaining("Exit codes:") });
  expect(await runCli(["help", "sesion"])).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringContaining("session"),
  });
});

test("a help tells what a command is about first: what all of them take stands behind that", async () => {
  for (const line of ["session update", "migrate", "doctor", "web list"]) {
    const { stdout } = await runCli([...line.split(" "), "--help"]);
    const [own = "", common = ""] = stdout.split("\nCommon options:\n");
    expect(own, line).toContain("\nOptions:\n");
    for (const name of ["--store", "--json", "--quiet", "--color", "--debug"]) {
      expect([own.includes(`\n  ${name}`), common.includes(`  ${name}`)], `${line} ${name}`).toEqual([false, true]);
    }
  }
});

test("help behind a noun is help for what stands below it, at every depth, also as JSON", async () => {
  for (const [typed, same] of [
    ["session help list", "help session list"],
    ["session pr help show", "help session pr show"],
    ["migrate help status", "help migrate status"],
    ["session help", "help session"],
    ["session help list --json", "help session list --json"],
  ] as const) {
    const [a, b] = await Promise.all([runCli(typed.split(" ")), runCli(same.split(" "))]);
    expect([a.code, a.stderr, a.stdout], typed).toEqual([0, "", b.stdout]);
  }
});

test.each([
  ["session help lisst", 'there is no command "session lisst"', "did you mean: sessiondb help session list"],
  ["help session pr shw", 'there is no command "session pr shw"', "did you mean: sessiondb help session pr show"],
  ["session pr help nope", 'there is no command "session pr nope"', "one of: create, list, show, merge"],
  ["migrate help nope", 'there is no command "migrate nope"', "one of: to, status, list, resume"],
  [
    "help session list nope",
    'there is no command "session list nope"',
    "nothing stands below it: sessiondb help session list",
  ],
])("%s is an error that says what there is", async (typed, message, hint) => {
  expect(await runCli(typed.split(" "))).toMatchObject({
    code: 2,
    stdout: "",
    stderr: `error ARGUMENT_INVALID: ${message}\nhint: ${hint}\n`,
  });
});

test("schema suggests what was meant, and takes hostile names for what they are", async () => {
  expect(await runCli(["schema", "session-lst/1"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("session-list/1"),
  });
  for (const name of ["__proto__", "constructor", "toString", "x".repeat(100_000)]) {
    expect((await runCli(["schema", name])).code, name.slice(0, 20)).toBe(2);
  }
});

test("examples are kept for programs as they stand in the help, which no terminal has to break", async () => {
  const visit = (command: Command): void => {
    let text = "";
    command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
    const whole = text.replaceAll(/ \\\n\s+/g, " ");
    for (const line of examplesOf(command)) expect(whole).toContain(`  $ ${line}`);
    expect(text.split("\n").filter((line) => stringWidth(line) > 80)).toEqual([]);
    command.commands.forEach(visit);
  };
  visit(await program());
});
