import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { addSessions, allLines, freshStore, PAIRS } from "../migrate/stores.js";
import { freshPostgresUrl } from "../support/postgres.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";

/** Many lines, on a slow and shared machine. */
const LIMIT_MS = 240_000;

/** A user's folders, in which nothing is yet. */
class Home {
  readonly path = tempDir();
  readonly #env: Record<string, string | undefined>;

  constructor(postgres: string) {
    this.#env = {
      ...{ HOME: this.path, MINSKY_POSTGRES_URL: postgres },
      ...{ XDG_CONFIG_HOME: undefined, XDG_STATE_HOME: undefined, SESSIONDB_STORE: undefined, DATABASE_URL: undefined },
    };
  }

  get defaultLog(): string {
    return `jsonl:${join(this.path, ".local/state/minsky/session-db.jsonl")}`;
  }

  /** @param line with `"` around what holds blanks, as in the documents */
  async ok(line: string, code = 0): Promise<string> {
    const [command, ...args] = line.split(" ").map((word) => word.replaceAll('"', ""));
    const options = { cwd: this.path, env: this.#env, command: command as "minsky" | "sessiondb" };
    const result = await runCli(args, options);
    expect(result.code, `${line}\n${result.stdout}${result.stderr}`).toBe(code);
    return result.stdout;
  }
}

describe.each(["minsky sessiondb", "sessiondb"])(
  "%s: every documented line of a migration runs as written",
  (prefix) => {
    test("one after the other, twice in a row", { timeout: LIMIT_MS }, async () => {
      const url = await freshPostgresUrl();
      const home = new Home(url);
      await addSessions(home.defaultLog, 2);
      for (let round = 1; round <= 2; round++) {
        await home.ok(`${prefix} migrate status`);
        await home.ok(`${prefix} migrate to sqlite --backup ./backups`);
        await home.ok(`${prefix} migrate to postgres --dry-run`);
        await home.ok(`${prefix} migrate --from sqlite --to postgresql --connection-url "${url}"`);
        await home.ok(`${prefix} migrate --from postgresql --to sqlite --sqlite-path ./sessions.db`);
        await home.ok(`${prefix} migrate --incremental --since "2024-01-01"`);
        await home.ok(`${prefix} migrate --preview --dry-run`);
        await home.ok(`${prefix} migrate list`);
        await home.ok(`${prefix} verify`);
        await home.ok(`${prefix} migrate --verify`);
      }
      const { migration } = JSON.parse(await home.ok(`${prefix} migrate status --json`));
      await home.ok(`${prefix} migrate resume ${migration.id}`, 2);
      await home.ok(`${prefix} rollback --migration-id "${migration.id}"`, 7);
      await home.ok(`${prefix} rollback --migration-id "${migration.id}" --yes`);
      await home.ok(`${prefix} backup -o b.jsonl`);
      await home.ok(`${prefix} restore b.jsonl --to sqlite:./r.db --as-of HEAD~1 --dry-run`);
      await home.ok(`${prefix} restore b.jsonl --to sqlite:./r.db --as-of HEAD~1`);
      for (const format of ["minsky-json", "sql", "csv"]) await home.ok(`${prefix} export ${format} out.${format}`);
      await home.ok("minsky import minsky-json out.minsky-json --report report.json");
    });
  },
);

test("any of the nine pairs, twice in a row: the same bytes, and nothing to do", { timeout: LIMIT_MS }, async () => {
  const home = new Home(await freshPostgresUrl());
  for (const [from, to] of PAIRS) {
    const [source, target] = [await freshStore(from), await freshStore(to)];
    await addSessions(source, 2);
    const line = `minsky sessiondb migrate --from ${source} --to ${target} --json`;
    expect(JSON.parse(await home.ok(line)), `${from} → ${to}`).toMatchObject({ copied: 4, states: 2 });
    expect(JSON.parse(await home.ok(line)), `${from} → ${to}`).toMatchObject({ copied: 0, states: 2, id: null });
    expect(await allLines(target)).toEqual(await allLines(source));
  }
});

describe("the first command of somebody who comes from Minsky", () => {
  const records = [{ session: "a", taskId: "#1", createdAt: "2025-01-01T00:00:00Z" }, { session: "b" }];

  test.each(["minsky sessiondb migrate to sqlite", "minsky sessiondb migrate --from json --to sqlite"])(
    "%s takes over the session-db.json, and migrates it",
    async (line) => {
      const home = new Home(await freshPostgresUrl());
      await addSessions(home.defaultLog.replace("session-db.jsonl", "other/x.jsonl"), 1); // makes the folder
      writeFileSync(join(home.path, ".local/state/minsky/session-db.json"), JSON.stringify({ sessions: records }));
      expect(await home.ok(line)).toContain("1..2 (2 events)");
      expect(JSON.parse(await home.ok("minsky session list --json"))).toMatchObject({ total: 2 });
    },
  );
});
