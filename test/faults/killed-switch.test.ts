import { join } from "node:path";
import { expect, test } from "vitest";
import { addSessions } from "../migrate/stores.js";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { notRun } from "./fault-report.js";
import { faultShim } from "./shim.js";

/** A limit for a slow and shared machine. */
const LIMIT_MS = 300_000;
const MAX_CALLS = 40;

/** One user's folder: the default log, and a target beside it that is a file whose journal is files, too. */
function home() {
  const root = tempDir();
  const names = ["SESSIONDB_STORE", "DATABASE_URL", "MINSKY_POSTGRES_URL", "MINSKY_SQLITE_PATH"];
  const env = { HOME: root, XDG_STATE_HOME: join(root, "state"), XDG_CONFIG_HOME: join(root, "config") };
  const nobody = Object.fromEntries(names.map((name) => [name, undefined]));
  const run = (line: string, faults: Readonly<Record<string, string>> = {}) =>
    runCli(line.split(" "), { cwd: root, env: { ...nobody, ...env, ...faults } });
  const source = `jsonl:${join(root, "state/minsky/session-db.jsonl")}`;
  return { root, run, source, target: `jsonl:${join(root, "moved.jsonl")}` };
}

async function storeInUse(run: ReturnType<typeof home>["run"]): Promise<unknown> {
  return JSON.parse((await run("status --json")).stdout).store;
}

test.each(["kill", "after-kill"])(
  "a cut-over whose program is ended at any renaming (%s) is ended by resume, and taken back by rollback, with the configuration",
  { timeout: LIMIT_MS },
  async (mode) => {
    const shim = faultShim();
    if (typeof shim === "string") return notRun("a cut-over that is killed while it switches", shim);
    for (let call = 1; call <= MAX_CALLS; call++) {
      const { root, run, source, target } = home();
      await addSessions(source, 1);
      const line = `migrate --to ${target} --cutover`;
      const { code } = await run(line, shim.env(root, { plan: `rename:${call}:${mode}` }));
      if (code === 0) return expect(call).toBeGreaterThan(5);
      const isTaken = (await run(`session start probe --store ${source}`)).code === 0;
      if (isTaken) expect(await storeInUse(run)).toBe(source);
      if (call % 2 === 0) {
        if ((await run(`migrate resume last --to ${target}`)).code === 3) await run(line); // it had not begun
        expect([await storeInUse(run), (await run("session start after")).code], `${call}`).toEqual([target, 0]);
        expect((await run(`session start refused --store ${source}`)).code, `${call}`).toBe(7);
      }
      const { code: back, stderr } = await run(`rollback last --to ${target} --yes --force`);
      expect(back === 0 || stderr.includes("NOT_FOUND"), stderr).toBe(true);
      expect([await storeInUse(run), (await run("session start again")).code], `${call}`).toEqual([source, 0]);
    }
    expect.unreachable("it never came to its end");
  },
);
