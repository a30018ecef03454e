import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import type { Command } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { Streams } from "../../src/cli/output/streams.js";
import { programOf } from "../../src/cli/program.js";
import { LEGACY_TABLES } from "../fixtures/legacy-tables.js";
import { openAdmin, schemaOf } from "../postgres/open-postgres.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { repositoriesIn } from "../workspace/repositories.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);

/** There are many lines; two busy cores take a while. */
const ALL_LINES_MS = 240_000;

/** Lines that begin with `$ sessiondb` or `$ minsky`, in the order of the page; a backslash at the end goes on below. */
function commandLines(text: string): string[] {
  return [...text.replaceAll(/ \\\n\s+/g, " ").matchAll(/^\s*\$ ((?:sessiondb|minsky) .+)$/gm)].map(
    (match) => match[1] as string,
  );
}

function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? (match[3] as string));
}

const LEGACY_SQL = LEGACY_TABLES[0]?.sql ?? "";
let postgresUrl = "";
let webhookUrl = "";

/** A database as Minsky left it, behind the variable that documented lines name. */
beforeAll(async () => {
  postgresUrl = await freshPostgresUrl();
  const schema = schemaOf(postgresUrl);
  const admin = await openAdmin(postgresUrl);
  await admin.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}; ${LEGACY_SQL};
    CREATE TABLE "session" (sid varchar PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL)`);
  webhookUrl = await freshPostgresUrl();
  const other = schemaOf(webhookUrl);
  await admin.query(`CREATE SCHEMA ${other}; CREATE TABLE ${other}.sessions (id text PRIMARY KEY, title text)`);
});

/** A folder in which every documented line can run: the files that they name are there. */
async function prepared(): Promise<string> {
  const cwd = tempDir();
  writeFileSync(join(cwd, "session-db.json"), JSON.stringify({ sessions: [{ session: "task#1" }], baseDir: "/srv" }));
  const db = new Database(join(cwd, "sessions.db"));
  db.exec(LEGACY_SQL);
  db.close();
  repositoriesIn(cwd);
  const web = new Database(join(cwd, "app.db"));
  web.exec("CREATE TABLE tower_sessions (id TEXT PRIMARY KEY, data BLOB, expiry_date INTEGER)");
  web.close();
  mkdirSync(join(cwd, "webhook", "sessions", "s1"), { recursive: true });
  writeFileSync(
    join(cwd, "webhook", "sessions", "s1", "session.json"),
    JSON.stringify({ session_id: "s1", title: "T" }),
  );
  return cwd;
}

async function runLine(line: string, cwd: string): Promise<{ code: number | null; output: string }> {
  const [command, ...args] = words(line);
  // The default stores of a user of this machine are not the tests' to write to.
  const folders = { XDG_CONFIG_HOME: join(cwd, "etc"), XDG_STATE_HOME: join(cwd, "state") };
  const urls = {
    MINSKY_POSTGRES_URL: postgresUrl,
    OLD_SESSION_URL: postgresUrl,
    AI_WEBHOOK_POSTGRES_URL: webhookUrl,
  };
  const env = { ...urls, MINSKY_BASE_DIR: join(cwd, "base"), ...folders };
  const { code, stdout, stderr } = await runCli(args, { cwd, env, command: command as "sessiondb" | "minsky" });
  return { code, output: stdout + stderr };
}

describe("every command line of the docs runs, in the order of its page", () => {
  test.each(PAGES)("%s", { timeout: ALL_LINES_MS }, async (page) => {
    const cwd = await prepared();
    for (const line of commandLines(readFileSync(join(ROOT, page), "utf8"))) {
      const { code, output } = await runLine(line, cwd);
      expect(code, `${line}\n${output}`).toBe(0);
    }
  });
});

test("every command has examples in its help, and they all run", { timeout: ALL_LINES_MS }, async () => {
  const cwd = await prepared();
  for (const line of ["start another", "start auth-refactor", "start docs-site --repo ./app.git"]) {
    await runLine(`sessiondb session ${line} --store sqlite:./s.db`, cwd);
  }
  const lines = leaves(await programOf("sessiondb", { exitCode: 0, streams: new Streams() })).flatMap(examplesOf);
  // Examples of deleting come last, and the one of starting needs its id to be free.
  for (const line of lines.sort((a, b) => rank(a) - rank(b))) {
    const { code, output } = await runLine(line, line.includes("session start") ? await prepared() : cwd);
    expect(fineCodes(line), `${line}\n${output}`).toContain(code);
  }
});

/** No migration of this folder was stopped; and an import brings sessions whose folders are on another machine. */
function fineCodes(line: string): number[] {
  if (line.includes("migrate resume")) return [2];
  // Partitions are of Postgres, and this store is not.
  if (line.includes("sessiondb partition --")) return [7];
  return line.includes("sessiondb doctor") ? [0, 8] : [0];
}

/** The commands that do something: the others only stand before theirs. A command with examples may do both. */
function leaves(command: Command): Command[] {
  const below = command.commands.flatMap(leaves);
  return below.length === 0 || commandLines(helpOf(command)).length > 0 ? [command, ...below] : below;
}

function examplesOf(command: Command): string[] {
  const lines = commandLines(helpOf(command));
  expect(lines, `examples in the help of ${command.name()}`).not.toEqual([]);
  return lines;
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

/** The order in which the examples can run in one folder: what is checked, rolled back or restored is made first. */
function rank(line: string): number {
  if (line.includes("session delete")) return 3;
  // What was archived cannot be erased before it is put back.
  if (/ archive .*--to /.test(line)) return 1.5;
  if (/ (verify|rollback|restore|resume|audit check|pr merge) /.test(line)) return 2;
  return line.includes("--preview") ? 0 : 1;
}

test("no page names a file of the project that is not there", () => {
  for (const page of PAGES) {
    const text = readFileSync(join(ROOT, page), "utf8");
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(existsSync(join(ROOT, page, "..", target as string)), `${page}: ${target}`).toBe(true);
    }
  }
});
