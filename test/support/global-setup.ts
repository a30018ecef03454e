import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { bundle, bundleCli, bundlePage, bundleQuickStart, threadEntry } from "../../.ci/bundle.js";
import { type PostgresServer, startPostgres } from "./postgres.js";
import { OwnPostgres } from "./postgres-server.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The server of this run. */
    postgresUrl: string;
    /** Hexadecimal; stands in the name of every schema of this run. */
    runId: string;
    /** Holds workers/*.mjs, dist/cli/*.js and the page in dist/ui. */
    bundleFolder: string;
    /** Why a worker or the CLI could not be bundled: fails the tests that need it, and no others. */
    bundleErrors: Readonly<Record<string, string>>;
  }
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Below it each run has a folder of its own, so that two runs in one working tree do not overwrite each other. */
const RUNS = join(ROOT, ".tmp/runs");

/** Once a run, before all tests: a Postgres, and our TypeScript as plain Node programs. Returns what undoes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runId = randomBytes(4).toString("hex");
  const bundleFolder = join(RUNS, `${process.pid}-${runId}`);
  removeDeadRuns();
  const [postgres, bundleErrors] = await Promise.all([serverOfRun(), bundlePrograms(bundleFolder)]);
  project.provide("postgresUrl", postgres.url);
  project.provide("runId", runId);
  project.provide("bundleFolder", bundleFolder);
  project.provide("bundleErrors", bundleErrors);
  return async () => {
    rmSync(bundleFolder, { recursive: true, force: true });
    await dropSchemas(postgres, `t_${runId}_`);
    await postgres.close();
  };
}

function serverOfRun(): Promise<PostgresServer> {
  return process.env.TEST_DATABASE_URL === undefined ? OwnPostgres.start({ isShared: true }) : startPostgres();
}

/** package.json goes along, because the CLI reads its version two folders above itself. */
async function bundlePrograms(folder: string): Promise<Record<string, string>> {
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
  const errors: Record<string, string> = {};
  const attempt = (name: string, bundled: Promise<unknown>) =>
    bundled.catch((error: Error) => {
      errors[name] = error.message;
    });
  const sources = join(ROOT, "test/workers");
  const workers = readdirSync(sources).filter((name) => name.endsWith(".ts"));
  const options = { outExtension: { ".js": ".mjs" }, logLevel: "silent" as const };
  await Promise.all([
    ...workers.map((name) =>
      attempt(parse(name).name, bundleQuickStart([join(sources, name)], join(folder, "workers"), options)),
    ),
    attempt("check-thread", bundle([threadEntry(ROOT)], join(folder, "workers"), { logLevel: "silent" })),
    attempt("cli", bundleCli(ROOT, join(folder, "dist/cli"), { logLevel: "silent" })),
    attempt("ui", bundlePage(ROOT, join(folder, "dist/ui"), { logLevel: "silent" })),
  ]);
  return errors;
}

/** What a run that was killed has left. */
function removeDeadRuns(): void {
  if (!existsSync(RUNS)) return;
  for (const name of readdirSync(RUNS)) {
    if (!isAlive(Number.parseInt(name, 10))) rmSync(join(RUNS, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A server of our own is removed as a whole; one behind TEST_DATABASE_URL is left as it was found. */
async function dropSchemas({ url }: PostgresServer, prefix: string): Promise<void> {
  if (url !== process.env.TEST_DATABASE_URL) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, $1)",
      [prefix],
    );
    for (const { name } of rows) await client.query(`DROP SCHEMA ${pg.escapeIdentifier(name)} CASCADE`);
  } finally {
    await client.end();
  }
}
