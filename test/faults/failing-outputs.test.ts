import { existsSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tempDir } from "../support/temp.js";
import { runCli } from "../support/warm-cli.js";
import { notRun } from "./fault-report.js";
import { faultShim } from "./shim.js";

/** A limit for a slow and shared machine. */
const LIMIT_MS = 120_000;

const shim = faultShim();

/** A log of two events, and a command line on it with a fault. */
async function world() {
  const root = tempDir();
  const env = { HOME: root, XDG_STATE_HOME: join(root, "state"), XDG_CONFIG_HOME: join(root, "config") };
  const run = (line: string, faults: Readonly<Record<string, string>> = {}) =>
    runCli([...line.split(" "), "--store", `jsonl:${join(root, "s.jsonl")}`], {
      cwd: root,
      env: { ...env, ...faults },
    });
  for (const id of ["one", "two"]) expect((await run(`session start ${id}`)).code).toBe(0);
  const failing = async (line: string, plan: string) => {
    if (typeof shim === "string") throw new Error(shim);
    return run(line, shim.env(root, { plan }));
  };
  return { root, run, failing };
}

/** A machine without a compiler does not run these. */
function isRun(scenario: string): boolean {
  if (typeof shim === "string") notRun(scenario, shim);
  return typeof shim !== "string";
}

const OUTPUTS = ["events export -o out", "export csv out", "export minsky-json out", "backup -o out"];

test.each(["session start three", ...OUTPUTS, "archive --before HEAD --to out", "key create out"])(
  "%s, where the quota is used up, says so",
  { timeout: LIMIT_MS },
  async (line) => {
    if (!isRun("a quota that is used up")) return;
    const { root, run, failing } = await world();
    const { code, stderr } = await failing(line, "write:1:EDQUOT");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/EDQUOT/)]);
    expect(stderr).not.toMatch(/UNEXPECTED|[Uu]nknown/);
    expect(readdirSync(root).filter((name) => name.startsWith(".unfinished-"))).toEqual([]);
    expect((await run(line)).code).toBe(0);
  },
);

test.each(["events export -o out", "export csv out", "export minsky-json out"])(
  "%s, whose folder cannot be synced, is not told as done, nor as an error of the program",
  { timeout: LIMIT_MS },
  async (line) => {
    if (!isRun("a folder that cannot be synced")) return;
    const { root, failing } = await world();
    for (let call = 1; call < 10; call++) {
      const { code, stderr } = await failing(`${line}-${call}`, `sync:${call}:EIO`);
      if (code === 0) return expect(call).toBeGreaterThan(2);
      expect(stderr).toMatch(/^error OUTPUT_(FAILED|UNWRITABLE): .*EIO/);
      expect(stderr.includes("is written")).toBe(existsSync(join(root, `out-${call}`)));
    }
    expect.unreachable("it never came to its end");
  },
);

test("a disk that becomes full at any write of an archive is told as that, not as damage", {
  timeout: LIMIT_MS,
}, async () => {
  if (!isRun("an archive on a disk that becomes full")) return;
  for (let call = 1; call <= 5; call++) {
    const { run, failing } = await world();
    const { code, stderr } = await failing("archive --before HEAD --to out", `write:${call}:full`);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/error (OUTPUT_UNWRITABLE|DISK_FULL): .*(ENOSPC|full)/)]);
    expect((await run("archive --before HEAD --to out")).code).toBe(0);
  }
});

test.each(["backup -o out", "archive --before HEAD --to out"])(
  "what %s leaves where it is killed, doctor names a day later",
  { timeout: LIMIT_MS },
  async (line) => {
    if (!isRun("a backup that is killed")) return;
    const { root, run, failing } = await world();
    await failing(line, "write:1:half-kill");
    const [left = ""] = readdirSync(root).filter((name) => /unfinished/.test(name));
    utimesSync(join(root, left), new Date(0), new Date(0));
    expect((await run("doctor")).stdout).toContain(left);
    expect((await run("doctor --fix")).code).toBe(0);
    expect(existsSync(join(root, left))).toBe(false);
  },
);
