import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { describe, expect, test, vi } from "vitest";
import type { TestModule } from "vitest/node";
import { bundle } from "../.ci/bundle.js";
import { runCli } from "./support/cli.js";
import { linesOf } from "./support/lines.js";
import { freshPostgresUrl, startPostgres } from "./support/postgres.js";
import { countResults, tallyLine } from "./support/tally.js";
import { tempDir } from "./support/temp.js";
import { until } from "./support/until.js";
import { spawnWorker } from "./support/worker.js";

/** For a slow and shared machine: each of these tests starts a server. */
const LIMIT_MS = 120_000;

async function query(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined); // the server may be stopped under us
  await client.connect();
  try {
    let rows: unknown[] = [];
    for (const statement of statements) ({ rows } = await client.query(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const isUp = (url: string) =>
  query(url, "SELECT 1").then(
    () => true,
    () => false,
  );

describe("Postgres", () => {
  test("the server of the run answers, keeps fsync on, and each URL has a schema of its own", async () => {
    const urls = await Promise.all([freshPostgresUrl(), freshPostgresUrl()]);
    const schemas = urls.map((url) => new URL(url).searchParams.get("schema"));
    expect(new Set(schemas).size).toBe(2);
    expect(schemas[0]).toMatch(/^t_[0-9a-f]{8}_[0-9a-f]{12}$/);
    expect(await query(urls[0] ?? "", "SHOW fsync")).toEqual([{ fsync: "on" }]);
  });

  test("a server of one's own survives a crash with its committed rows, on the same URL", {
    timeout: LIMIT_MS,
  }, async () => {
    const server = await startPostgres({ conf: { max_connections: "17" } });
    try {
      await query(server.url, "CREATE TABLE kept (n int)", "INSERT INTO kept VALUES (7)");
      await server.stop("immediate");
      expect(await isUp(server.url)).toBe(false);
      await server.restart();
      expect(await query(server.url, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
      expect(await query(server.url, "SHOW max_connections")).toEqual([{ max_connections: "17" }]);
    } finally {
      await server.close();
    }
    expect(await isUp(server.url)).toBe(false);
  });

  test("a server that cannot be made leaves no folder", async () => {
    const folder = tempDir();
    chmodSync(folder, 0o755); // root's servers are not put where their user cannot go
    vi.stubEnv("TMPDIR", folder);
    vi.stubEnv("PG_BIN", join(folder, "no-such-folder"));
    try {
      await expect(startPostgres({})).rejects.toThrow("holds no initdb");
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("a server whose starter is killed with -9 stops, and its folder goes", { timeout: LIMIT_MS }, async () => {
    const server = await startPostgresInAChild();
    try {
      const [row] = await query(server.url, "SHOW data_directory");
      const folder = dirname((row as { data_directory: string }).data_directory);
      expect(existsSync(folder)).toBe(true);
      server.kill9();
      await until("the folder is gone", () => !existsSync(folder), 60_000);
      expect(await isUp(server.url)).toBe(false);
    } finally {
      server.kill9();
    }
  });
});

async function startPostgresInAChild(): Promise<{ url: string; kill9: () => void }> {
  const worker = spawnWorker("postgres-starter");
  for await (const url of worker.lines) return { url, kill9: () => worker.kill9() };
  throw new Error((await worker.exit).stderr);
}

describe("processes", () => {
  test("a worker's lines arrive whole, and kill9 ends it", async () => {
    const worker = spawnWorker("echo", ["a", "b c"], { env: { ECHO: "\u2028" } });
    const lines: string[] = [];
    for await (const line of worker.lines) {
      lines.push(line);
      if (lines.length === 3) worker.kill9();
    }
    expect(lines).toEqual(["a", "b c", "\u2028"]);
    expect(await worker.exit).toEqual({ code: null, signal: "SIGKILL", stderr: "" });
  });

  test("lines are split at the newline byte, across chunks and inside characters", async () => {
    const bytes = Buffer.from("é\n\nzwei\u2029drei\nrest");
    async function* single() {
      for (const byte of bytes) yield Buffer.from([byte]);
    }
    const lines: string[] = [];
    for await (const line of linesOf(single())) lines.push(line);
    expect(lines).toEqual(["é", "", "zwei\u2029drei"]);
  });

  test("both commands of the CLI print the version of package.json", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
    const done = { code: 0, stdout: `${version}\n`, stderr: "" };
    expect(await runCli(["--version"])).toEqual(done);
    expect(await runCli(["--version"], { command: "minsky", cwd: tempDir() })).toEqual(done);
  });

  test("a bundle with an unresolved import is an error", async () => {
    const entry = fileURLToPath(new URL("support/no-such-file.ts", import.meta.url));
    await expect(bundle([entry], tempDir(), { logLevel: "silent" })).rejects.toThrow("no-such-file");
  });
});

describe("waiting and tidying", () => {
  test("until names what never came", async () => {
    await expect(until("the moon", () => false, 30)).rejects.toThrow("waited 30 ms for: the moon");
  });

  let before = "";
  test("a temporary folder exists in its test", () => {
    before = tempDir();
    expect(existsSync(before)).toBe(true);
  });
  test("and is gone after it", () => {
    expect(existsSync(before)).toBe(false);
  });

  test("the tally counts files that cannot be loaded as failures", () => {
    const state = (name: string) => ({ result: () => ({ state: name }) });
    const module = (errors: unknown[], states: string[]) =>
      ({ errors: () => errors, children: { allTests: () => states.map(state) } }) as unknown as TestModule;
    const modules = [module([], ["passed", "passed", "skipped", "failed"]), module([new Error("no such import")], [])];
    expect(tallyLine(countResults(modules))).toBe("2 passed, 2 failed, 1 skipped");
  });
});
